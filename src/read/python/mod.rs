//! Python scripts, DAGs and notebooks: read, never run.
//!
//! In: a `.py` or `.ipynb` file, the other files of the run, the libraries (pandas, Airflow) that plug in. Out: one
//! script for the file, and one more for each DAG. Every statement of the file is one row of the account of the
//! file's script (or of the first DAG's, when the file is nothing but DAGs). Never imports or runs anything.

#![expect(clippy::wildcard_enum_match_arm, reason = "ruff's syntax trees have many kinds of nodes, which are not ours")]

use std::rc::Rc;

use super::ReadOptions;
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::steps::{Reading, Script, ScriptKind};
use crate::text::{SourceId, Sources, Span};

mod access;
mod account;
mod arguments;
mod bind;
mod binding;
mod builtins;
mod call;
mod carry;
mod cells;
mod comprehension;
mod container_methods;
mod counting;
mod data;
mod decide;
mod enclosing;
mod evaluate;
mod evaluator;
mod execute;
pub mod files;
mod format;
mod function;
mod imports;
mod kinds;
mod known;
mod library;
mod literals;
mod loops;
mod notebook;
mod operate;
mod operator;
mod outcome;
mod parent;
mod patterns;
mod scope;
mod senders;
mod sequence;
mod slice;
mod snippet;
mod spark;
mod standard;
mod syntax;
mod text_methods;
mod value;
mod words;

pub use account::StatementId;
pub use arguments::{Argument, Arguments};
pub use binding::{bound, query_of};
pub use carry::{Import, Outline, Unit};
pub use evaluator::Evaluator;
pub use function::{Class, Function, FunctionBody, Instance};
pub use imports::classes;
pub use library::{Library, Object, Seed};
pub use operator::Operation;
pub use scope::ModuleValue;
pub use senders::{Senders, dialect_of_name, reads_like_sql};
pub use slice::{Labels, Slice};
pub use spark::Spark;
pub use value::{External, Value};
pub use words::{Hole, Text};

/// Reads one file, with the libraries that it may use, asked in that order.
pub fn read(sources: &Sources, id: SourceId, options: &ReadOptions, libraries: &[&dyn Library]) -> Reading {
    let Some(file) = sources.get(id) else { return Reading::default() };
    let module = Rc::new(syntax::Module::parse(id, file));
    let whole = Span::new(id, 0, file.text.len());
    if !module.tokens.iter().any(|(kind, range)| account::is_code(*kind) && !range.is_empty()) {
        let finding = Finding::at(Code::R102, whole, "the file holds no statement", "");
        return Reading { scripts: Vec::new(), findings: vec![finding] };
    }
    let exported = cells::is_export(&file.text);
    let dialect = options.dialect.unwrap_or(if exported { Dialect::Databricks } else { Dialect::Ansi });
    let kind = if exported { ScriptKind::Sql } else { ScriptKind::Pandas };
    let mut seeds: Vec<Seed> = Vec::new();
    for last in [false, false, false, false, false, true] {
        let script = Script::new(stem(&file.path), kind, whole, dialect);
        let mut evaluator = Evaluator::new(sources, options, libraries, module.clone(), script);
        for seed in seeds.drain(..) {
            seed(&mut evaluator);
        }
        outcome::report_errors(&mut evaluator, &module, &file.text);
        evaluator.set_module_names("__main__");
        evaluator.run(&module.body);
        outcome::call_the_uncalled(&mut evaluator);
        seeds.extend(libraries.iter().filter_map(|library| library.again(&mut evaluator)));
        if seeds.is_empty() || last {
            for library in libraries {
                library.finish(&mut evaluator);
            }
            return outcome::finish(evaluator);
        }
    }
    Reading::default()
}

/// The file's name without folder and ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests;
