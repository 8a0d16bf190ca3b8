//! A pure table: every code with its severity, title and page. `docs/findings.md` is checked against it.
//!
//! R1xx input, R2xx reading, R3xx conversion, R4xx audit of any input, R5xx audit of DAGs.

use std::fmt;
use std::str::FromStr;

use super::Severity;

/// One row: what `refract explain` and `docs/findings.md` show.
#[derive(Debug)]
pub struct Rule {
    /// The code.
    pub code: Code,
    /// Its severity.
    pub severity: Severity,
    /// A few words: the heading of its page.
    pub title: &'static str,
    /// The page, in Markdown: what it means, an example, a way out.
    pub page: &'static str,
}

/// Declares the codes, their rows and the table in one place.
macro_rules! rules {
    ($($code:ident $severity:ident $title:literal $page:literal)*) => {
        /// A finding's code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// The code as shown, such as `R201`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// Its row of the table.
            pub fn rule(self) -> &'static Rule {
                match self { $(Self::$code => {
                    static RULE: Rule = Rule { code: Code::$code, severity: Severity::$severity, title: $title, page: $page };
                    &RULE
                })* }
            }
        }

        /// Every code, in order.
        pub static RULES: &[Code] = &[$(Code::$code,)*];
    };
}

rules! {
    R101 Warning "a file that is not a script" "A file was given by name or found in a folder, and is neither SQL nor Python text that refract reads: a binary, an unknown kind, or not UTF-8.\n\nGive the scripts themselves, or a folder that holds them."
    R102 Warning "an empty file" "The file holds no statement at all: it is empty, or holds only comments. It gives no model and no row of the account."
    R103 Info "the dialect was found out from the text" "No dialect was named, so it was told from the text of the script. Name it with `--dialect` to be sure."
    R201 Error "a statement that cannot be read" "No parser takes this statement. It is kept as `manual`, with the tables that can be told from its words, and everything else goes on.\n\nName the dialect with `--dialect`, or mend the statement."
    R202 Error "a block that is not closed" "A BEGIN, IF, LOOP or CASE has no matching END. What could be told apart was read."
    R203 Warning "SQL that is only known at run time" "The text of this statement is put together from values that are not in the inputs, so what it reads and writes cannot be known. It is kept as `manual`.\n\nGive the values, or write the statement out."
    R204 Error "Python that cannot be read" "The file has a syntax error at this place. What stands before and after it was read as far as possible. Python 2 is not read."
    R205 Warning "a value that is not known" "The script takes this value from outside (a file, an environment variable, a call), and something that matters depends on it."
    R206 Info "a construct that is passed over" "The construct has no effect on tables that refract can see, or none that dbt has a counterpart for."
    R299 Error "a fault of refract" "refract met something that it holds impossible. The statement was left as `manual`. Please report it with the input."
    R301 Warning "a step for a person to finish" "The meaning of this step cannot be kept for sure as one query. Its model holds the original text as a comment, stands in its place in the graph, and raises an error when run, so that everything else parses and builds."
    R302 Warning "drifted definition" "Two scripts derive the same thing from the same sources, in slightly different ways. They stay two models. Decide which one is right and let both readers use it."
    R303 Warning "two writers of one table" "Two scripts write the same lasting table, and their queries are not the same. Each became a model of its own; only one may own the table's name."
    R304 Info "a write that nothing reads" "A temporary table or DataFrame is written and nothing reads it. It is left out."
    R305 Warning "columns that are not known" "The step needs the columns of this relation, and neither the inputs nor a catalog tell them. Give the DDL with `--schema`."
    R306 Warning "a second run adds the rows again" "The script only inserts. Run twice, it holds every row twice; so does the incremental model made of it. Add a filter on what is new, or a unique key."
    R307 Info "two things of the same name" "Two steps would have given models of the same name, so one was named for its script as well."
    R308 Error "a circle" "These relations depend on each other in a circle, so no order of models can build them."
    R309 Warning "the order of the rows decides" "The step takes the first, last or next row without a sort before it: the result depends on the order in which the database happens to return rows."
    R310 Info "the pandas version matters" "pandas 2 and pandas 3 give different results here. The project follows the version that is set."
    R311 Info "a file is written" "The script writes a file. Its rows became a model and an exposure; the file itself has to be written by someone else. Where the file only carries rows to a table of the scripts, there is no exposure, and the load stays outside of dbt."
    R312 Warning "a division that may be by zero" "pandas gives infinity or a missing value where SQL raises an error. The query guards it with `nullif`, which gives NULL."
    R313 Info "a log entry" "The script writes a line into a log or audit table. It is no model; an `on-run-end` hook can write it."
    R314 Warning "no sure counterpart in the target" "The target has no construct that surely means the same, or none that refract knows. The text stands as the author wrote it; check it before it runs. `docs/transpile.md` lists what is known.\n\nWhere the same text would run and give other rows without a word, the step is `manual` instead."
    R315 Info "a slice is deleted by a hook" "The script deletes a slice of the table (a day, a month) and fills it again. dbt's `delete+insert` alone would keep the old rows of a slice for which no new rows come, so the model deletes the slice itself, in a `pre_hook`, before the new rows are added."
    R316 Warning "text compared without case" "The scripts' database compares text without regard to case, as its default collation says; the target does. Joins, groups, filters and DISTINCT then give other rows where values differ in case only.\n\nWhere the data hold such values, compare `lower(a) = lower(b)`, or clean them in the staging model."
    R317 Warning "left to do in the successor DAG" "A task or a setting of the DAG could not be carried over to its successor: it depends on what is only known when the DAG's file runs, it takes the result of a task that dbt replaces, or it does both what became models and something else.\n\nA task of that kind stands in the successor as a placeholder with its original text above it. It fails when it runs, so that nothing is forgotten. Finish it there."
    R318 Info "a query without a name" "The script fills no table: it shows rows. They became a view named after the file, so that nothing is lost. Where other scripts read a table that is called as the file is, the view stands for that table.\n\nRename the model, or leave the file out of the input."
    R319 Info "keys that the model numbers" "The database numbers a column of this table (identity, serial, AUTO_INCREMENT, a sequence), and a dbt model has to do so itself: new rows go on from the highest key that the table holds, in the order in which the script inserts them, where it says one, else in that of their natural key. A row keeps its key for ever; `unique` tests watch over both keys."
    R320 Info "a column for each known value" "The script makes a column of each value that the rows hold. SQL must name its columns before it runs, so the query has one for each value that the script itself tells. Where no row holds one of them, pandas makes no column of it, and the query gives an empty one."
    R321 Info "a mode becomes the first run" "A parameter of the script says whether the table is made anew or only what is new is added or changed. dbt knows which of the two is meant: the model's first run, and every run with `--full-refresh`, does what the script does for a full load, and every other run does what it does otherwise. The parameter is not asked for this table any more."
    R322 Warning "a mark of the last run" "The script reads a table to learn up to where the last run came, takes what is newer, and sets the mark for the next run. The project does the same: the table with the marks is a model, which is changed after what reads it. That holds as long as both are built together, and once each.\n\n```sql\nselect last_run into v_last from etl_control where job = 'orders';\ninsert into orders select * from raw_orders where updated_at > v_last;\nupdate etl_control set last_run = now() where job = 'orders';\n```\n\nWith dbt the filled table itself tells how far it is: `where updated_at > (select max(updated_at) from {{ this }})` under `is_incremental()`. The mark and its table are then not needed."
    R323 Warning "a table with a database and without" "The inputs name several databases, and this table with one of them in one place and with none in another. Which database a session has is not in the scripts, so the two are taken for different tables.\n\nWrite the database everywhere, or nowhere, where they are the same."
    R401 Warning "vanishing step" "A temp table or DataFrame holds the result of this step. It is gone when the session ends: after a failure everything runs again, and nothing can be looked at.\n\nAs a model, the step is a view or table that stays."
    R402 Warning "hard-coded schema" "The table is named outright, with its schema. When it moves or is renamed, every place that names it breaks, and none of them says so before it runs.\n\nAs a `source()`, the name stands in one place."
    R403 Info "serial only" "These steps wait for each other although none needs the other's result. Told apart, they can run at the same time."
    R404 Info "full overwrite" "The whole target is replaced at each run, whatever changed. That is right for small tables and costly for large ones; an incremental model only touches what is new."
    R405 Warning "not repeatable" "A second run on the same data gives another result: rows are inserted again, or hold the time of the run or a sequence's next value."
    R406 Warning "data leaves the warehouse" "Rows are read to the client, changed there, and written back. The time that takes grows with the tables, and the client's memory is the limit."
    R407 Info "reads more columns than it uses" "The step selects every column and uses a few of them."
    R408 Info "unread table" "The table is written, and nothing among the inputs reads it: a mart, or waste."
    R409 Error "credentials in the script" "A password or key stands in the text. Everyone who can read the file has it. Take it from the environment or a secret store, and change it."
    R501 Error "missing edge" "A task reads a table that another task of the DAG writes, and no path of arrows orders the two: which one runs first is left to chance.\n\nAdd the arrow."
    R502 Error "reversed edge" "A task reads a table that another task writes, and the arrows put the reader first: it reads the rows of the run before.\n\nTurn the arrow round."
    R503 Warning "needless edge" "No table that the second task reads is written by the first, and neither does anything else that refract can see. The arrow only makes the second task wait."
    R504 Info "redundant edge" "Other arrows already order these two tasks."
    R505 Warning "cross-DAG dependency" "A table that one DAG writes is read by another, and no sensor, asset or trigger stands between them: only the clock orders the two."
    R506 Warning "lineage outside the SQL" "The order of these steps is written down only in the DAG's arrows. A new step must be written in two places, and no query says what it depends on.\n\nWith `ref()`, the dependency stands in the query itself."
    R507 Warning "partly read DAG" "Part of this DAG is only known at run time, so its graph here may be smaller than it is."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = RULES.iter().copied().find(|code| code.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| format!("unknown code `{text}`: the codes stand in docs/findings.md"))
    }
}
