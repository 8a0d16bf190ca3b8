use super::*;
use crate::steps::parse;
use crate::versions::bind;

#[test]
fn lineage_goes_through_temporary_relations() {
    let rows = [
        ("through two", "create temp a <- s; create temp b <- a; create t <- b, r", "r -> t; s -> t via a, b"),
        ("a self-read is no edge", "append t <- t, s", "s -> t"),
        (
            "reused name",
            "create temp x <- a; create t <- x; drop x; create temp x <- b; create u <- x",
            "a -> t via x; b -> u via x",
        ),
        ("rename into place", "create t_new <- s; drop t; rename t_new to t", "s -> t via t_new"),
        ("lasting in between", "create t <- s; create u <- t", "s -> t; t -> u"),
        ("update", "update t set a = r \"(select max(a) from r)\" from s \"s\" where \"t.k = s.k\"", "r -> t; s -> t"),
    ];
    for (what, steps, expected) in rows {
        let scripts = parse(steps).unwrap();
        let lineage = lineage(&scripts, &bind(&scripts));
        let shown: Vec<String> = lineage
            .relations
            .iter()
            .map(|edge| {
                let via: Vec<String> = edge.via.iter().map(ToString::to_string).collect();
                let via = if via.is_empty() { String::new() } else { format!(" via {}", via.join(", ")) };
                format!("{} -> {}{via}", edge.from, edge.to)
            })
            .collect();
        assert_eq!(shown.join("; "), expected, "{what}");
    }
}

#[test]
fn columns_go_through_temporary_relations() {
    let rows = [
        (
            "copied stays copied, computed stays computed",
            "create temp a <- s {x copied x of s, y computed p of s, filtering k of s}; create t <- a {x copied x of a, z copied y of a}",
            "s.k -filtering-> x; s.k -filtering-> z; s.p -computed-> z; s.x -copied-> x",
        ),
        (
            "a star of known columns",
            "declare s (a, b); create t <- s {* s (b), c computed b of s}",
            "s.a -copied-> a; s.b -computed-> c",
        ),
        ("a star of unknown columns", "create t <- s {* s, c computed b of s}", "s.* -copied-> *; s.b -computed-> c"),
        (
            "only one relation has the column",
            "declare s (a); declare r (b); create t <- s, r {b copied b of s or r}",
            "r.b -copied-> b",
        ),
        ("ambiguous", "create t <- s, r {b copied b of s or r}", "r.b -copied-> b; s.b -copied-> b"),
        ("by position", "declare t (x, y); append t (y) <- s {a copied a of s}", "s.a -copied-> y"),
        (
            "assigned",
            "declare s (k, v); create t <- s {k copied k of s}; alter t add v; update t set v = \"s.v\" {copied v of s} from s \"s\" where \"s.k = t.k\" deciding {filtering k of s, filtering k of t}",
            "s.k -copied-> k; s.k -filtering-> v; s.v -copied-> v",
        ),
        (
            "from the row of before",
            "update t set n = \"t.n + s.n\" {computed n of t, computed n of s} from s \"s\" where \"true\"",
            "s.n -computed-> n; t.n -computed-> n",
        ),
        (
            "merged",
            "merge t using s \"s\" as s on \"t.k = s.k\" matched update v = \"s.v\" {copied v of s} source_only insert k = \"s.k\" {copied k of s} deciding {filtering k of s, filtering k of t}",
            "s.k -filtering-> *; s.k -copied-> k; s.v -copied-> v",
        ),
        ("behind a star", "create temp a <- s {* s}; create t <- a {x copied x of a}", "s.x -copied-> x"),
    ];
    for (what, steps, expected) in rows {
        let scripts = parse(steps).unwrap();
        let lineage = lineage(&scripts, &bind(&scripts));
        let shown: Vec<String> = lineage
            .columns
            .iter()
            .map(|edge| format!("{}.{} -{}-> {}", edge.from, edge.from_column, edge.how.name(), edge.to_column))
            .collect();
        assert_eq!(shown.join("; "), expected, "{what}");
    }
}

#[test]
fn order_gives_waves_chain_and_circles() {
    let order = order(&[vec![], vec![0], vec![0], vec![1, 2], vec![5], vec![4], vec![6]]);
    assert_eq!(order.waves, [vec![0], vec![1, 2], vec![3]]);
    assert_eq!(order.longest, [0, 1, 3]);
    assert_eq!(order.circles, [vec![4, 5], vec![6]]);
}
