//! The shape of a statement, as far as rules look at it.
//!
//! In: nothing; these are types. Out: nodes with byte ranges of the author's text. What no rule looks at is not here.

use std::ops::Range;

/// One expression, or one piece of a clause.
#[derive(Debug, Clone)]
pub(in crate::sql) struct Node {
    pub range: Range<usize>,
    pub what: What,
}

#[derive(Debug, Clone)]
pub(in crate::sql) enum What {
    /// A column, qualified or not, or a word that is none; parts without quotes, in lower case.
    Name(Vec<String>),
    /// A relation.
    Relation,
    Variable,
    Star,
    Literal(Literal),
    Call(Call),
    /// `a + b`, `not a`, `a is null`, `a between b and c`: the operands in order.
    Operator {
        op: String,
        op_range: Range<usize>,
        operands: Vec<Node>,
    },
    /// `cast(a as t)`, `a::t`, `convert(t, a, style)`.
    Cast(Cast),
    /// Condition or value of each arm in order, its result behind it, and the last one.
    Case {
        children: Vec<Node>,
        results: Vec<usize>,
    },
    /// `interval '1 day'`, `interval 5 day`: the amount where it is an expression, and the unit where it stands apart.
    Interval {
        amount: Option<Box<Node>>,
        text: String,
        unit: Option<String>,
    },
    /// Parentheses: a query, or expressions.
    Paren(Vec<Item>),
    /// Anything else, with what stands in it.
    Mixed(Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Literal {
    Text,
    Number,
    Bool,
    Null,
    Date,
    Timestamp,
}

#[derive(Debug, Clone)]
pub(in crate::sql) struct Call {
    /// In lower case, without quotes; with its schema.
    pub name: String,
    pub name_range: Range<usize>,
    /// Whether an argument is more than an expression: `distinct a`, `a order by b`, `year from a`.
    pub words: bool,
    /// Everything within the parentheses.
    pub inner: Range<usize>,
    /// The parts of the arguments, where they are more than expressions.
    pub items: Vec<Item>,
    /// What follows: `over (…)`, `filter (…)`, `within group (…)`, `ignore nulls`.
    pub tails: Vec<Tail>,
}

#[derive(Debug, Clone)]
pub(in crate::sql) struct Tail {
    pub word: String,
    pub range: Range<usize>,
    pub items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(in crate::sql) struct Cast {
    pub value: Box<Node>,
    /// The type as written, and its place.
    pub type_range: Range<usize>,
    /// `cast`, `::`, `try_cast`, `safe_cast`, `convert`, `try_convert`.
    pub form: String,
    /// The style of `convert`.
    pub style: Option<Box<Node>>,
}

/// A part of a clause.
#[derive(Debug, Clone)]
pub(in crate::sql) enum Item {
    /// A word of the grammar.
    Word(String, Range<usize>),
    Comma(Range<usize>),
    Node(Node),
}

impl Item {
    pub fn range(&self) -> &Range<usize> {
        match self {
            Self::Word(_, range) | Self::Comma(range) => range,
            Self::Node(node) => &node.range,
        }
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own, _) if own == word)
    }

    pub fn node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            Self::Word(..) | Self::Comma(_) => None,
        }
    }
}

impl Call {
    /// The first expression of each argument.
    pub fn args(&self) -> Vec<&Node> {
        let parts = self.items.split(|item| matches!(item, Item::Comma(_)));
        parts.filter_map(|part| part.iter().find_map(Item::node)).collect()
    }
}

impl Node {
    /// What stands within it, in order of the text.
    pub fn children(&self) -> Vec<&Node> {
        match &self.what {
            What::Name(_) | What::Relation | What::Variable | What::Star | What::Literal(_) => Vec::new(),
            What::Interval { amount, .. } => amount.iter().map(AsRef::as_ref).collect(),
            What::Call(call) => {
                let own = call.items.iter().filter_map(Item::node);
                own.chain(call.tails.iter().flat_map(|tail| tail.items.iter().filter_map(Item::node))).collect()
            }
            What::Operator { operands, .. } => operands.iter().collect(),
            What::Cast(cast) => {
                let mut all = vec![cast.value.as_ref()];
                all.extend(cast.style.as_deref());
                all
            }
            What::Case { children, .. } | What::Mixed(children) => children.iter().collect(),
            What::Paren(items) => items.iter().filter_map(Item::node).collect(),
        }
    }

    /// What stands within its parentheses; nothing for what has none.
    pub fn inner(&self) -> &[Item] {
        if let What::Paren(items) = &self.what {
            return items;
        }
        if let What::Call(call) = &self.what { &call.items } else { &[] }
    }

    /// The parts of a column's name; nothing for what is none.
    pub fn name(&self) -> &[String] {
        if let What::Name(parts) = &self.what { parts } else { &[] }
    }

    /// The two sides and the place of the operator `op`.
    pub fn sides(&self, wanted: &str) -> Option<(&[Node], &Range<usize>)> {
        let What::Operator { op, op_range, operands } = &self.what else { return None };
        (op == wanted && operands.len() == 2).then_some((operands.as_slice(), op_range))
    }

    /// Whether it may stand beside any operator without parentheses.
    pub fn is_closed(&self) -> bool {
        match &self.what {
            What::Name(_)
            | What::Relation
            | What::Variable
            | What::Star
            | What::Literal(_)
            | What::Call(_)
            | What::Case { .. }
            | What::Paren(_) => true,
            What::Cast(cast) => cast.form != "::",
            What::Operator { .. } | What::Interval { .. } | What::Mixed(_) => false,
        }
    }
}
