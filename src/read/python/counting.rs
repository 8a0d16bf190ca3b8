//! Loops that count: which `while` can be followed round by round.
//!
//! In: a `while`. Out: whether its body sets what its test looks at and never leaves the loop half-way. Evaluates nothing.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtWhile};

/// Whether only the test of a loop ends it.
pub(super) fn ends_by_its_test(each: &StmtWhile) -> bool {
    let mut test = Names::default();
    test.visit_expr(&each.test);
    let mut body = Names::default();
    body.visit_body(&each.body);
    !body.leaves && test.read.iter().any(|name| body.set.contains(name))
}

/// Methods that change a list, a set or a dict.
const CHANGES: &[&str] = &[
    "append",
    "appendleft",
    "extend",
    "insert",
    "add",
    "update",
    "pop",
    "popleft",
    "popitem",
    "remove",
    "discard",
    "clear",
];

/// The names that are read and set, and whether there is a way out.
#[derive(Default)]
struct Names<'a> {
    read: Vec<&'a str>,
    set: Vec<&'a str>,
    leaves: bool,
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let ways_out = matches!(
            statement,
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) | Stmt::Raise(_) | Stmt::Try(_) | Stmt::Match(_)
        );
        self.leaves |= ways_out;
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression {
            let list = if name.ctx == ExprContext::Load { &mut self.read } else { &mut self.set };
            list.push(name.id.as_str());
        }
        // `queue.pop()` changes the list; what other methods do to the test, as in `while self.runs: self.step()`, nobody tells.
        if let Expr::Call(call) = expression
            && let Expr::Attribute(attribute) = call.func.as_ref()
            && CHANGES.contains(&attribute.attr.as_str())
            && let Expr::Name(name) = attribute.value.as_ref()
        {
            self.set.push(name.id.as_str());
        }
        walk_expr(self, expression);
    }
}
