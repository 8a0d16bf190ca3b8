//! Expressions over the columns of a frame. They mean what the same expression means in SQL.

use std::sync::Arc;

use super::Frame;

/// Which input a column is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The only input.
    Input,
    /// The left input of a join.
    Left,
    /// The right input of a join.
    Right,
    /// The one input of a join that has it; which one, only the database knows.
    Either,
    /// The relation of that alias in a printed query.
    Alias(String),
}

/// What kind of values an expression has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Type {
    Unknown,
    Integer,
    /// A double, as pandas has it.
    Float,
    /// An exact number with decimals.
    Decimal,
    Text,
    Bool,
    Date,
    Timestamp,
    /// The difference of two times.
    Interval,
    /// A month, a quarter and so on: held as the time at which it starts.
    Period(Part),
}

impl Type {
    /// Whether it is a number.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float | Self::Decimal)
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Literal {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// `2024-01-31`.
    Date(String),
    /// `2024-01-31 10:00:00`.
    Timestamp(String),
    /// A value that comes from outside.
    Parameter(Box<Parameter>),
}

/// A value that comes from outside: a variable of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its value where none is given.
    pub default: Option<String>,
}

/// One operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum Unary {
    Not,
    Negate,
    IsNull,
    IsNotNull,
    /// A NULL is not true.
    IsNotTrue,
}

/// Two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `is distinct from`.
    Distinct,
    /// `is not distinct from`.
    NotDistinct,
    Add,
    Subtract,
    Multiply,
    /// As the operands' types have it; see `Function::Divide` for numbers that must not be truncated.
    Divide,
    Modulo,
    Concat,
    /// SQL's `like`.
    Like,
}

/// A part of a date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Part {
    Year,
    Quarter,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// Monday is 0.
    Weekday,
    DayOfYear,
    /// ISO 8601.
    Week,
}

/// Scalar functions, by meaning. `sql` knows how each dialect says them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// First letter of each word upper case, the rest lower.
    Title,
    /// First letter upper case, the rest lower.
    Capitalize,
    /// Argument 1 without the characters of argument 2 at both ends.
    Trim,
    /// The same at the start.
    TrimStart,
    /// The same at the end.
    TrimEnd,
    /// Number of characters.
    Length,
    /// Whether argument 1 holds the text argument 2.
    ContainsText,
    /// Whether a part of argument 1 matches the regular expression argument 2.
    Matches,
    /// Whether argument 1 starts with argument 2.
    StartsWith,
    /// Whether argument 1 ends with argument 2.
    EndsWith,
    /// Every text argument 2 within argument 1 becomes argument 3.
    Replace,
    /// Every match of the regular expression argument 2 within argument 1 becomes argument 3.
    ReplaceMatches,
    /// From character argument 2 (1 is the first), argument 3 characters (all when absent).
    Substring,
    /// The last argument 2 characters; a negative number: all but so many at the start.
    Right,
    /// The first argument 2 characters; a negative number: all but so many at the end.
    Left,
    /// Part number argument 3 (1 is the first, -1 the last; the first when absent) of argument 1 cut at argument 2; NULL past the
    /// last.
    SplitPart,
    /// The place of the text argument 2 within argument 1 (1 is the first); 0 where it is not.
    Position,
    /// The parts of argument 1 cut at argument 2, as a list; never empty.
    SplitList,
    /// One row for each item of a list.
    Unnest,
    /// Argument 1 filled up at the start with argument 3 to a length of argument 2; never cut.
    PadStart,
    /// Argument 1 filled up at the end.
    PadEnd,
    /// An array of one value: two of them are equal also when both hold NULL.
    Array,
    /// The first argument that is not NULL.
    Coalesce,
    /// NULL when the two are equal.
    NullIf,
    /// The greatest that is not NULL.
    Greatest,
    /// The least that is not NULL.
    Least,
    /// Absolute value.
    Abs,
    /// Toward minus infinity.
    Floor,
    /// Toward plus infinity.
    Ceil,
    /// To argument 2 decimals, half to even.
    RoundEven,
    /// Square root.
    Sqrt,
    /// Natural logarithm.
    Ln,
    /// Logarithm to base 10.
    Log10,
    /// e to the power.
    Exp,
    /// Argument 1 to the power argument 2.
    Power,
    /// A part of a time.
    Extract(Part),
    /// The start of the part of time that it lies in.
    Truncate(Part),
    /// The month, the quarter and so on in which a time lies.
    Period(Part),
    /// Whole days in an interval or between dates: argument 1 minus argument 2.
    DaysBetween,
    /// Seconds, with fractions: argument 1 minus argument 2.
    SecondsBetween,
    /// Argument 1 plus argument 2 of a part of time.
    AddTime(Part),
    /// A time as text, by a C format (`%Y-%m`), which is argument 2.
    FormatTime,
    /// Ranks and neighbours; only within `Expr::Window`.
    RowNumber,
    /// Rank with gaps.
    Rank,
    /// Rank without gaps.
    DenseRank,
    /// Argument 1 of the row argument 2 rows before.
    Lag,
    /// Argument 1 of the row argument 2 rows after.
    Lead,
    /// Argument 1 of the first row.
    FirstValue,
}

/// Aggregate functions, by meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
    /// Rows where the argument is not NULL; without an argument, all rows.
    Count,
    CountDistinct,
    StandardDeviation,
    Variance,
    /// Of all rows, not of a sample.
    DeviationOfAll,
    /// Of all rows, not of a sample.
    VarianceOfAll,
    /// The continuous percentile.
    Quantile(f64),
    /// The first that is not NULL, in the order.
    First,
    /// The last that is not NULL, in the order.
    Last,
    /// Any of them: they are all the same.
    Any,
    All,
    Exists,
    /// Joined with the second argument between.
    Join,
    /// The product.
    Product,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// By what.
    pub expr: Expr,
    /// Greatest first.
    pub descending: bool,
    /// Whether NULL comes first.
    pub nulls_first: bool,
}

impl SortKey {
    /// Smallest first, NULL last: pandas' default.
    pub fn ascending(expr: Expr) -> Self {
        Self { expr, descending: false, nulls_first: false }
    }
}

/// One end of a window's frame, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum Bound {
    Unbounded,
    Preceding(u64),
    Current,
    Following(u64),
}

/// A value computed over neighbouring rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// A ranking call, or an aggregate.
    pub function: Expr,
    /// Rows with the same values are computed together.
    pub partition: Vec<Expr>,
    /// Their order.
    pub order: Vec<SortKey>,
    /// First and last row of the frame; none for the default.
    pub rows: Option<(Bound, Bound)>,
}

/// A scalar expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column.
    Column(Of, String),
    /// A constant.
    Literal(Literal),
    /// One operand.
    Unary(Unary, Box<Expr>),
    /// Two operands.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// A function.
    Call(Function, Vec<Expr>),
    /// A conversion.
    Cast(Box<Expr>, Type),
    /// The first condition that is true decides.
    Case {
        /// Conditions and values.
        arms: Vec<(Expr, Expr)>,
        /// When none is true.
        otherwise: Option<Box<Expr>>,
    },
    /// Whether the value is one of these.
    In(Box<Expr>, Vec<Expr>),
    /// An aggregate.
    Aggregate {
        /// Which.
        function: Aggregate,
        /// Of what; empty for all rows.
        arguments: Vec<Expr>,
        /// Only over rows where this is true.
        filter: Option<Box<Expr>>,
        /// In which order; only for those where it matters.
        order: Vec<SortKey>,
    },
    /// A window.
    Window(Box<Window>),
    /// The one value of a frame that has one row and one column. The text is the name of its CTE; empty until it has one.
    Value(Arc<Frame>, String),
    /// Whether the value is among those of a frame's only column.
    Among(Box<Expr>, Arc<Frame>, String),
}

impl Expr {
    /// A column of the only input.
    pub fn column(name: &str) -> Self {
        Self::Column(Of::Input, name.to_owned())
    }

    /// A column of the left input of a join.
    pub fn left(name: &str) -> Self {
        Self::Column(Of::Left, name.to_owned())
    }

    /// A column of the right input of a join.
    pub fn right(name: &str) -> Self {
        Self::Column(Of::Right, name.to_owned())
    }

    /// A text constant.
    pub fn text(text: &str) -> Self {
        Self::Literal(Literal::Text(text.to_owned()))
    }

    /// A whole number.
    pub fn integer(value: i64) -> Self {
        Self::Literal(Literal::Integer(value))
    }

    /// `left operator right`.
    pub fn binary(operator: Binary, left: Self, right: Self) -> Self {
        Self::Binary(operator, Box::new(left), Box::new(right))
    }

    /// `operator operand`.
    pub fn unary(operator: Unary, operand: Self) -> Self {
        Self::Unary(operator, Box::new(operand))
    }

    /// `coalesce(value, default)`.
    pub fn coalesce(value: Self, default: Self) -> Self {
        Self::Call(Function::Coalesce, vec![value, default])
    }

    /// An aggregate of one argument.
    pub fn aggregate(function: Aggregate, argument: Self) -> Self {
        Self::Aggregate { function, arguments: vec![argument], filter: None, order: Vec::new() }
    }

    /// `case when condition then value else otherwise end`; `coalesce` where that says the same.
    pub fn case(condition: Self, value: Self, otherwise: Self) -> Self {
        if let Self::Unary(Unary::IsNull, tested) = &condition
            && **tested == otherwise
        {
            return Self::coalesce(otherwise, value);
        }
        if let Self::Unary(Unary::IsNotNull, tested) = &condition
            && **tested == value
        {
            return Self::coalesce(value, otherwise);
        }
        Self::Case { arms: vec![(condition, value)], otherwise: Some(Box::new(otherwise)) }
    }

    /// `cast(self as ty)`.
    pub fn cast(self, ty: Type) -> Self {
        Self::Cast(Box::new(self), ty)
    }

    /// Both; a `None` is no condition.
    pub fn and(left: Option<Self>, right: Self) -> Self {
        match left {
            Some(left) => Self::binary(Binary::And, left, right),
            None => right,
        }
    }

    /// The frames that are read within it, besides the inputs.
    pub fn asides(&self) -> Vec<&Arc<Frame>> {
        let own = match self {
            Self::Value(frame, _) | Self::Among(_, frame, _) => Some(frame),
            Self::Column(..)
            | Self::Literal(_)
            | Self::Unary(..)
            | Self::Binary(..)
            | Self::Call(..)
            | Self::Cast(..)
            | Self::Case { .. }
            | Self::In(..)
            | Self::Aggregate { .. }
            | Self::Window(_) => None,
        };
        let inner = super::rewrite::children(self).into_iter().flat_map(Self::asides);
        own.into_iter().chain(inner).collect()
    }

    /// The conditions that `and` joins, in order.
    pub fn conjuncts(&self) -> Vec<&Self> {
        let Self::Binary(Binary::And, left, right) = self else { return vec![self] };
        [left.conjuncts(), right.conjuncts()].concat()
    }
}
