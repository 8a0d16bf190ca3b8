//! Holds the rules of `docs/architecture.md` by reading our own sources with `syn`.
//!
//! Which module may use which, who owns which library, who may touch disk, environment and processes, how long a
//! function and a file may be, and that every module says what it is. Code under `#[cfg(test)]` and in `tests.rs` may
//! use any module, since a test of a pass often starts from text.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The longest a function may be, signature and braces included.
const FUNCTION_LINES: usize = 60;
/// The longest a file may be, its tests included. A pure table says so in its first line and may be longer.
const FILE_LINES: usize = 500;

/// What every module may use.
const GROUND: &[&str] = &["text", "dialect", "name", "secret", "finding"];

/// Each module with what it may use besides [`GROUND`] and itself. A module that is not here fails the test.
const LAYERS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("dialect", &[]),
    ("name", &[]),
    ("secret", &[]),
    ("finding", &[]),
    ("discover", &[]),
    ("frame", &[]),
    ("steps", &["frame"]),
    ("read", &["steps", "frame", "sql"]),
    ("read::sql", &["read", "steps"]),
    ("read::python", &["read", "read::sql", "steps", "frame"]),
    ("read::pandas", &["read", "read::python", "read::sql", "steps", "frame", "sql"]),
    ("read::catalog", &["read", "steps"]),
    ("read::airflow", &["read", "read::python", "read::sql", "read::pandas", "steps", "frame"]),
    ("versions", &["steps"]),
    ("sql", &["steps", "frame"]),
    ("graph", &["steps", "versions", "sql"]),
    ("plan", &["steps", "frame", "versions", "graph", "sql"]),
    ("emit", &["steps", "plan"]),
    ("audit", &["steps", "versions", "graph"]),
    ("report", &["steps", "frame", "versions", "graph", "plan", "audit", "emit"]),
    ("output", &["emit"]),
];

/// The modules that see everything: the library's front, and the command.
const FRONT: &[&str] = &["lib", "main", "cli"];

/// Each library with the modules that may name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("sqlparser", &["read::sql"]),
    ("pg_query", &["read::sql"]),
    ("ruff_python_ast", &["read::python", "read::pandas", "read::airflow"]),
    ("ruff_python_parser", &["read::python"]),
    ("ruff_source_file", &["read::python"]),
    ("ruff_text_size", &["read::python", "read::pandas", "read::airflow"]),
    ("petgraph", &["graph"]),
    ("minijinja", &["emit", "report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("annotate_snippets", &["cli"]),
    ("indicatif", &["cli"]),
    ("ignore", &["discover"]),
    ("toml", &["cli"]),
    ("schemars", &["report"]),
    ("serde", &["report", "cli"]),
    ("serde_json", &["report", "cli", "output", "emit", "read::catalog"]),
    ("csv", &["read::catalog", "report"]),
    ("serde_saphyr", &["emit"]),
    ("similar", &["report", "plan"]),
    ("rayon", &["lib", "read", "discover", "output"]),
];

/// Parts of the standard library that only the edges touch.
const EDGES: &[(&str, &[&str])] = &[
    ("fs", &["discover", "output", "cli"]),
    ("env", &["cli", "main"]),
    ("process", &["cli", "main"]),
    ("net", &[]),
    ("time", &["cli"]),
];

/// One of our files.
struct Source {
    /// As shown.
    path: String,
    /// The module, such as `read::sql`: the longest entry of the tables that it lies in.
    module: String,
    text: String,
    file: syn::File,
    /// The tokens without what is only compiled for tests.
    tokens: Vec<TokenTree>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    rust_files(&root().join("src"), &mut paths);
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("our own file");
    let shown = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let stream: TokenStream = text.parse().expect("tokens of a file that parses");
    let only_tests = shown.ends_with("/tests.rs") || shown.contains("/tests/");
    let tokens = if only_tests { Vec::new() } else { compiled::without_tests(stream) };
    Source { module: module_of(&shown), path: shown, text, file, tokens }
}

/// `src/read/sql/cut.rs` is of module `read::sql`; `src/plan/names.rs` of `plan`.
fn module_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let parts: Vec<&str> = inner.split('/').collect();
    let two = parts.iter().take(2).copied().collect::<Vec<_>>().join("::");
    let known = LAYERS.iter().any(|(name, _)| *name == two);
    if known { two } else { parts[0].to_owned() }
}

/// Takes what is only compiled for tests out of a token stream.
mod compiled {
    use proc_macro2::{Delimiter, TokenStream, TokenTree};

    /// The tokens without items under `#[cfg(test)]`.
    pub fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
        let mut kept = Vec::new();
        let mut rest = stream.into_iter().peekable();
        while let Some(token) = rest.next() {
            let attribute = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#')
                && rest.peek().is_some_and(|next| next.to_string().replace(' ', "") == "[cfg(test)]");
            if attribute {
                skip_item(&mut rest);
            } else {
                kept.push(token);
            }
        }
        kept
    }

    /// Drops tokens up to the end of the item: its braces, or a semicolon.
    fn skip_item(rest: &mut impl Iterator<Item = TokenTree>) {
        for token in rest {
            let ends = match &token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(mark) => mark.as_char() == ';',
                TokenTree::Ident(_) | TokenTree::Literal(_) => false,
            };
            if ends {
                return;
            }
        }
    }
}

/// A path as far as it matters: `first::second::third`, with the line it stands in.
struct Use {
    path: Vec<String>,
    line: usize,
}

/// All paths of the tokens, those in macros and in groups of a `use` included.
fn uses(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<Use>) {
    let mut at = 0;
    while at < tokens.len() {
        let TokenTree::Ident(first) = &tokens[at] else {
            if let TokenTree::Group(group) = &tokens[at] {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                uses(&inner, &[], found);
            }
            at += 1;
            continue;
        };
        let line = first.span().start().line;
        let mut path = prefix.to_vec();
        path.push(first.to_string());
        at += 1;
        while is_path_mark(tokens, at) {
            match tokens.get(at + 2) {
                Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for part in inner.split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')) {
                        uses(part, &path, found);
                    }
                }
                _ => {}
            }
            at += 3;
        }
        found.push(Use { path, line });
    }
}

fn is_path_mark(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// The uses of a file that are longer than one word.
fn paths(source: &Source) -> Vec<Use> {
    let mut found = Vec::new();
    uses(&source.tokens, &[], &mut found);
    found.retain(|used| used.path.len() > 1);
    found
}

fn fail_with(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
}

/// The module of the tables that `crate::a::b` means.
fn named_module(path: &[String]) -> String {
    let two = path.iter().skip(1).take(2).map(String::as_str).collect::<Vec<_>>().join("::");
    let known = LAYERS.iter().any(|(name, _)| *name == two);
    if known { two } else { path[1].clone() }
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut faults = Vec::new();
    for source in sources() {
        if FRONT.contains(&source.module.as_str()) {
            continue;
        }
        let Some(allowed) = layers.get(source.module.as_str()) else {
            faults.push(format!("{}: module {} has no row in LAYERS", source.path, source.module));
            continue;
        };
        for used in paths(&source).iter().filter(|used| used.path[0] == "crate") {
            let target = named_module(&used.path);
            let own =
                target == source.module || GROUND.contains(&target.as_str()) && !GROUND.contains(&&*source.module);
            let ground = GROUND.contains(&target.as_str()) && below(&target, &source.module);
            let parent = layers.contains_key(target.as_str()) || FRONT.contains(&target.as_str());
            if parent && !own && !ground && !allowed.contains(&target.as_str()) {
                faults.push(format!("{}:{}: {} may not use {target}", source.path, used.line, source.module));
            }
        }
    }
    fail_with(&faults);
}

/// Within the ground, a module may use what stands before it: `name` uses `dialect`, `finding` uses `text`.
fn below(target: &str, user: &str) -> bool {
    let place = |name: &str| GROUND.iter().position(|module| *module == name);
    match (place(target), place(user)) {
        (Some(target), Some(user)) => target < user,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[test]
fn a_library_has_one_owner() {
    let owners: BTreeMap<&str, &[&str]> = OWNERS.iter().copied().collect();
    let mut faults = Vec::new();
    for source in sources() {
        for used in paths(&source) {
            let library = used.path[0].as_str();
            let Some(allowed) = owners.get(library) else { continue };
            if !allowed.contains(&source.module.as_str()) {
                faults.push(format!("{}:{}: {} may not use {library}", source.path, used.line, source.module));
            }
        }
    }
    fail_with(&faults);
}

#[test]
fn only_the_edges_touch_the_machine() {
    let edges: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut faults = Vec::new();
    for source in sources() {
        for used in paths(&source).iter().filter(|used| used.path[0] == "std") {
            let Some(allowed) = edges.get(used.path[1].as_str()) else { continue };
            if !allowed.contains(&source.module.as_str()) {
                let path = used.path.join("::");
                faults.push(format!("{}:{}: {} may not use {path}", source.path, used.line, source.module));
            }
        }
    }
    fail_with(&faults);
}

/// Collects the functions of a file with their lengths.
struct Functions {
    found: Vec<(String, usize, usize)>,
}

impl Functions {
    fn add(&mut self, name: &syn::Ident, signature: proc_macro2::Span, block: proc_macro2::Span) {
        let (first, last) = (signature.start().line, block.end().line);
        self.found.push((name.to_string(), first, last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig.ident, item.sig.span(), item.block.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig.ident, item.sig.span(), item.block.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig.ident, item.sig.span(), block.span());
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[test]
fn functions_are_short() {
    let mut faults = Vec::new();
    for source in every_rust_file() {
        let mut functions = Functions { found: Vec::new() };
        functions.visit_file(&source.file);
        for (name, line, length) in functions.found.into_iter().filter(|(_, _, length)| *length > FUNCTION_LINES) {
            faults.push(format!("{}:{line}: {name} has {length} lines, more than {FUNCTION_LINES}", source.path));
        }
    }
    fail_with(&faults);
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for source in every_rust_file() {
        let lines = source.text.lines().count();
        let table = source.text.lines().next().is_some_and(|first| first.to_lowercase().contains("pure table"));
        if lines > FILE_LINES && !table {
            faults.push(format!("{}: {lines} lines, more than {FILE_LINES}", source.path));
        }
    }
    fail_with(&faults);
}

/// Our sources, the integration tests and the benchmarks.
fn every_rust_file() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches"].map(|name| root().join(name)).iter().filter(|folder| folder.is_dir()) {
        rust_files(folder, &mut paths);
    }
    paths.iter().map(|path| read(path)).collect()
}

#[test]
fn every_module_says_what_it_is() {
    let silent =
        every_rust_file().into_iter().filter(|source| !source.text.starts_with("//!") && !is_tests(&source.path));
    let faults: Vec<String> = silent.map(|source| format!("{}: does not open with `//!`", source.path)).collect();
    fail_with(&faults);
}

fn is_tests(path: &str) -> bool {
    path.starts_with("src/") && (path.ends_with("/tests.rs") || path.contains("/tests/"))
}

#[test]
fn nothing_names_the_place_it_was_written_in() {
    // Put together here, so that this file does not hold them.
    let names = [["/wo", "rk/"], ["../sha", "red"], [".libr", "ary/"]].map(|parts| parts.concat());
    let mut faults = Vec::new();
    for entry in
        ignore::WalkBuilder::new(root()).hidden(false).filter_entry(|entry| entry.file_name() != ".git").build()
    {
        let path = entry.expect("an entry").into_path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(name) = names.iter().find(|name| line.contains(name.as_str())) {
                faults.push(format!("{}:{}: names {name}", path.display(), number + 1));
            }
        }
    }
    fail_with(&faults);
}
