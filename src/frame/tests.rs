use std::sync::Arc;

use super::*;
use crate::dialect::Dialect;

fn orders() -> Frame {
    Frame::scan(Relation::plain("raw.orders", Dialect::Postgres), &["id", "status"])
}

#[test]
fn a_filter_rules_out_null() {
    let predicate = Expr::binary(Binary::Greater, Expr::column("id"), Expr::integer(0));
    let frame = Frame::new(Op::Filter { input: Arc::new(orders()), predicate });
    let nullable: Vec<bool> = columns(&frame).into_iter().map(|column| column.nullable).collect();
    assert_eq!(nullable, [false, true]);
}

#[test]
fn the_text_form_shows_every_operation() {
    let input = Arc::new(orders().named("orders"));
    let predicate = Expr::binary(Binary::Distinct, Expr::column("status"), Expr::text("x"));
    let filter = Frame::new(Op::Filter { input, predicate });
    let keys = vec![Named::column("status")];
    let total = Expr::aggregate(Aggregate::Sum, Expr::column("id"));
    let frame = Frame::new(Op::Group { input: Arc::new(filter), keys, aggregates: vec![Named::new("total", total)] });
    let expected =
        "group by status -> total = Sum(id)\n  filter (status <!=> 'x')\n    orders: scan raw.orders [id, status]";
    assert_eq!(show(&frame), expected);
}
