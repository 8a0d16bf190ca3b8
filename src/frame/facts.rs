//! What is known of a frame's columns: names in order, types, and whether a value can be missing.

use super::{Aggregate, Binary, Column, Expr, Frame, Function, JoinKind, Literal, Named, Of, Op, Part, Type, Unary};

/// Finds what is known of a column.
type Lookup<'a> = &'a dyn Fn(&Of, &str) -> Option<Column>;

/// The columns that a frame is known to have, in order. An open frame may have more; see [`is_open`].
pub fn columns(frame: &Frame) -> Vec<Column> {
    frame.columns.get_or_init(|| of_op(frame)).clone()
}

fn of_op(frame: &Frame) -> Vec<Column> {
    match &frame.op {
        Op::Scan { columns, .. } | Op::Values { columns, .. } => columns.clone(),
        Op::Project { input, columns: list, rest, except } => {
            let inner = columns(input);
            let mut found = described(list, &|_, name| find(&inner, name));
            if *rest {
                let unnamed = |column: &&Column| {
                    !except.contains(&column.name) && !list.iter().any(|named| named.name == column.name)
                };
                let passed: Vec<Column> = inner.iter().filter(unnamed).cloned().collect();
                found.splice(0..0, passed);
            }
            found
        }
        Op::Filter { input, predicate } => filtered(columns(input), predicate),
        Op::Distinct { input } | Op::Limit { input, .. } => columns(input),
        Op::Join { left, right, kind, columns: list, .. } => joined(left, right, *kind, list),
        Op::Group { input, keys, aggregates } => {
            let inner = columns(input);
            let lookup = |_: &Of, name: &str| find(&inner, name);
            let mut found = described(keys, &lookup);
            found.extend(described(aggregates, &lookup));
            found
        }
        Op::Union { inputs } => union(inputs.iter().map(|input| columns(input)).collect()),
    }
}

/// Whether the frame has the columns of a relation that nobody has named, besides those that it is known to have: what SQL can say
/// with a star from which some columns are left out or changed.
pub fn is_open(frame: &Frame) -> bool {
    *frame.open.get_or_init(|| open_op(&frame.op))
}

fn open_op(op: &Op) -> bool {
    match op {
        Op::Scan { open, .. } => *open,
        Op::Project { input, rest, .. } => *rest && is_open(input),
        Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => is_open(input),
        Op::Values { .. } | Op::Join { .. } | Op::Group { .. } | Op::Union { .. } => false,
    }
}

/// Whether the frame has all columns of a relation, and perhaps new ones: what every SQL can say with a star.
pub fn is_whole(frame: &Frame) -> bool {
    match &frame.op {
        Op::Project { input, columns: list, except, .. } => {
            let kept = |named: &Named| named.expr == Expr::column(&named.name) || !has(input, &named.name);
            is_open(frame) && except.is_empty() && list.iter().all(kept) && is_whole(input)
        }
        Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => is_whole(input),
        Op::Scan { .. } | Op::Values { .. } | Op::Join { .. } | Op::Group { .. } | Op::Union { .. } => is_open(frame),
    }
}

/// The columns that an open frame is known not to pass on as they are: those that it computes, renames or leaves out.
pub fn left_out(frame: &Frame) -> Vec<String> {
    match &frame.op {
        Op::Project { input, columns: list, except, .. } => {
            let mut found = left_out(input);
            found.extend(except.iter().cloned());
            found.extend(list.iter().map(|named| named.name.clone()));
            found
        }
        Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => left_out(input),
        Op::Scan { .. } | Op::Values { .. } | Op::Join { .. } | Op::Group { .. } | Op::Union { .. } => {
            columns(frame).into_iter().map(|column| column.name).collect()
        }
    }
}

fn has(frame: &Frame, name: &str) -> bool {
    columns(frame).iter().any(|column| column.name == name)
}

fn find(columns: &[Column], name: &str) -> Option<Column> {
    columns.iter().find(|column| column.name == name).cloned()
}

fn described(list: &[Named], lookup: Lookup) -> Vec<Column> {
    let describe = |named: &Named| Column {
        name: named.name.clone(),
        ty: expr_type(&named.expr, lookup),
        nullable: nullable(&named.expr, lookup),
    };
    list.iter().map(describe).collect()
}

fn filtered(mut columns: Vec<Column>, predicate: &Expr) -> Vec<Column> {
    for name in not_null_where(predicate) {
        for column in columns.iter_mut().filter(|column| column.name == name) {
            column.nullable = false;
        }
    }
    columns
}

/// Columns that cannot be NULL in the rows that a filter keeps.
pub fn not_null_where(predicate: &Expr) -> Vec<String> {
    predicate.conjuncts().into_iter().flat_map(rejects_null).collect()
}

/// Columns that cannot be NULL where the condition is true.
fn rejects_null(condition: &Expr) -> Vec<String> {
    if let Expr::Unary(Unary::IsNotNull, operand) = condition {
        return strict(operand);
    }
    if let Expr::In(value, _) | Expr::Among(value, ..) = condition {
        return strict(value);
    }
    let Expr::Binary(operator, left, right) = condition else { return Vec::new() };
    if matches!(operator, Binary::Or | Binary::And | Binary::Distinct | Binary::NotDistinct) {
        return Vec::new();
    }
    [strict(left), strict(right)].concat()
}

/// Columns whose NULL makes the expression NULL.
fn strict(expr: &Expr) -> Vec<String> {
    if let Expr::Column(_, name) = expr {
        return vec![name.clone()];
    }
    if let Expr::Cast(operand, _) | Expr::Unary(Unary::Negate, operand) = expr {
        return strict(operand);
    }
    if let Expr::Binary(Binary::Add | Binary::Subtract | Binary::Multiply, left, right) = expr {
        return [strict(left), strict(right)].concat();
    }
    let Expr::Call(Function::Lower | Function::Upper | Function::Trim | Function::Length, arguments) = expr else {
        return Vec::new();
    };
    arguments.iter().flat_map(strict).collect()
}

fn joined(left: &Frame, right: &Frame, kind: JoinKind, list: &[Named]) -> Vec<Column> {
    let (left, right) = (columns(left), columns(right));
    let left_padded = matches!(kind, JoinKind::Right | JoinKind::Full);
    let right_padded = matches!(kind, JoinKind::Left | JoinKind::Full);
    described(list, &|of, name| {
        if *of == Of::Either {
            return Some(Column::unknown(name));
        }
        let (side, padded) = if *of == Of::Right { (&right, right_padded) } else { (&left, left_padded) };
        find(side, name).map(|column| Column { nullable: column.nullable || padded, ..column })
    })
}

fn union(lists: Vec<Vec<Column>>) -> Vec<Column> {
    let mut lists = lists.into_iter();
    let first = lists.next().unwrap_or_default();
    lists.fold(first, |sum, next| {
        let pair = |(a, b): (Column, Column)| Column {
            ty: common(a.ty, b.ty),
            nullable: a.nullable || b.nullable,
            name: a.name,
        };
        sum.into_iter().zip(next).map(pair).collect()
    })
}

/// The type of an expression, as far as it follows.
pub fn expr_type(expr: &Expr, lookup: Lookup) -> Type {
    match expr {
        Expr::Column(of, name) => lookup(of, name).map_or(Type::Unknown, |column| column.ty),
        Expr::Literal(literal) => literal_type(literal),
        Expr::Unary(Unary::Negate, operand) => expr_type(operand, lookup),
        Expr::Unary(..) | Expr::In(..) | Expr::Among(..) => Type::Bool,
        Expr::Binary(operator, left, right) => {
            binary_type(*operator, expr_type(left, lookup), expr_type(right, lookup))
        }
        Expr::Call(function, arguments) => call_type(*function, arguments, lookup),
        Expr::Cast(_, ty) => *ty,
        Expr::Case { arms, otherwise } => {
            let values = arms.iter().map(|(_, value)| value).chain(otherwise.as_deref());
            common_of(values, lookup)
        }
        Expr::Aggregate { function, arguments, .. } => {
            let argument = arguments.first().map_or(Type::Unknown, |argument| expr_type(argument, lookup));
            aggregate_type(*function, argument)
        }
        Expr::Window(window) => expr_type(&window.function, lookup),
        Expr::Value(frame, _) => columns(frame).first().map_or(Type::Unknown, |column| column.ty),
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Unknown,
        Literal::Bool(_) => Type::Bool,
        Literal::Integer(_) => Type::Integer,
        Literal::Float(_) => Type::Float,
        Literal::Text(_) => Type::Text,
        Literal::Date(_) => Type::Date,
        Literal::Timestamp(_) => Type::Timestamp,
        Literal::Parameter(parameter) => parameter.ty,
    }
}

fn common_of<'a>(values: impl Iterator<Item = &'a Expr>, lookup: Lookup) -> Type {
    let mut types =
        values.filter(|value| **value != Expr::Literal(Literal::Null)).map(|value| expr_type(value, lookup));
    let first = types.next().unwrap_or(Type::Unknown);
    types.fold(first, common)
}

/// The type that holds values of both.
fn common(left: Type, right: Type) -> Type {
    match (left, right) {
        (a, b) if a == b => a,
        (Type::Integer, Type::Float | Type::Decimal) => right,
        (Type::Float | Type::Decimal, Type::Integer) => left,
        (Type::Float, Type::Decimal) | (Type::Decimal, Type::Float) => Type::Float,
        _ => Type::Unknown,
    }
}

fn binary_type(operator: Binary, left: Type, right: Type) -> Type {
    match operator {
        Binary::Subtract if left == right && matches!(left, Type::Timestamp) => Type::Interval,
        Binary::Subtract if left == right && matches!(left, Type::Date) => Type::Integer,
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => common(left, right),
        Binary::Concat => Type::Text,
        Binary::Or
        | Binary::And
        | Binary::Equal
        | Binary::NotEqual
        | Binary::Less
        | Binary::LessEqual
        | Binary::Greater
        | Binary::GreaterEqual
        | Binary::Distinct
        | Binary::NotDistinct
        | Binary::Like => Type::Bool,
    }
}

fn call_type(function: Function, arguments: &[Expr], lookup: Lookup) -> Type {
    let first = || arguments.first().map_or(Type::Unknown, |argument| expr_type(argument, lookup));
    match function {
        Function::Lower
        | Function::Upper
        | Function::Title
        | Function::Capitalize
        | Function::Trim
        | Function::TrimStart
        | Function::TrimEnd
        | Function::Replace
        | Function::ReplaceMatches
        | Function::Substring
        | Function::Right
        | Function::Left
        | Function::SplitPart
        | Function::PadStart
        | Function::PadEnd
        | Function::Unnest
        | Function::FormatTime => Type::Text,
        Function::ContainsText | Function::Matches | Function::StartsWith | Function::EndsWith => Type::Bool,
        Function::Coalesce | Function::Greatest | Function::Least => common_of(arguments.iter(), lookup),
        Function::NullIf
        | Function::Abs
        | Function::Floor
        | Function::Ceil
        | Function::Lag
        | Function::Lead
        | Function::FirstValue => first(),
        Function::RoundEven | Function::Sqrt | Function::Ln | Function::Log10 | Function::Exp | Function::Power => {
            Type::Float
        }
        Function::Extract(Part::Second) | Function::SecondsBetween => Type::Float,
        Function::Length
        | Function::Position
        | Function::Extract(_)
        | Function::DaysBetween
        | Function::RowNumber
        | Function::Rank
        | Function::DenseRank => Type::Integer,
        Function::AddTime(_) if is_amount(arguments) => Type::Interval,
        Function::Truncate(_) | Function::AddTime(_) => Type::Timestamp,
        Function::Period(part) => Type::Period(part),
        Function::Array | Function::SplitList => Type::Unknown,
    }
}

/// Whether it is an amount of time by itself, which is added to nothing.
fn is_amount(arguments: &[Expr]) -> bool {
    match arguments.first() {
        Some(Expr::Literal(Literal::Null)) => true,
        Some(Expr::Call(Function::AddTime(_), inner)) => is_amount(inner),
        _ => false,
    }
}

fn aggregate_type(function: Aggregate, argument: Type) -> Type {
    match function {
        Aggregate::Sum
        | Aggregate::Min
        | Aggregate::Max
        | Aggregate::First
        | Aggregate::Last
        | Aggregate::Any
        | Aggregate::Product => argument,
        Aggregate::Count | Aggregate::CountDistinct => Type::Integer,
        Aggregate::Average
        | Aggregate::StandardDeviation
        | Aggregate::Variance
        | Aggregate::DeviationOfAll
        | Aggregate::VarianceOfAll
        | Aggregate::Quantile(_) => Type::Float,
        Aggregate::All | Aggregate::Exists => Type::Bool,
        Aggregate::Join => Type::Text,
    }
}

/// Whether an expression can be NULL, as far as it is known; when in doubt, it can.
pub fn nullable(expr: &Expr, lookup: Lookup) -> bool {
    let any = |list: &[Expr]| list.iter().any(|part| nullable(part, lookup));
    match expr {
        Expr::Column(of, name) => lookup(of, name).is_none_or(|column| column.nullable),
        Expr::Literal(literal) => *literal == Literal::Null,
        Expr::Unary(Unary::IsNull | Unary::IsNotNull | Unary::IsNotTrue, _)
        | Expr::Binary(Binary::Distinct | Binary::NotDistinct, ..)
        | Expr::Aggregate { function: Aggregate::Count | Aggregate::CountDistinct, .. } => false,
        Expr::Unary(_, operand) | Expr::Cast(operand, _) => nullable(operand, lookup),
        Expr::Binary(_, left, right) => nullable(left, lookup) || nullable(right, lookup),
        Expr::Call(Function::Coalesce | Function::Greatest | Function::Least, arguments) => {
            arguments.iter().all(|argument| nullable(argument, lookup))
        }
        Expr::Call(Function::NullIf | Function::SplitPart | Function::Lag | Function::Lead | Function::Unnest, _)
        | Expr::Aggregate { .. } => true,
        Expr::Call(Function::AddTime(_), arguments) if is_amount(arguments) => false,
        Expr::Call(_, arguments) => any(arguments),
        Expr::Case { arms, otherwise } => {
            otherwise.as_ref().is_none_or(|value| nullable(value, lookup))
                || arms.iter().any(|(_, value)| nullable(value, lookup))
        }
        Expr::In(value, list) => nullable(value, lookup) || any(list),
        Expr::Window(window) => nullable(&window.function, lookup),
        Expr::Value(frame, _) => columns(frame).first().is_none_or(|column| column.nullable),
        Expr::Among(value, ..) => nullable(value, lookup),
    }
}

/// Columns that together tell the rows apart: the keys of a grouping. Empty when nothing is known.
pub fn key(frame: &Frame) -> Vec<String> {
    match &frame.op {
        Op::Group { keys, .. } => keys.iter().map(|named| named.name.clone()).collect(),
        Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => key(input),
        Op::Project { input, columns: list, rest, .. } => {
            let renamed = |name: &String| {
                let named = list.iter().find(|named| named.expr == Expr::column(name));
                named.map(|named| named.name.clone()).or_else(|| rest.then(|| name.clone()))
            };
            key(input).iter().map(renamed).collect::<Option<Vec<_>>>().unwrap_or_default()
        }
        Op::Join { .. } | Op::Scan { .. } | Op::Values { .. } | Op::Union { .. } => Vec::new(),
    }
}
