//! Fingerprints: which queries are the same.

#![expect(clippy::wildcard_enum_match_arm, reason = "anything else is a failure")]

use crate::dialect::Dialect;
use crate::read::sql::effect::Outcome;
use crate::steps::{Body, Effect};

fn fingerprint(text: &str) -> String {
    let understood = super::read(Dialect::Postgres, text);
    match understood.outcome {
        Outcome::Effects(mut list) => match list.remove(0) {
            Effect::Create { body: Body::Query(query), .. } | Effect::Read { body: Body::Query(query) } => {
                query.fingerprint
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn layout_aliases_and_order_do_not_count() {
    let rows = [
        ("select a from t -- x", "SELECT  A\nFROM T", true),
        ("select o.a from t o where o.b = 1 and o.c = 2", "select t.a from t where 2 = t.c and t.b = 1", true),
        ("select a from s.t", "select x.a from s.t as x", true),
        (
            "select a.x, b.y from t a join u b on a.id = b.id",
            "select t.x, u.y from t inner join u on u.id = t.id",
            true,
        ),
        ("select a from t where b in (1, 2)", "select a from t where (b) in (2, 1)", true),
        ("select a from t where b > 1", "select a from t where 1 < b", true),
        ("create temp table x as select a from t", "select a from t", true),
        ("select a from t where b <> 'x'", "select a from t where b <> 'y'", false),
        ("select a as b from t", "select a as c from t", false),
        ("select a - b from t", "select b - a from t", false),
        ("select a.x from t a, u b", "select b.x from t a, u b", false),
        ("select \"A\" from t", "select a from t", false),
    ];
    for (left, right, same) in rows {
        let (one, other) = (fingerprint(left), fingerprint(right));
        assert_eq!(one == other, same, "{left} and {right}: {one} and {other}");
        assert!(one.contains("\u{1}0\u{1}"), "{one}");
    }
}
