use crate::plan::Materialized;
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
            "with created as (\n    select * from <stg_s>\n),\n\nnumbered as (\n    select t.*, row_number() over (order by t.b) \
             as row_in_table\n    from created as t\n),\n\nmatched as (\n    select\n        t.row_in_table,\n        r.b as b,\n        \
             row_number() over (partition by t.row_in_table order by t.row_in_table) as match_number\n    from numbered as t\n    \
             cross join (<stg_r> cross join <stg_q>)\n    where r.a = t.a\n),\n\nwith_b as (\n    select\n        t.a,\n        \
             case when matched.match_number = 1 then matched.b else t.b end as b\n    from numbered as t\n    left join matched on \
             matched.row_in_table = t.row_in_table and matched.match_number = 1\n)\n\nselect * from with_b",
        ),
        (
            "update from rows that may be there twice",
            "create t <- s {a, b}; update t set b = \"r.b\" from r \"r\" where \"r.a = t.a and r.live\"",
            "with created as (\n    select * from <stg_s>\n),\n\nwith_b as (\n    select\n        t.a,\n        \
             case when r.a = t.a and r.live then r.b else t.b end as b\n    from created as t\n    left join (\n        \
             select r.*, row_number() over (partition by r.a order by r.a) as match_number\n        from <stg_r>\n        \
             where r.live\n    ) as r on r.a = t.a and r.live and r.match_number = 1\n)\n\nselect * from with_b",
        ),
        (
            "update of unknown columns",
            "script script sql duckdb; create t <- s; update t set b = \"1\"",
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
            "with created as (\n    select * from <stg_s>\n),\n\nnumbered as (\n    select t.*, row_number() over (order by t.k) \
             as row_in_table\n    from created as t\n),\n\nmatched as (\n    select\n        t.k,\n        \
             case when r.is_matched = 1 and (r.gone) then t.v when r.is_matched = 1 then r.v else t.v end as v,\n        \
             case when r.is_matched = 1 and (r.gone) then 0 when r.is_matched = 1 then 1 else 1 end as stays,\n        \
             row_number() over (partition by t.row_in_table order by case when r.is_matched = 1 and (r.gone) then 0 \
             when r.is_matched = 1 then 0 else 1 end) as match_number\n    from numbered as t\n    \
             left join (select r.*, 1 as is_matched from <stg_r> as r) as r on t.k = r.k\n),\n\n\
             updated as (\n    select\n        k,\n        v\n    from matched\n    where match_number = 1 and stays = 1\n),\n\n\
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

#[test]
fn rows_of_the_run_before_stay() {
    let rows: &[Kept] = &[
        ("only inserts", "append t <- s", "incremental append ()", "select * from <stg_s>"),
        (
            "a watermark",
            "append t <- s, t \"select * from s where a > 0 and d > (select max(d) from t) group by a\"",
            "incremental append ()",
            "select * from <stg_s> where a > 0 <if incremental and d > (select max(d) from <this>)> group by a",
        ),
        (
            "what is not there yet",
            "append t <- s, t \"select * from s where not exists (select 1 from t where t.k = s.k)\"",
            "incremental append ()",
            "select * from <stg_s> where<if is_incremental():  not exists (select 1 from <this> where t.k = s.k) else  1 = 1>",
        ),
        (
            "a slice, and rows that may be of others",
            "declare if_missing t (day, v); delete t where \"day = 1\"; append t <- s {day, v}",
            "incremental append () before: delete from <this> where day = 1",
            "select * from <stg_s>",
        ),
        (
            "a slice",
            "declare if_missing t (day, v); delete t as x where \"x.day = 1\"; append t <- s \
             \"select s.day, v from s where s.day = 1\" {day copied day of s, v copied v of s}",
            "incremental delete+insert (day) before: delete from <this> where day = 1",
            "select s.day, v from <stg_s> where s.day = 1",
        ),
        (
            "merge",
            "merge t as x using s \"s\" as s on \"x.k = s.k\" matched update v = \"s.v\" source_only insert k = \"s.k\", v = \"s.v\"",
            "incremental merge (k)",
            "select\n    s.k as k,\n    s.v as v\nfrom <stg_s> as s",
        ),
        (
            "upsert",
            "declare if_missing t (k, v); append t (k, v) <- s {k, v} on_conflict (k) set v = \"excluded.v\"",
            "incremental merge (k)",
            "select * from <stg_s>",
        ),
        (
            "anything else is written anew",
            "declare if_missing t (k \"int\"); update t set k = \"1\"",
            "table",
            "with existing as (\n    <if load_relation(this) is not none: select\n        k\n    from <this> else select\n        cast(null as int) as k\n    where 1 = 0>\n),\n\n\
             with_k as (\n    select\n        cast(1 as int) as k\n    from existing as t\n)\n\nselect * from with_k",
        ),
    ];
    check_kept(rows);
}

#[test]
fn rows_of_before_are_changed_by_key() {
    let rows: &[Kept] = &[
        (
            "a merge that computes from what was there",
            "merge t as x using s \"s\" as s on \"x.K = s.k\" matched update n = \"x.n + s.n\" source_only insert k = \"s.k\", n = \"s.n\"",
            "incremental merge (k)",
            "<if is_incremental(): select\n    k,\n    n\nfrom (\n    select\n        x.k,\n        x.n + s.n as n,\n        \
             row_number() over (partition by s.k order by s.k) as match_number\n    from <this> as x\n    inner join <stg_s> as s on x.K = s.k\n\
             ) as changed\nwhere match_number = 1\n\nunion all\n\nselect\n    s.k as k,\n    s.n as n\nfrom <stg_s> as s\n\
             where not exists (select 1 from <this> as x where x.K = s.k) else select\n    s.k as k,\n    s.n as n\nfrom <stg_s> as s>",
        ),
        (
            "keys that the database numbers",
            "declare if_missing t (id \"int\" generated, k \"int\"); append t (k) <- s {k}",
            "incremental append ()",
            "with added as (\n    select * from <stg_s>\n),\n\nwith_keys as (\n    select\n        k,\n        \
             <if incremental (select coalesce(max(id), 0) from <this> where id > 0) + >row_number() over (order by k) as id\n    from added\n)\n\n\
             select\n    cast(id as int) as id,\n    cast(k as int) as k\nfrom with_keys",
        ),
    ];
    check_kept(rows);
}

/// What it shows, steps, how the model for `t` is kept, and its body.
type Kept = (&'static str, &'static str, &'static str, &'static str);

fn check_kept(rows: &[Kept]) {
    for (what, steps, kept, expected) in rows {
        let project = planned(steps);
        let model = project.models.iter().find(|model| model.relation == "t").expect(what);
        let shown = match &model.materialized {
            Materialized::Incremental(it) if model.pre_hook.is_empty() => {
                format!("incremental {} ({})", it.strategy, it.unique_key.join(", "))
            }
            Materialized::Incremental(it) => {
                format!("incremental {} ({}) before: {}", it.strategy, it.unique_key.join(", "), text(&model.pre_hook))
            }
            Materialized::View | Materialized::Table | Materialized::Ephemeral => model.materialized.name().to_owned(),
        };
        assert_eq!((shown.as_str(), text(&model.body).as_str()), (*kept, *expected), "{what}");
    }
}

#[test]
fn conditions_and_values_become_part_of_the_query() {
    let rows: &[Row] = &[
        (
            "an insert under a condition",
            "create t <- s; if r \"(select max(a) from r) > 1\": append t <- q",
            "with created as (\n    select * from <stg_s>\n),\n\nadded as (\n    select * from <stg_q>\n),\n\n\
             added_if_wanted as (\n    select * from added\n    where ((select max(a) from <stg_r>) > 1)\n)\n\n\
             select * from created\n\nunion all\n\nselect * from added_if_wanted",
        ),
        (
            "one or the other",
            "if \"1 = 1\": create t <- a; else \"1 = 1\": create t <- b",
            "with created as (\n    select * from <stg_a>\n),\n\ncreated_if_wanted as (\n    select * from created\n    where (1 = 1)\n),\n\n\
             created_2 as (\n    select * from <stg_b>\n),\n\ncreated_2_if_wanted as (\n    select * from created_2\n    where (1 = 1) is not true\n)\n\n\
             select * from created_if_wanted\n\nunion all\n\nselect * from created_2_if_wanted",
        ),
    ];
    check(rows);
}
