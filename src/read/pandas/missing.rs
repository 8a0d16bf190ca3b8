//! Which missing values a column of texts holds. Before pandas 3 `None` and `NaN` are two things to `isin`; a database
//! gives `None`, and most of what pandas computes leaves that alone, while what it fills up is `NaN`.

use std::sync::Arc;

use super::table::Table;
use crate::frame::{Aggregate, Expr, Frame, Function, JoinKind, Literal, Named, Of, Op};

/// The missing values that there can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// `None`.
    pub none: bool,
    /// `NaN`.
    pub nan: bool,
}

const NONE: Missing = Missing { none: true, nan: false };
const NAN: Missing = Missing { none: false, nan: true };
const EITHER: Missing = Missing { none: true, nan: true };

impl Missing {
    fn or(self, other: Self) -> Self {
        Self { none: self.none || other.none, nan: self.nan || other.nan }
    }

    /// What the expression over the rows of `table` can be where it is missing.
    pub fn of(table: &Table, expr: &Expr) -> Self {
        of_expr(expr, &|_, name| of_column(&table.base, name))
    }
}

fn of_column(frame: &Arc<Frame>, name: &str) -> Missing {
    match &frame.op {
        Op::Scan { .. } => NONE,
        Op::Values { .. } => EITHER,
        Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => of_column(input, name),
        Op::Project { input, columns, .. } => match columns.iter().find(|named| named.name == name) {
            Some(named) => of_expr(&named.expr, &|_, name| of_column(input, name)),
            None => of_column(input, name),
        },
        Op::Join { left, right, kind, columns, .. } => {
            let Some(named) = columns.iter().find(|named| named.name == name) else { return EITHER };
            of_expr(&named.expr, &|of, name| {
                let (side, padded) = match of {
                    Of::Right => (right, matches!(kind, JoinKind::Left | JoinKind::Full)),
                    _ => (left, matches!(kind, JoinKind::Right | JoinKind::Full)),
                };
                let own = of_column(side, name);
                if padded { own.or(NAN) } else { own }
            })
        }
        Op::Group { input, keys, aggregates } => {
            let found = |list: &[Named]| {
                let named = list.iter().find(|named| named.name == name)?;
                Some(of_expr(&named.expr, &|_, name| of_column(input, name)))
            };
            match found(keys) {
                // What a group of missing keys is called differs between versions.
                Some(key) if key != Missing::default() => EITHER,
                Some(key) => key,
                None => found(aggregates).unwrap_or(EITHER),
            }
        }
        Op::Union { inputs } => inputs.iter().fold(Missing::default(), |found, input| found.or(of_column(input, name))),
    }
}

fn of_expr(expr: &Expr, column: &dyn Fn(&Of, &str) -> Missing) -> Missing {
    match expr {
        Expr::Column(of, name) => column(of, name),
        Expr::Literal(Literal::Null) => EITHER,
        Expr::Literal(_) => Missing::default(),
        Expr::Call(function, arguments) => of_call(*function, arguments, column),
        Expr::Case { arms, otherwise } => {
            let values = arms.iter().map(|(_, value)| value).chain(otherwise.as_deref());
            let found = values.fold(Missing::default(), |found, value| found.or(of_expr(value, column)));
            if otherwise.is_none() { found.or(NAN) } else { found }
        }
        Expr::Binary(..) | Expr::Aggregate { function: Aggregate::Min | Aggregate::Max, .. } => NAN,
        Expr::Aggregate { function: Aggregate::First | Aggregate::Last, .. } => NONE,
        Expr::Window(window) => match &window.function {
            Expr::Call(Function::Lag | Function::Lead, arguments) => {
                arguments.first().map_or(EITHER, |value| of_expr(value, column).or(NONE))
            }
            _ => EITHER,
        },
        Expr::Unary(..)
        | Expr::Cast(..)
        | Expr::In(..)
        | Expr::Aggregate { .. }
        | Expr::Value(..)
        | Expr::Among(..) => EITHER,
    }
}

fn of_call(function: Function, arguments: &[Expr], column: &dyn Fn(&Of, &str) -> Missing) -> Missing {
    let first = || arguments.first().map_or(EITHER, |value| of_expr(value, column));
    let keeps = matches!(
        function,
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
            | Function::Left
            | Function::Right
            | Function::PadStart
            | Function::PadEnd
    );
    if keeps {
        return first();
    }
    if function == Function::Coalesce {
        return arguments.last().map_or(EITHER, |value| of_expr(value, column));
    }
    if matches!(function, Function::SplitPart | Function::NullIf) { first().or(NAN) } else { EITHER }
}
