//! Variables of the project: the parameters of scripts.
//!
//! In: scripts. Out: a name for each parameter, unique in the project, and those that models use.

use std::collections::{BTreeMap, BTreeSet};

use super::names::snake;
use super::{Model, Piece, SingularTest, Var};
use crate::steps::{Param, Script, is_literal, literal_value};

/// The name of each parameter: by script and lower-case name.
pub(super) type VarNames = BTreeMap<(usize, String), String>;

/// A plain name where all scripts that use it mean the same; else the script's name before it.
pub(super) fn names(scripts: &[Script]) -> VarNames {
    let mut meanings: BTreeMap<String, BTreeSet<(String, Option<String>)>> = BTreeMap::new();
    for param in scripts.iter().flat_map(|script| &script.params) {
        let meaning = (param.sql_type.clone(), param.default.clone());
        meanings.entry(snake(&param.name)).or_default().insert(meaning);
    }
    let mut names = VarNames::new();
    for (at, script) in scripts.iter().enumerate() {
        for param in &script.params {
            let plain = or(snake(&param.name));
            let same = meanings.get(&snake(&param.name)).is_none_or(|all| all.len() < 2);
            let name = if same { plain } else { format!("{}_{plain}", or(snake(&script.name))) };
            names.insert((at, param.name.to_lowercase()), name);
        }
    }
    names
}

fn or(name: String) -> String {
    if name.is_empty() { "value".to_owned() } else { name }
}

/// The variables that the models and tests use, by name.
pub(super) fn used(scripts: &[Script], names: &VarNames, models: &[Model], tests: &[SingularTest]) -> Vec<Var> {
    let mut wanted: BTreeSet<&str> = BTreeSet::new();
    for model in models {
        collect(&model.body, &mut wanted);
        collect(&model.pre_hook, &mut wanted);
    }
    for test in tests {
        collect(&test.body, &mut wanted);
    }
    let mut vars: BTreeMap<&str, Var> = BTreeMap::new();
    for ((script, key), name) in names {
        let Some(script) = scripts.get(*script).filter(|_| wanted.contains(name.as_str())) else { continue };
        let Some(param) = script.params.iter().find(|param| param.name.to_lowercase() == *key) else { continue };
        vars.entry(name).or_insert_with(|| var(name, param, script));
    }
    vars.into_values().collect()
}

fn var(name: &str, param: &Param, script: &Script) -> Var {
    let literal = param.default.as_deref().is_none_or(is_literal);
    Var {
        name: name.to_owned(),
        default: param.default.as_deref().filter(|_| literal).map(literal_value),
        computed: param.default.clone().filter(|_| !literal).unwrap_or_default(),
        sql_type: param.sql_type.clone(),
        description: format!("{} of {}", param.name, script.name),
    }
}

/// Adds the variables of a model's text.
pub(super) fn collect<'a>(pieces: &'a [Piece], all: &mut BTreeSet<&'a str>) {
    for piece in pieces {
        match piece {
            Piece::Var { name, .. } => {
                all.insert(name);
            }
            Piece::IfIncremental(inner) | Piece::Each { pieces: inner, .. } => collect(inner, all),
            Piece::If { condition, then, otherwise } => {
                all.extend(condition.split("var('").skip(1).filter_map(|rest| rest.split('\'').next()));
                collect(then, all);
                collect(otherwise, all);
            }
            Piece::Text(_) | Piece::Ref(_) | Piece::Source { .. } | Piece::This | Piece::Macro { .. } => {}
        }
    }
}
