//! The one place that escapes for Markdown.
//!
//! In: text of the inputs. Out: the same text as it will be shown, on one line, in a paragraph or in a table's cell.

/// Characters that mean something in Markdown or in the HTML within it.
const SPECIAL: &str = "\\`*_{}[]<>#|~&$";

/// Plain text.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        if SPECIAL.contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Text as code, in as many backticks as it needs.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{marks}{space}{text}{space}{marks}")
}

/// Several texts as code, with commas.
pub(super) fn codes(texts: &[String]) -> String {
    texts.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ")
}

fn one_line(text: &str) -> String {
    text.split(|character: char| character.is_control() || character.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        let rows = [
            ("a b", "a b", "`a b`"),
            ("a|b", "a\\|b", "`a\\|b`"),
            ("<script>", "\\<script\\>", "`<script>`"),
            ("a\n# b", "a \\# b", "`a # b`"),
            ("a `b` c", "a \\`b\\` c", "``a `b` c``"),
            ("`", "\\`", "`` ` ``"),
            ("[x](y)", "\\[x\\](y)", "`[x](y)`"),
        ];
        for (input, plain, as_code) in rows {
            assert_eq!(text(input), plain, "{input}");
            assert_eq!(code(input), as_code, "{input}");
        }
    }
}
