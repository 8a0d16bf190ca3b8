//! Operators, as libraries see them, and what they do to plain values.
//!
//! In: ruff's operators. Out: one enum for arithmetic, comparison and sign.

use ruff_python_ast::{CmpOp, Operator, UnaryOp};

/// An operator of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of Python's operator module")]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    Divide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    Or,
    Xor,
    And,
    FloorDivide,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Is,
    IsNot,
    In,
    NotIn,
    Negative,
    Positive,
    Invert,
    Not,
}

impl From<Operator> for Operation {
    fn from(operator: Operator) -> Self {
        match operator {
            Operator::Add => Self::Add,
            Operator::Sub => Self::Subtract,
            Operator::Mult => Self::Multiply,
            Operator::MatMult => Self::MatrixMultiply,
            Operator::Div => Self::Divide,
            Operator::Mod => Self::Modulo,
            Operator::Pow => Self::Power,
            Operator::LShift => Self::ShiftLeft,
            Operator::RShift => Self::ShiftRight,
            Operator::BitOr => Self::Or,
            Operator::BitXor => Self::Xor,
            Operator::BitAnd => Self::And,
            Operator::FloorDiv => Self::FloorDivide,
        }
    }
}

impl From<CmpOp> for Operation {
    fn from(operator: CmpOp) -> Self {
        match operator {
            CmpOp::Eq => Self::Equal,
            CmpOp::NotEq => Self::NotEqual,
            CmpOp::Lt => Self::Less,
            CmpOp::LtE => Self::LessOrEqual,
            CmpOp::Gt => Self::Greater,
            CmpOp::GtE => Self::GreaterOrEqual,
            CmpOp::Is => Self::Is,
            CmpOp::IsNot => Self::IsNot,
            CmpOp::In => Self::In,
            CmpOp::NotIn => Self::NotIn,
        }
    }
}

impl From<UnaryOp> for Operation {
    fn from(operator: UnaryOp) -> Self {
        match operator {
            UnaryOp::Invert => Self::Invert,
            UnaryOp::Not => Self::Not,
            UnaryOp::UAdd => Self::Positive,
            UnaryOp::USub => Self::Negative,
        }
    }
}
