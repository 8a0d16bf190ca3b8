//! Imports: modules among the inputs are evaluated, all others are names of the outside.
//!
//! In: import statements, all files of the run. Out: bindings. A module runs once a script; what its top level does
//! is its own file's to record, what its functions do when called is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::evaluator::Evaluator;
use super::scope::{ModuleValue, Scope};
use super::value::Value;
use crate::read::sql;
use crate::text::{SourceId, Sources, Span};

impl Evaluator<'_> {
    /// `import a.b as c`.
    pub(super) fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let path = alias.name.as_str();
            let span = self.module.span(alias);
            let (bound, target) = if let Some(name) = &alias.asname {
                (name.as_str(), path)
            } else {
                let first = path.split('.').next().unwrap_or(path);
                (first, first)
            };
            if alias.asname.is_none() && path != target {
                self.load(path, 0, span);
            }
            let value = match self.load(target, 0, span) {
                Some(module) => Value::Module(module),
                None => self.outside(target.to_owned(), span),
            };
            self.scope.set(bound, value);
        }
    }

    /// `from a.b import c as d`.
    pub(super) fn import_from(&mut self, import: &StmtImportFrom) {
        let path = import.module.as_ref().map_or("", |module| module.as_str()).to_owned();
        let span = self.module.span(import);
        let module = self.load(&path, import.level, span);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.import_all(module.as_ref(), &path, span);
                continue;
            }
            let plugin = module.is_none().then(|| self.plugin(&path, name)).flatten();
            let value = match module.as_ref().or(plugin.as_ref()) {
                Some(module) => self.module_attribute(module, name, span),
                None => self.outside(format!("{}{path}.{name}", ".".repeat(import.level as usize)), span),
            };
            let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
            self.scope.set(bound, value);
        }
    }

    fn import_all(&mut self, module: Option<&Rc<ModuleValue>>, path: &str, span: Span) {
        let Some(module) = module else {
            self.note(format!("what `from {path} import *` gives is not known"));
            let _ = span;
            return;
        };
        for (name, value) in module.scope.names() {
            if !name.starts_with('_') {
                self.scope.set(&name, value);
            }
        }
    }

    /// An imported name that is not among the inputs; a library may have a value for it.
    fn outside(&mut self, path: String, span: Span) -> Value {
        match self.constant(&path, span) {
            Some(value) => value,
            None => Self::imported(path, span, None),
        }
    }

    /// `module.name`: what it binds, or a module within its folder.
    pub(super) fn module_attribute(&mut self, module: &Rc<ModuleValue>, name: &str, span: Span) -> Value {
        if let Some(value) = module.scope.get(name) {
            return value;
        }
        let path = format!("{}.{name}", module.path);
        match self.load(&path, 0, span) {
            Some(module) => Value::Module(module),
            None => self.unknown(&path, format!("`{path}` is not defined in the inputs"), span),
        }
    }

    /// The notebook or file that `path` means, seen from this one, by the name of its script; what a notebook in Python
    /// defines holds here from now on where it `shares` its names.
    pub(super) fn notebook(&mut self, path: &str, shares: bool) -> Option<String> {
        let own = self.module.source;
        let here = self.sources.get(own)?.path.clone();
        let meant = |path: &str| sql::file_meant(self.sources, &here, path).filter(|found| *found != own);
        let found = meant(path).or_else(|| meant(path.trim_start_matches("../")))?;
        let file = self.sources.get(found)?;
        let name = file.stem().to_owned();
        if shares && matches!(file.ending().as_str(), "py" | "ipynb") {
            let module = self.load_found(&Found::File(found), &name)?;
            self.import_all(Some(&module), &name, Span::new(own, 0, 0));
        }
        Some(name)
    }

    /// The module of that path among the inputs, evaluated.
    fn load(&mut self, path: &str, level: u32, _span: Span) -> Option<Rc<ModuleValue>> {
        let here = self.sources.get(self.module.source)?.path.clone();
        let found = locate(self.sources, &here, path, level, self.module.source)?;
        self.load_found(&found, path)
    }

    /// `from airflow.operators import Load`: a class that a plugin among the inputs hangs into the library's own modules.
    fn plugin(&mut self, path: &str, name: &str) -> Option<Rc<ModuleValue>> {
        const HOSTS: [&str; 3] = ["airflow.operators", "airflow.hooks", "airflow.sensors"];
        let is_host =
            |host: &&str| path.strip_prefix(*host).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        HOSTS.iter().find(|host| is_host(host))?;
        let own = self.module.source;
        let mut found = self.options.classes.get(name)?.iter().filter(|id| **id != own);
        let (Some(only), None) = (found.next().copied(), found.next()) else { return None };
        self.load_found(&Found::File(only), path)
    }

    fn load_found(&mut self, found: &Found, path: &str) -> Option<Rc<ModuleValue>> {
        let key = match found {
            Found::File(source) => format!("{}", source.0),
            Found::Folder(folder) => folder.clone(),
        };
        if let Some(known) = self.modules.get(&key) {
            return Some(known.clone());
        }
        let module = match found {
            Found::File(source) => Some(self.parse(*source)?),
            Found::Folder(_) => None,
        };
        let scope = Scope::module();
        let value = Rc::new(ModuleValue { path: path.to_owned(), module, scope });
        self.modules.insert(key, value.clone());
        self.run_module(&value);
        Some(value)
    }

    /// Runs the top level of an imported module, without recording its steps.
    fn run_module(&mut self, value: &Rc<ModuleValue>) {
        let Some(module) = &value.module else { return };
        if self.modules.len() > 200 {
            return;
        }
        let outer_scope = std::mem::replace(&mut self.scope, value.scope.clone());
        let outer_module = std::mem::replace(&mut self.module, module.clone());
        let frames = std::mem::take(&mut self.frames);
        let guards = std::mem::take(&mut self.guards);
        let running = std::mem::take(&mut self.running);
        self.muted += 1;
        self.set_module_names(&value.path);
        self.run(&module.body);
        self.muted -= 1;
        self.running = running;
        self.guards = guards;
        self.frames = frames;
        self.scope = outer_scope;
        self.module = outer_module;
    }

    /// `__name__` and `__file__`.
    pub(super) fn set_module_names(&mut self, name: &str) {
        let place = Span::new(self.module.source, 0, 0);
        let file = self.sources.get(self.module.source).map_or("", |file| file.path.as_str());
        self.scope.set("__name__", Value::text(name, place));
        self.scope.set("__file__", Value::text(file, place));
    }
}

/// The Python files that define a class of each name at their top level.
pub fn classes(sources: &Sources) -> BTreeMap<String, BTreeSet<SourceId>> {
    let mut classes: BTreeMap<String, BTreeSet<SourceId>> = BTreeMap::new();
    for (id, file) in sources.iter().filter(|(_, file)| is_python(&file.path)) {
        for rest in file.text.lines().filter_map(|line| line.strip_prefix("class ")) {
            let rest = rest.trim_start();
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if after.trim_start().starts_with(['(', ':']) {
                classes.entry(name.to_owned()).or_default().insert(id);
            }
        }
    }
    classes
}

/// The files of the inputs that an import of `path` finds, and those that they import in turn, each with its path from
/// the folder in which Python finds the first.
pub(super) fn files(sources: &Sources, from: SourceId, path: &str, level: u32) -> Vec<(String, SourceId)> {
    let mut found: Vec<(String, SourceId)> = Vec::new();
    let mut open = vec![(path.to_owned(), level, from)];
    while let Some((path, level, from)) = open.pop() {
        let here = sources.get(from).map_or("", |file| file.path.as_str());
        let Some(Found::File(id)) = locate(sources, here, &path, level, from) else { continue };
        if level > 0 || found.len() > 50 || found.iter().any(|(_, known)| *known == id) {
            continue;
        }
        let Some(file) = sources.get(id) else { continue };
        let ending = if file.path.ends_with("/__init__.py") { "/__init__.py" } else { ".py" };
        found.push((format!("{}{ending}", path.replace('.', "/")), id));
        let lines = file.text.lines().map(str::trim);
        let imported = lines.filter_map(|line| {
            let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "))?;
            rest.split(|c: char| c.is_whitespace() || c == ',').next()
        });
        open.extend(imported.map(|path| (path.to_owned(), 0, id)));
    }
    found
}

/// Libraries that scripts have installed. A folder of that name without an `__init__.py` (`airflow/dags/load.py`) does
/// not stand for them: Python, too, takes a package from anywhere on its path before such a folder.
const INSTALLED: &[&str] = &[
    "airflow",
    "cx_Oracle",
    "databricks",
    "duckdb",
    "google",
    "great_expectations",
    "mysql",
    "numpy",
    "oracledb",
    "pandas",
    "polars",
    "psycopg",
    "psycopg2",
    "pymssql",
    "pymysql",
    "pyodbc",
    "pyspark",
    "redshift_connector",
    "snowflake",
    "sqlalchemy",
    "sqlite3",
    "trino",
];

enum Found {
    File(SourceId),
    Folder(String),
}

/// Folders that projects put on Python's path: those of Airflow, and the usual one of packages.
const BESIDE: [&str; 4] = ["plugins", "dags", "include", "src"];

/// Finds a module as Python would with the importing file's folder, each folder above it, and the usual folders in these on
/// the path.
fn locate(sources: &Sources, here: &str, path: &str, level: u32, own: SourceId) -> Option<Found> {
    let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
    let inner = path.replace('.', "/");
    let mut base: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let root = if here.starts_with('/') { "/" } else { "" };
    let at = |base: &[&str]| {
        let mut parts = base.to_vec();
        parts.extend(inner.split('/').filter(|part| !part.is_empty()));
        let stem = format!("{root}{}", parts.join("/"));
        let found = find(sources, &stem, own);
        let installed = level == 0 && INSTALLED.contains(&inner.split('/').next().unwrap_or_default());
        // A package `queries/pandas` is not what its own modules mean by `import pandas`.
        let own = installed && format!("{folder}/").starts_with(&format!("{stem}/"));
        found.filter(|found| !own && (!installed || matches!(found, Found::File(_))))
    };
    if level > 0 {
        base.truncate(base.len().saturating_sub(level as usize - 1));
        return at(&base);
    }
    loop {
        if let Some(found) = at(&base) {
            return Some(found);
        }
        for beside in BESIDE {
            let mut inside = base.clone();
            inside.push(beside);
            if let Some(found) = at(&inside).filter(|found| matches!(found, Found::File(_))) {
                return Some(found);
            }
        }
        base.pop()?;
    }
}

fn find(sources: &Sources, stem: &str, own: SourceId) -> Option<Found> {
    let wanted = [format!("{stem}.py"), format!("{stem}/__init__.py")];
    let file = wanted.iter().find_map(|wanted| sources.at_path(wanted).filter(|id| *id != own));
    if let Some(id) = file {
        return Some(Found::File(id));
    }
    let folder = format!("{stem}/");
    let any = !stem.is_empty() && sources.under(&folder).any(|(path, _)| is_python(path));
    any.then_some(Found::Folder(folder))
}

/// Whether another file of the run imports this one.
pub(super) fn is_imported(sources: &Sources, own: SourceId) -> bool {
    let Some(file) = sources.get(own) else { return false };
    let stem = file.path.trim_end_matches("/__init__.py").trim_end_matches(".py");
    let name = stem.rsplit('/').next().unwrap_or(stem);
    sources.iter().any(|(id, other)| {
        id != own && is_python(&other.path) && other.text.lines().any(|line| names_module(line, name))
    })
}

fn is_python(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("py"))
}

fn names_module(line: &str, name: &str) -> bool {
    let line = line.trim();
    let is_import = line.starts_with("import ") || (line.starts_with("from ") && line.contains(" import "));
    is_import && line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}
