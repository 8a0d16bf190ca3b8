use super::{Layout, layout};

const BOX: (f64, f64) = (120.0, 44.0);

fn overlaps(sizes: &[(f64, f64)], done: &Layout) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (a, (left, left_size)) in done.boxes.iter().zip(sizes).enumerate() {
        for (b, (right, right_size)) in done.boxes.iter().zip(sizes).enumerate().skip(a + 1) {
            let apart = left.x + left_size.0 <= right.x
                || right.x + right_size.0 <= left.x
                || left.y + left_size.1 <= right.y
                || right.y + right_size.1 <= left.y;
            if !apart {
                found.push((a, b));
            }
        }
    }
    found
}

/// Pairs that look random and are not.
fn tangle(nodes: usize) -> Vec<(usize, usize)> {
    let mut seed = 7_usize;
    let mut next = |limit: usize| {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        (seed / 65_536) % limit
    };
    (1..nodes).flat_map(|to| [(next(to), to), (to.saturating_sub(1 + next(9)), to)]).collect()
}

#[test]
fn readers_stand_right_of_what_they_read() {
    let edges = [(0, 1), (1, 2), (0, 2), (3, 2)];
    let done = layout(&[BOX; 5], &edges);
    for (from, to) in edges {
        assert!(done.boxes[from].x + BOX.0 < done.boxes[to].x, "{from} before {to}");
    }
    assert_eq!(done.passes[2].len(), 1, "the long edge passes one column");
    assert!((done.passes[2][0].from - done.boxes[1].x).abs() < 0.1);
}

#[test]
fn nothing_overlaps_and_no_edge_runs_behind_a_box() {
    for nodes in [1_u32, 2, 9, 60, 300] {
        let sizes: Vec<(f64, f64)> = (0..nodes).map(|node| (90.0 + f64::from(node % 17), 44.0)).collect();
        let edges = tangle(nodes as usize);
        let done = layout(&sizes, &edges);
        assert_eq!(overlaps(&sizes, &done), [], "{nodes} boxes");
        for pass in done.passes.iter().flatten() {
            let behind = done.boxes.iter().zip(&sizes).any(|(place, size)| {
                place.x < pass.to && place.x + size.0 > pass.from && place.y < pass.y && place.y + size.1 > pass.y
            });
            assert!(!behind, "{nodes} boxes: {pass:?}");
        }
        assert_eq!(done, layout(&sizes, &edges), "the same twice");
    }
}

#[test]
fn odd_graphs_are_laid_out() {
    type Row = (&'static str, usize, &'static [(usize, usize)]);
    let rows: [Row; 6] = [
        ("nothing", 0, &[]),
        ("alone", 3, &[]),
        ("to itself", 2, &[(0, 0), (0, 1)]),
        ("twice", 2, &[(0, 1), (0, 1)]),
        ("a circle", 3, &[(0, 1), (1, 2), (2, 0)]),
        ("out of range", 1, &[(0, 7)]),
    ];
    for (what, count, edges) in rows {
        let sizes = vec![BOX; count];
        let done = layout(&sizes, edges);
        assert_eq!(done.boxes.len(), count, "{what}");
        assert_eq!(done.passes.len(), edges.len(), "{what}");
        assert_eq!(overlaps(&sizes, &done), [], "{what}");
    }
}
