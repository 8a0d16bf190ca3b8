//! Expressions as text: on one line where they fit, broken at operators, arms and arguments where they do not.

use super::identifier;
use super::time;
use super::value;
use super::words;
use crate::dialect::Dialect;
use crate::frame::{self, Aggregate, Binary, Bound, Expr, Frame, Function, Literal, Of, Part, SortKey, Unary, Window};

/// How wide a line may be.
pub const WIDTH: usize = 80;

/// Expressions of one SELECT.
pub struct Formatter {
    /// The dialect.
    pub dialect: Dialect,
    /// Whether columns are written with the alias of their relation.
    pub qualified: bool,
    /// Constructs that were used although the dialect may not know them.
    pub unsure: Vec<String>,
    /// The values from outside that stand in the text.
    pub parameters: Vec<String>,
}

/// How strongly an operator binds; an operand that binds less strongly is put in parentheses.
fn strength(expr: &Expr) -> u8 {
    if let Expr::Binary(operator, ..) = expr {
        return match operator {
            Binary::Or => 1,
            Binary::And => 2,
            Binary::Equal
            | Binary::NotEqual
            | Binary::Less
            | Binary::LessEqual
            | Binary::Greater
            | Binary::GreaterEqual
            | Binary::Distinct
            | Binary::NotDistinct
            | Binary::Like => 4,
            Binary::Concat => 5,
            Binary::Add | Binary::Subtract => 6,
            Binary::Multiply | Binary::Divide | Binary::Modulo => 7,
        };
    }
    match expr {
        Expr::Unary(Unary::Not, _) => 3,
        Expr::Unary(Unary::IsNull | Unary::IsNotNull | Unary::IsNotTrue, _) | Expr::In(..) | Expr::Among(..) => 4,
        Expr::Unary(Unary::Negate, _) => 8,
        Expr::Literal(Literal::Integer(value)) if *value < 0 => 8,
        Expr::Literal(Literal::Float(value)) if *value < 0.0 => 8,
        Expr::Call(function, arguments) => call_strength(*function, arguments),
        Expr::Column(..)
        | Expr::Literal(_)
        | Expr::Binary(..)
        | Expr::Cast(..)
        | Expr::Case { .. }
        | Expr::Aggregate { .. }
        | Expr::Value(..)
        | Expr::Window(_) => 10,
    }
}

/// Functions that are written with an operator.
fn call_strength(function: Function, arguments: &[Expr]) -> u8 {
    let compares =
        matches!(function, Function::ContainsText | Function::StartsWith | Function::EndsWith | Function::Matches);
    let adds = matches!(function, Function::AddTime(_) | Function::Extract(Part::Weekday));
    if compares {
        4
    } else if matches!(function, Function::Capitalize | Function::FormatTime) {
        5
    } else if adds {
        6
    } else if function == Function::RoundEven && arguments.len() > 1 {
        7
    } else {
        10
    }
}

fn operator_word(operator: Binary) -> &'static str {
    match operator {
        Binary::Or => "or",
        Binary::And => "and",
        Binary::Equal => "=",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::Distinct => "is distinct from",
        Binary::NotDistinct => "is not distinct from",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
        Binary::Concat => "||",
        Binary::Like => "like",
    }
}

impl Formatter {
    /// The expression, whose first line starts at column `indent` and whose other lines start there too.
    pub fn pretty(&mut self, expr: &Expr, indent: usize) -> String {
        let flat = self.flat(expr);
        if indent + flat.chars().count() <= WIDTH {
            return flat;
        }
        self.broken(expr, indent).unwrap_or(flat)
    }

    /// Over several lines; none where there is no good place to break.
    fn broken(&mut self, expr: &Expr, indent: usize) -> Option<String> {
        let margin = " ".repeat(indent);
        let inner = indent + 4;
        if let Expr::Binary(operator, ..) = expr {
            let operands = chain(expr, *operator);
            let word = operator_word(*operator);
            let mut lines = Vec::new();
            for (at, operand) in operands.iter().enumerate() {
                let lead = if at == 0 { String::new() } else { format!("{word} ") };
                let text = self.operand(operand, expr, at > 0, indent + lead.len());
                lines.push(format!("{lead}{text}"));
            }
            return Some(lines.join(&format!("\n{margin}")));
        }
        if let Expr::Case { arms, otherwise } = expr {
            return Some(self.broken_case(arms, otherwise.as_deref(), indent));
        }
        if let Expr::Call(
            Function::Coalesce | Function::Greatest | Function::Least | Function::Trim | Function::NullIf,
            arguments,
        ) = expr
        {
            let flat = self.flat(expr);
            let name = flat.split('(').next().unwrap_or("");
            let items: Vec<String> =
                arguments.iter().map(|item| format!("\n{margin}    {}", self.pretty(item, inner))).collect();
            return Some(format!("{name}({}\n{margin})", items.join(",")));
        }
        if let Expr::Cast(operand, ty) = expr {
            let operand = self.pretty(operand, inner);
            let ty = value::type_name(*ty, self.dialect);
            return Some(format!("cast(\n{margin}    {operand} as {ty}\n{margin})"));
        }
        if let Expr::Window(window) = expr {
            let mut lines = vec![format!("{} over (", self.flat(&window.function))];
            lines.extend(self.window_parts(window).into_iter().map(|part| format!("    {part}")));
            lines.push(")".to_owned());
            return Some(lines.join(&format!("\n{margin}")));
        }
        None
    }

    /// An operand, in parentheses where `parent` binds more strongly.
    fn operand(&mut self, operand: &Expr, parent: &Expr, right: bool, indent: usize) -> String {
        if !needs_parentheses(operand, parent, right) {
            return self.pretty(operand, indent);
        }
        let flat = self.flat(operand);
        if indent + flat.len() + 2 <= WIDTH {
            return format!("({flat})");
        }
        let margin = " ".repeat(indent);
        format!("(\n{margin}    {}\n{margin})", self.pretty(operand, indent + 4))
    }

    /// On one line.
    pub fn flat(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Column(of, name) => self.column(of, name),
            Expr::Literal(literal) => {
                if let Literal::Parameter(parameter) = literal
                    && !self.parameters.contains(&parameter.name)
                {
                    self.parameters.push(parameter.name.clone());
                }
                value::literal(literal, self.dialect)
            }
            Expr::Unary(operator, operand) => {
                let inner = self.flat_operand(operand, expr, false);
                match operator {
                    Unary::Not => format!("not {inner}"),
                    Unary::Negate => format!("-{inner}"),
                    Unary::IsNull => format!("{inner} is null"),
                    Unary::IsNotNull => format!("{inner} is not null"),
                    Unary::IsNotTrue => format!("{inner} is not true"),
                }
            }
            Expr::Binary(operator, left, right) => {
                let (left, right) = (self.flat_operand(left, expr, false), self.flat_operand(right, expr, true));
                format!("{left} {} {right}", operator_word(*operator))
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            Expr::Cast(operand, ty) => {
                format!("cast({} as {})", self.flat(operand), value::type_name(*ty, self.dialect))
            }
            Expr::Case { arms, otherwise } => self.flat_case(arms, otherwise.as_deref()),
            Expr::In(value, list) => {
                let value = self.flat_operand(value, expr, false);
                format!("{value} in ({})", self.list(list))
            }
            Expr::Value(frame, name) => self.subquery(frame, name),
            Expr::Among(value, frame, name) => {
                let value = self.flat_operand(value, expr, false);
                format!("{value} in {}", self.subquery(frame, name))
            }
            Expr::Aggregate { function, arguments, filter, order } => {
                self.aggregate(*function, arguments, filter.as_deref(), order)
            }
            Expr::Window(window) => {
                format!("{} over ({})", self.flat(&window.function), self.window_parts(window).join(" "))
            }
        }
    }

    /// The only column of a CTE.
    fn subquery(&self, frame: &Frame, name: &str) -> String {
        let column = frame::columns(frame).into_iter().next().map(|column| column.name).unwrap_or_default();
        let (column, name) = (identifier::column(&column, self.dialect), identifier::column(name, self.dialect));
        format!("(select {column} from {name})")
    }

    fn flat_operand(&mut self, operand: &Expr, parent: &Expr, right: bool) -> String {
        let text = self.flat(operand);
        if needs_parentheses(operand, parent, right) { format!("({text})") } else { text }
    }

    fn list(&mut self, items: &[Expr]) -> String {
        items.iter().map(|item| self.flat(item)).collect::<Vec<_>>().join(", ")
    }

    fn column(&self, of: &Of, name: &str) -> String {
        let column = identifier::column(name, self.dialect);
        match of {
            Of::Alias(alias) if self.qualified => format!("{}.{column}", identifier::column(alias, self.dialect)),
            Of::Alias(_) | Of::Input | Of::Left | Of::Right | Of::Either => column,
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expr]) -> String {
        if let Some(text) = self.like(function, arguments) {
            return text;
        }
        if let Some(text) = self.interval(function, arguments) {
            return text;
        }
        if let (Function::SplitPart, [text, separator, Expr::Literal(Literal::Integer(-1))]) = (function, arguments) {
            self.note("splitpart");
            return format!("split_part({}, {}, -1)", self.flat(text), self.flat(separator));
        }
        let Some(form) = words::function(function, arguments.len()) else {
            return self.special(function, arguments);
        };
        if !form.plain {
            self.note(&format!("{function:?}").to_lowercase());
        }
        let operators = matches!(
            function,
            Function::AddTime(_)
                | Function::DaysBetween
                | Function::SecondsBetween
                | Function::ContainsText
                | Function::EndsWith
                | Function::Matches
                | Function::SplitPart
        );
        let texts: Vec<String> = arguments
            .iter()
            .map(|argument| {
                let text = self.flat(argument);
                if operators && strength(argument) < 9 { format!("({text})") } else { text }
            })
            .collect();
        fill(form.text, &texts)
    }

    /// Searches for a constant text that has no special characters, as LIKE.
    fn like(&mut self, function: Function, arguments: &[Expr]) -> Option<String> {
        let [value, Expr::Literal(Literal::Text(text))] = arguments else { return None };
        if text.contains(['%', '_', '\\']) || text.is_empty() {
            return None;
        }
        let pattern = if function == Function::ContainsText {
            format!("%{text}%")
        } else if function == Function::StartsWith {
            format!("{text}%")
        } else if function == Function::EndsWith {
            format!("%{text}")
        } else {
            return None;
        };
        Some(self.flat(&Expr::binary(Binary::Like, value.clone(), Expr::text(&pattern))))
    }

    /// A constant amount of time, as an interval literal.
    fn interval(&mut self, function: Function, arguments: &[Expr]) -> Option<String> {
        let Function::AddTime(part) = function else { return None };
        let [value, Expr::Literal(Literal::Integer(amount))] = arguments else { return None };
        let (unit, factor) = time::interval_unit(part);
        let (sign, amount) = (if *amount < 0 { "-" } else { "+" }, amount.unsigned_abs() * factor);
        let plural = if amount == 1 { "" } else { "s" };
        self.note("an interval");
        if *value == Expr::Literal(Literal::Null) {
            // An amount of time by itself.
            let sign = if sign == "-" { "-" } else { "" };
            return Some(format!("interval '{sign}{amount} {unit}{plural}'"));
        }
        let text = self.flat(value);
        let text = if strength(value) < 6 { format!("({text})") } else { text };
        Some(format!("{text} {sign} interval '{amount} {unit}{plural}'"))
    }

    fn special(&mut self, function: Function, arguments: &[Expr]) -> String {
        let [value, detail] = arguments else { return self.list(arguments) };
        self.note(&format!("{function:?}").to_lowercase());
        match (function, detail) {
            (Function::RoundEven, Expr::Literal(Literal::Integer(0))) => {
                format!("cast(cast({} as bigint) as double precision)", self.flat(value))
            }
            (Function::RoundEven, Expr::Literal(Literal::Integer(digits))) => {
                let scale = 10_i64.checked_pow(u32::try_from(digits.unsigned_abs()).unwrap_or(0)).unwrap_or(1);
                let value =
                    self.flat_operand(value, &Expr::binary(Binary::Multiply, value.clone(), detail.clone()), false);
                let (up, down) = if *digits > 0 { ("*", "/") } else { ("/", "*") };
                format!("cast({value} {up} {scale} as bigint) {down} cast({scale} as double precision)")
            }
            (_, Expr::Literal(Literal::Text(format))) => {
                let value = self.flat(value);
                time::time_text(&value, format)
            }
            _ => self.list(arguments),
        }
    }

    fn aggregate(
        &mut self,
        function: Aggregate,
        arguments: &[Expr],
        filter: Option<&Expr>,
        order: &[SortKey],
    ) -> String {
        let form = words::aggregate(function, arguments.len());
        if !form.plain || filter.is_some() {
            self.note(&format!("{function:?}").to_lowercase());
        }
        let texts: Vec<String> = arguments.iter().map(|argument| self.flat(argument)).collect();
        let last = function == Aggregate::Last;
        let keys: Vec<SortKey> = order.iter().map(|key| if last { reversed(key) } else { key.clone() }).collect();
        let order = if keys.is_empty() { String::new() } else { format!(" order by {}", self.sort_keys(&keys)) };
        let filter = filter.map(|filter| self.flat(filter));
        let present = texts.first().map(|text| format!("{text} is not null"));
        let both: Vec<String> = present.into_iter().chain(filter.clone()).collect();
        let only = |condition: &str| format!(" filter (where {condition})");
        let text = fill(form.text, &texts)
            .replace("{o}", &order)
            .replace("{w}", &filter.map_or_else(String::new, |filter| only(&filter)))
            .replace("{n}", &only(&both.join(" and ")));
        let Aggregate::Quantile(quantile) = function else { return text };
        text.replace("{q}", &quantile.to_string())
    }

    /// Sort keys, separated by commas.
    pub fn sort_keys(&mut self, keys: &[SortKey]) -> String {
        keys.iter().map(|key| self.sort_key(key)).collect::<Vec<_>>().join(", ")
    }

    /// One sort key.
    pub fn sort_key(&mut self, key: &SortKey) -> String {
        let direction = if key.descending { " desc" } else { "" };
        // PostgreSQL sorts NULL as the greatest, DuckDB always last: so it is always said.
        let nulls = if key.nulls_first { " nulls first" } else { " nulls last" };
        format!("{}{direction}{nulls}", self.flat(&key.expr))
    }

    fn window_parts(&mut self, window: &Window) -> Vec<String> {
        let mut parts = Vec::new();
        if !window.partition.is_empty() {
            parts.push(format!("partition by {}", self.list(&window.partition)));
        }
        if !window.order.is_empty() {
            parts.push(format!("order by {}", self.sort_keys(&window.order)));
        }
        if let Some((from, to)) = window.rows {
            parts.push(format!("rows between {} and {}", bound(from, "preceding"), bound(to, "following")));
        }
        parts
    }

    /// Remembers a construct that not every dialect has.
    pub fn note(&mut self, construct: &str) {
        let proven = matches!(self.dialect, Dialect::Postgres | Dialect::DuckDb);
        if !proven && !self.unsure.iter().any(|known| known == construct) {
            self.unsure.push(construct.to_owned());
        }
    }
}

fn needs_parentheses(operand: &Expr, parent: &Expr, right: bool) -> bool {
    let (inner, outer) = (strength(operand), strength(parent));
    let same_associative = matches!(
        (operand, parent),
        (Expr::Binary(a, ..), Expr::Binary(b, ..)) if a == b && matches!(a, Binary::Or | Binary::And | Binary::Add | Binary::Multiply | Binary::Concat)
    );
    inner < outer || (inner == outer && inner < 10 && !same_associative && (right || outer == 4 || outer == 8))
}

/// The operands of a chain of the same operator.
fn chain(expr: &Expr, operator: Binary) -> Vec<&Expr> {
    let associative = matches!(operator, Binary::Or | Binary::And | Binary::Concat | Binary::Add | Binary::Multiply);
    let Expr::Binary(found, left, right) = expr else { return vec![expr] };
    if *found != operator {
        return vec![expr];
    }
    if !associative {
        return vec![left, right];
    }
    [chain(left, operator), chain(right, operator)].concat()
}

fn reversed(key: &SortKey) -> SortKey {
    SortKey { expr: key.expr.clone(), descending: !key.descending, nulls_first: !key.nulls_first }
}

fn bound(bound: Bound, side: &str) -> String {
    match bound {
        Bound::Unbounded => format!("unbounded {side}"),
        Bound::Preceding(rows) => format!("{rows} preceding"),
        Bound::Current => "current row".to_owned(),
        Bound::Following(rows) => format!("{rows} following"),
    }
}

fn fill(form: &str, texts: &[String]) -> String {
    let mut filled = form.replace("{*}", &texts.join(", "));
    for (at, text) in texts.iter().enumerate() {
        filled = filled.replace(&format!("{{{at}}}"), text);
    }
    filled
}
