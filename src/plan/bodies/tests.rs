use crate::plan::tests::{planned, text};

/// What it shows, steps, and the body of the model for `t`.
type Row = (&'static str, &'static str, &'static str);

fn check(rows: &[Row]) {
    for (what, steps, expected) in rows {
        let project = planned(steps);
        let body = project.models.iter().find(|model| model.relation == "t").map(|model| text(&model.body));
        assert_eq!(body.as_deref(), Some(*expected), "{what}");
    }
}

#[test]
fn changes_in_place_become_queries() {
    let rows: &[Row] = &[
        (
            "update",
            "create t <- s {a, b}; update t set b = \"t.b + 1\" where \"a > 0\"",
            "with created as (\n    select * from <stg_s>\n),\n\nwith_b as (\n    select\n        t.a,\n        \
             case when a > 0 then t.b + 1 else t.b end as b\n    from created as t\n)\n\nselect * from with_b",
        ),
        (
            "update from",
            "create t <- s {a, b}; update t set b = \"r.b\" from r, q \"r, q\" where \"r.a = t.a\"",
            "with created as (\n    select * from <stg_s>\n),\n\nwith_b as (\n    select\n        t.a,\n        \
             case when r.a = t.a then r.b else t.b end as b\n    from created as t\n    left join (<stg_r> cross join <stg_q>) on r.a = t.a\n)\n\n\
             select * from with_b",
        ),
        (
            "update of unknown columns",
            "create t <- s; update t set b = \"1\"",
            "with created as (\n    select * from <stg_s>\n),\n\nwith_b as (\n    select\n        t.* exclude (b),\n        \
             1 as b\n    from created as t\n)\n\nselect * from with_b",
        ),
        (
            "delete",
            "create t <- s; delete t where \"status = 'gone'\"; delete t using r \"r\" where \"r.a = t.a\"",
            "with created as (\n    select * from <stg_s>\n),\n\nwithout_gone as (\n    select *\n    from created as t\n    \
             where (status = 'gone') is not true\n),\n\nremaining as (\n    select *\n    from without_gone as t\n    \
             where not exists (select 1 from <stg_r> where r.a = t.a)\n)\n\nselect * from remaining",
        ),
    ];
    check(rows);
}

#[test]
fn columns_change_and_merges_are_written_out() {
    let rows: &[Row] = &[
        (
            "alter",
            "create t <- s {a}; alter t add b \"int\"; alter t rename a to c; alter t drop b",
            "with created as (\n    select * from <stg_s>\n),\n\nwith_b as (\n    select\n        altered.*,\n        \
             cast(null as int) as b\n    from created as altered\n),\n\nrenamed as (\n    select\n        \
             altered_2.a as c,\n        altered_2.b\n    from with_b as altered_2\n),\n\nwithout_b as (\n    select\n        \
             altered_3.c\n    from renamed as altered_3\n)\n\nselect * from without_b",
        ),
        (
            "merge",
            "create t <- s {k, v}; merge t using r \"r\" as r on \"t.k = r.k\" matched and \"r.gone\" delete matched update v = \"r.v\" source_only insert k = \"r.k\"",
            "with created as (\n    select * from <stg_s>\n),\n\nupdated as (\n    select\n        t.k,\n        \
             case when r.is_matched = 1 and (r.gone) then t.v when r.is_matched = 1 then r.v else t.v end as v\n    \
             from created as t\n    left join (select r.*, 1 as is_matched from <stg_r> as r) as r on t.k = r.k\n    \
             where case when r.is_matched = 1 and (r.gone) then 0 when r.is_matched = 1 then 1 else 1 end = 1\n),\n\n\
             inserted as (\n    select\n        r.k as k,\n        (select t.v from created as t where 1 = 0) as v\n    from <stg_r> as r\n    \
             where not exists (select 1 from created as t where t.k = r.k)\n)\n\n\
             select * from updated\n\nunion all\n\nselect * from inserted",
        ),
        (
            "upsert",
            "create t <- s {k, v}; append t <- r {k, v} on_conflict (k) nothing",
            "with created as (\n    select * from <stg_s>\n),\n\nadded as (\n    select * from <stg_r>\n),\n\n\
             first_added as (\n    select\n        k,\n        v\n    from (\n        select *, row_number() over \
             (partition by k order by k) as row_in_key\n        from added\n    ) as numbered\n    where row_in_key = 1 or k is null\n),\n\n\
             inserted as (\n    select\n        excluded.k as k,\n        excluded.v as v\n    from first_added as excluded\n    \
             where not exists (select 1 from created as t where t.k = excluded.k)\n)\n\n\
             select * from created\n\nunion all\n\nselect * from inserted",
        ),
    ];
    check(rows);
}
