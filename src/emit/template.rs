//! The templates, with marks unlike dbt's: `<< value >>`, `<% tag %>`, `<# comment #>`.
//!
//! In: a template's name and its values, each already escaped for where it goes. Out: text. Never reads a file.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};

const TEMPLATES: &[(&str, &str)] = &[
    ("manual.sql", include_str!("templates/manual.sql")),
    ("create_missing_sources.sql", include_str!("templates/create_missing_sources.sql")),
    ("readme.md", include_str!("templates/readme.md")),
    ("readme_init.md", include_str!("templates/readme_init.md")),
    ("successor.py", include_str!("templates/successor.py")),
    ("migration.md", include_str!("templates/migration.md")),
];

/// A template with its values filled in.
pub(super) fn render(name: &str, values: Value) -> String {
    // Templates are part of this crate and all of them are rendered in its tests, so this cannot fail.
    try_render(name, values).unwrap_or_else(|error| format!("-- refract: please report: {error}\n"))
}

fn try_render(name: &str, values: Value) -> Result<String, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    environment.get_template(name)?.render(values)
}
