use super::*;
use crate::text::SourceFile;

/// Reads files; the first one is the script.
fn reading(files: &[(&str, &str)]) -> Reading {
    let sources = Sources::new(files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect());
    read(&sources, SourceId(0), &ReadOptions::default(), &[&Senders])
}

/// Each statement's text with what became of it.
fn account(text: &str) -> Vec<String> {
    let reading = reading(&[("a.py", text)]);
    let statements = reading.scripts.iter().flat_map(|script| &script.statements);
    statements.map(|row| format!("{}: {}", row.what, &text[row.span.range()])).collect()
}

#[test]
fn heads_and_leaves_are_rows() {
    let text = "@d(1)\ndef f(x):  # c\n    return x; pass\nif a:\n    b = 1\nelif c: pass\nelse:\n    d\ntry:\n    e()\nexcept E as x:\n    f\nelse:\n    g\nfinally:\n    h\n";
    let expected = [
        "def: @d(1)\ndef f(x):",
        "return: return x",
        "pass: pass",
        "if: if a:",
        "assignment: b = 1",
        "elif: elif c:",
        "pass: pass",
        "else: else:",
        "expression: d",
        "try: try:",
        "call: e()",
        "except: except E as x:",
        "expression: f",
        "else: else:",
        "expression: g",
        "finally: finally:",
        "expression: h",
    ];
    assert_eq!(account(text), expected);
}
