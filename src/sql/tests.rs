use std::sync::Arc;

use super::*;
use crate::frame::{Aggregate, Binary, Expr, Function, JoinKey, JoinKind, Named, Op, Unary};
use crate::name::Relation;
use crate::text::SourceId;

fn scan(name: &str, columns: &[&str]) -> Arc<Frame> {
    Arc::new(Frame::scan(Relation::plain(name, Dialect::Postgres), columns))
}

fn text(op: Op) -> String {
    let (query, findings) = print(&Frame::new(op), Span::new(SourceId(0), 0, 0), Dialect::Postgres);
    assert!(findings.is_empty());
    for mention in &query.sql.mentions {
        assert_eq!(&query.sql.text[mention.range.clone()], mention.relation.to_string());
    }
    query.sql.text
}

#[test]
fn filter_and_project_are_one_select() {
    let predicate = Expr::binary(Binary::Distinct, Expr::column("status"), Expr::text("cancelled"));
    let input = Arc::new(Frame::new(Op::Filter { input: scan("raw.orders", &["order_id", "status"]), predicate }));
    let columns = vec![Named::column("order_id"), Named::new("Total", Expr::column("order_id"))];
    let expected =
        "select\n    order_id,\n    order_id as \"Total\"\nfrom raw.orders\nwhere status is distinct from 'cancelled'";
    assert_eq!(text(Op::Project { input, columns, rest: false, except: Vec::new() }), expected);
}

#[test]
fn a_grouped_side_of_a_join_is_a_named_cte() {
    let sum =
        Named::new("paid", Expr::coalesce(Expr::aggregate(Aggregate::Sum, Expr::column("amount")), Expr::integer(0)));
    let present = Expr::unary(Unary::IsNotNull, Expr::column("order_id"));
    let filter = Frame::new(Op::Filter { input: scan("payments", &["order_id", "amount"]), predicate: present });
    let op = Op::Group { input: Arc::new(filter), keys: vec![Named::column("order_id")], aggregates: vec![sum] };
    let right = Arc::new(Frame::new(op).named("paid_by_order"));
    let on = vec![JoinKey { left: Expr::column("order_id"), right: Expr::column("order_id"), null_safe: false }];
    let columns = vec![Named::new("order_id", Expr::left("order_id")), Named::new("paid", Expr::right("paid"))];
    let left = scan("orders", &["order_id"]);
    let expected = "with paid_by_order as (
    select
        order_id,
        coalesce(sum(amount), 0) as paid
    from payments
    where order_id is not null
    group by order_id
)

select
    orders.order_id,
    paid_by_order.paid
from orders
left join paid_by_order
    on orders.order_id = paid_by_order.order_id";
    assert_eq!(text(Op::Join { left, right, kind: JoinKind::Left, on, columns }), expected);
}

#[test]
fn operators_are_parenthesized_where_needed() {
    let column = Expr::column;
    let sum = Expr::binary(Binary::Add, column("a"), column("b"));
    let either = Expr::binary(Binary::Or, column("p"), column("q"));
    let rows = [
        (Expr::binary(Binary::Multiply, sum.clone(), column("c")), "(a + b) * c"),
        (Expr::binary(Binary::Subtract, column("c"), sum.clone()), "c - (a + b)"),
        (Expr::binary(Binary::Add, sum, column("c")), "a + b + c"),
        (Expr::unary(Unary::Not, either.clone()), "not (p or q)"),
        (Expr::binary(Binary::And, either, column("r")), "(p or q) and r"),
        (Expr::unary(Unary::IsNull, Expr::unary(Unary::Not, column("p"))), "(not p) is null"),
    ];
    for (expr, expected) in rows {
        let (unsure, parameters) = (Vec::new(), Vec::new());
        let mut format = format::Formatter { dialect: Dialect::Postgres, qualified: false, unsure, parameters };
        assert_eq!(format.flat(&expr), expected);
    }
}

#[test]
fn lineage_reaches_the_scan() {
    let expr = Expr::Call(Function::Lower, vec![Expr::column("status")]);
    let input = scan("raw.orders", &["id", "status"]);
    let frame =
        Frame::new(Op::Project { input, columns: vec![Named::new("s", expr)], rest: false, except: Vec::new() });
    let outputs = lineage::lineage(&frame);
    assert_eq!(format!("{outputs:?}").matches("Computed").count(), 1);
}
