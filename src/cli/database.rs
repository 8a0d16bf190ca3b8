//! Columns and keys from a running database, through the database's own client.
//!
//! In: a PostgreSQL URL or a DuckDB file. Out: its columns as CSV, as `read::catalog` takes them. Only reads the
//! database's own tables; never shows a password.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

use super::Failure;
use crate::dialect::Dialect;
use crate::text::SourceFile;

/// What PostgreSQL knows of its tables. Types as PostgreSQL prints them, with lengths.
const POSTGRES: &str = "
select current_database() as table_catalog, n.nspname as table_schema, c.relname as table_name,
       a.attname as column_name, a.attnum as ordinal_position,
       case when a.attnotnull then 'NO' else 'YES' end as is_nullable,
       format_type(a.atttypid, a.atttypmod) as data_type,
       case when a.attidentity = '' and a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as column_default,
       case when a.attidentity <> '' then 'YES' else 'NO' end as is_identity,
       case when p.conkey is not null then 'PRI' when u.conkey is not null then 'UNI' end as column_key,
       r.table_schema as referenced_table_schema, r.table_name as referenced_table_name,
       r.column_name as referenced_column_name,
       col_description(c.oid, a.attnum) as column_comment,
       obj_description(c.oid, 'pg_class') as table_comment
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
left join pg_constraint p on p.conrelid = c.oid and p.contype = 'p' and a.attnum = any (p.conkey)
left join lateral (
  select u.conkey from pg_constraint u where u.conrelid = c.oid and u.contype = 'u' and u.conkey = array[a.attnum] limit 1
) u on true
left join lateral (
  select s.nspname as table_schema, o.relname as table_name, f.attname as column_name
  from pg_constraint k
  join pg_class o on o.oid = k.confrelid
  join pg_namespace s on s.oid = o.relnamespace
  join pg_attribute f on f.attrelid = o.oid and f.attnum = k.confkey[1]
  where k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[a.attnum]
  order by k.oid limit 1
) r on true
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema$)'
order by 2, 3, 5";

/// What DuckDB knows of its tables.
const DUCKDB: &str = "
select c.database_name as table_catalog, c.schema_name as table_schema, c.table_name, c.column_name,
       c.column_index as ordinal_position, case when c.is_nullable then 'YES' else 'NO' end as is_nullable,
       c.data_type as column_type, c.data_type, c.column_default, c.comment as column_comment, t.comment as table_comment,
       case when list_contains(k.constraint_column_names, c.column_name) then 'PRI'
            when exists (
              select 1 from duckdb_constraints() u
              where u.table_oid = c.table_oid and u.database_oid = c.database_oid and u.constraint_type = 'UNIQUE'
                and u.constraint_column_names = [c.column_name]
            ) then 'UNI' end as column_key
from duckdb_columns() c
left join duckdb_tables() t on t.table_oid = c.table_oid and t.database_oid = c.database_oid
left join duckdb_constraints() k
  on k.table_oid = c.table_oid and k.database_oid = c.database_oid and k.constraint_type = 'PRIMARY KEY'
where not c.internal
order by 2, 3, 5";

/// Whether the path stands for a database rather than a file of text.
pub fn is_named(path: &Path) -> bool {
    is_url(path) || matches!(path.extension().and_then(|ending| ending.to_str()), Some("duckdb" | "ddb"))
}

/// Whether it is a URL of PostgreSQL.
pub fn is_url(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("postgres://") || text.starts_with("postgresql://"))
}

/// The dialect of such a database.
pub fn dialect(name: &Path) -> Dialect {
    if is_url(name) { Dialect::Postgres } else { Dialect::DuckDb }
}

/// The columns of every table, as a file of CSV.
pub fn columns(name: &Path) -> Result<SourceFile, Failure> {
    let (client, output, shown) = if is_url(name) {
        let arguments = ["--csv", "--no-psqlrc", "--quiet", "--command", POSTGRES, "--dbname"];
        let shown = without_credentials(&name.to_string_lossy());
        ("psql", Command::new("psql").args(arguments).arg(name).output(), shown)
    } else {
        let output = Command::new("duckdb").args(["-csv", "-readonly"]).arg(name).args(["-c", DUCKDB]).output();
        ("duckdb", output, name.display().to_string())
    };
    let text = printed(client, &shown, output)?;
    if text.lines().count() < 2 {
        let message = format!("{shown} holds no table that can be seen");
        return Err(Failure::new(message, "check the database's name and the rights of the user"));
    }
    Ok(SourceFile::new(format!("{shown}/columns.csv"), text))
}

/// What the client printed, or why it could not.
fn printed(client: &str, shown: &str, output: io::Result<Output>) -> Result<String, Failure> {
    let output = output.map_err(|error| {
        let message = format!("cannot run {client} to read {shown}: {error}");
        Failure::new(message, format!("install {client}, or export information_schema.columns as CSV"))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let message = format!("{client} cannot read {shown}: {}", said.trim());
        return Err(Failure::new(message, "check that the database runs, its name, user and password (PGPASSWORD)"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The URL without user, password and options.
fn without_credentials(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let rest = rest.split(['?', '#']).next().unwrap_or("");
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{}", place.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_shown() {
        let rows = [
            ("postgres://me:s3cr@t@host:5432/shop?sslmode=require", "postgres://host:5432/shop"),
            ("postgresql://host/shop", "postgresql://host/shop"),
            ("postgres://", "postgres://"),
            ("postgres:///shop?password=s3cret", "postgres:///shop"),
        ];
        for (url, expected) in rows {
            assert_eq!(without_credentials(url), expected, "{url}");
        }
    }
}
