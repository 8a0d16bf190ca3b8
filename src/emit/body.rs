//! Pieces of a model to its text.
//!
//! In: pieces, with the variables of the project. Out: SQL with Jinja, or Python. The author's bytes stand as they are
//! but for the indentation they had in common and for what Jinja would misread.

use crate::dialect::Dialect;
use crate::emit::{jinja, layout, paths};
use crate::plan::{Piece, Project, Var, WITHIN_LITERAL};

/// What the pieces of a project are written with.
pub(super) struct Writer<'a> {
    vars: &'a [Var],
    dialect: Dialect,
}

/// Text of one hand.
enum Segment {
    /// The author's.
    Author(String),
    /// Jinja within a line.
    Jinja(String),
    /// A Jinja tag that stands on a line of its own.
    Tag(String),
}

impl<'a> Writer<'a> {
    /// A writer for the models of `project`.
    pub(super) fn new(project: &'a Project) -> Self {
        Self { vars: &project.vars, dialect: project.target }
    }

    /// SQL, without the blanks around it; `indent` is what stood before the statement in its file.
    pub(super) fn sql(&self, body: &[Piece], indent: &str) -> String {
        let mut segments = Vec::new();
        self.segments(body, &mut segments);
        let mut author: Vec<String> = Vec::new();
        for segment in &mut segments {
            if let Segment::Author(text) = segment {
                author.push(std::mem::take(text));
            }
        }
        layout::dedent(&mut author, indent, self.dialect.traits());
        let mut author = author.into_iter();
        let mut out = String::new();
        for segment in segments {
            match segment {
                Segment::Author(_) => push_author(&author.next().unwrap_or_default(), &mut out),
                Segment::Jinja(text) => out.push_str(&text),
                Segment::Tag(text) => push_tag(&text, &mut out),
            }
        }
        out.trim().to_owned()
    }

    /// Python, without the blank lines around it.
    pub(super) fn python(body: &[Piece]) -> String {
        python_pieces(body).trim_matches('\n').trim_end().to_owned()
    }

    fn segments(&self, body: &[Piece], out: &mut Vec<Segment>) {
        for piece in body {
            match piece {
                Piece::Text(text) => out.push(Segment::Author(text.clone())),
                Piece::Ref(name) => out.push(Segment::Jinja(reference(name))),
                Piece::Source { source, table } => out.push(Segment::Jinja(source_reference(source, table))),
                Piece::Var { name, sql_type } => out.push(Segment::Jinja(self.var(name, sql_type))),
                Piece::This => out.push(Segment::Jinja("{{ this }}".to_owned())),
                Piece::IfIncremental(inner) => {
                    out.push(Segment::Tag("{% if is_incremental() %}".to_owned()));
                    self.segments(inner, out);
                    out.push(Segment::Tag("{% endif %}".to_owned()));
                }
                Piece::If { condition, then, otherwise } => {
                    out.push(Segment::Tag(format!("{{% if {condition} %}}")));
                    self.segments(then, out);
                    let mut rest = otherwise.as_slice();
                    while let [Piece::If { condition, then, otherwise }] = rest {
                        out.push(Segment::Tag(format!("{{% elif {condition} %}}")));
                        self.segments(then, out);
                        rest = otherwise;
                    }
                    if !rest.is_empty() {
                        out.push(Segment::Tag("{% else %}".to_owned()));
                        self.segments(rest, out);
                    }
                    out.push(Segment::Tag("{% endif %}".to_owned()));
                }
                Piece::Each { columns, pieces } => {
                    let names: Vec<String> = columns.iter().map(|name| jinja::literal(name)).collect();
                    let head = format!("for column in columns_of(this, [{}])", names.join(", "));
                    out.push(Segment::Tag(format!("{{% {head} %}}")));
                    self.segments(pieces, out);
                    out.push(Segment::Jinja("{{ ',' if not loop.last }}".to_owned()));
                    out.push(Segment::Tag("{% endfor %}".to_owned()));
                }
                Piece::Macro { name, arguments } => {
                    out.push(Segment::Jinja(format!("{{{{ {name}({}) }}}}", arguments.join(", "))));
                }
            }
        }
    }

    /// A variable as an SQL literal: a number as it stands, everything else through the macro `sql_value`.
    fn var(&self, name: &str, sql_type: &str) -> String {
        let var = self.vars.iter().find(|var| var.name == name);
        let sql_type = if sql_type.is_empty() { var.map_or("", |var| var.sql_type.as_str()) } else { sql_type };
        let kind = value_kind(sql_type);
        let default = var.and_then(|var| var.default.as_deref());
        let name = jinja::literal(name);
        if kind == ValueKind::Number && sql_type != WITHIN_LITERAL && default.is_some_and(is_number) {
            return format!("{{{{ var({name}) }}}}");
        }
        let mut arguments = vec![format!("var({name})")];
        if sql_type == WITHIN_LITERAL {
            arguments.push("within=true".to_owned());
        } else if kind != ValueKind::Text {
            arguments.push(jinja::literal(sql_type));
        }
        match var.map_or("", |var| var.computed.as_str()) {
            "" if default.is_none() => arguments.push(format!("required={name}")),
            "" => {}
            computed => arguments.push(format!("otherwise={}", jinja::literal(computed))),
        }
        format!("{{{{ sql_value({}) }}}}", arguments.join(", "))
    }
}

/// Whether any of the pieces needs the macro `sql_value`.
pub(super) fn uses_sql_value(text: &str) -> bool {
    text.contains("{{ sql_value(")
}

/// Whether the text needs the macro `columns_of`.
pub(super) fn uses_columns_of(text: &str) -> bool {
    text.contains("{% for column in columns_of(this")
}

/// `{{ ref('name') }}`.
pub(super) fn reference(name: &str) -> String {
    format!("{{{{ ref({}) }}}}", jinja::literal(&paths::name(name)))
}

/// `{{ source('source', 'table') }}`.
pub(super) fn source_reference(source: &str, table: &str) -> String {
    format!("{{{{ source({}, {}) }}}}", jinja::literal(source), jinja::literal(table))
}

/// How a variable's value becomes SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// As it stands.
    Number,
    /// True or false.
    Truth,
    /// In quotes.
    Text,
    /// In quotes, with a cast.
    Cast,
}

/// First words of number types.
const NUMBERS: [&str; 22] = [
    "int",
    "integer",
    "bigint",
    "smallint",
    "tinyint",
    "mediumint",
    "int2",
    "int4",
    "int8",
    "int64",
    "numeric",
    "decimal",
    "number",
    "bignumeric",
    "float",
    "float4",
    "float8",
    "float64",
    "double",
    "real",
    "bit",
    "pls_integer",
];
/// First words of text types.
const TEXTS: [&str; 13] = [
    "",
    "text",
    "char",
    "varchar",
    "varchar2",
    "nvarchar",
    "nvarchar2",
    "nchar",
    "character",
    "string",
    "clob",
    "bpchar",
    "sysname",
];

/// What kind of value a type has, told from its first word.
pub(super) fn value_kind(sql_type: &str) -> ValueKind {
    let word: String =
        sql_type.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>().to_lowercase();
    if sql_type.contains('[') {
        return ValueKind::Cast;
    }
    if NUMBERS.contains(&word.as_str()) {
        ValueKind::Number
    } else if TEXTS.contains(&word.as_str()) && !sql_type.contains('%') {
        ValueKind::Text
    } else if word.starts_with("bool") {
        ValueKind::Truth
    } else {
        ValueKind::Cast
    }
}

/// Whether a text is a number that YAML, Jinja and SQL all read as the same.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0')) && digits.len() <= 15
}

fn push_author(text: &str, out: &mut String) {
    // A tag has ended its line already; what the author had there would be an empty line.
    let text = if out.ends_with("%}\n") { after_line_break(text) } else { text };
    out.push_str(&jinja::escape(text));
}

fn after_line_break(text: &str) -> &str {
    let rest = text.trim_start_matches([' ', '\t', '\r']);
    rest.strip_prefix('\n').unwrap_or(text)
}

fn push_tag(text: &str, out: &mut String) {
    let kept = out.trim_end_matches([' ', '\t']).len();
    out.truncate(kept);
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(text);
    out.push('\n');
}

fn python_pieces(body: &[Piece]) -> String {
    body.iter().map(python_piece).collect()
}

/// A piece in a dbt Python model, where `dbt` is the argument of the function.
fn python_piece(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.clone(),
        Piece::Ref(name) => format!("dbt.ref({})", python_literal(&paths::name(name))),
        Piece::Source { source, table } => {
            format!("dbt.source({}, {})", python_literal(source), python_literal(table))
        }
        Piece::Var { name, .. } => format!("dbt.config.get({})", python_literal(name)),
        Piece::This => "dbt.this".to_owned(),
        Piece::IfIncremental(inner) | Piece::Each { pieces: inner, .. } => python_pieces(inner),
        Piece::If { then, .. } => python_pieces(then),
        Piece::Macro { .. } => String::new(),
    }
}

fn python_literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
