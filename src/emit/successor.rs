//! `orchestration/<dag>.py`: the DAG that runs what stays, and dbt in place of the SQL tasks.
//!
//! In: the plan's orchestrations. Out: a Python file for each, and copies of the modules that they import. The Python of
//! the tasks that stay is the author's; everything else comes from one template.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use crate::emit::{Files, paths, template};
use crate::plan::{Node, Orchestration, Project, Stage, StayingTask};
use crate::steps::{CodeKind, result};
use crate::text::Sources;

/// Names that the file itself uses.
const RESERVED: &[&str] = &[
    "BashOperator",
    "DAG",
    "DBT_BUILD",
    "DBT_PROJECT_DIR",
    "Path",
    "PythonOperator",
    "TaskGroup",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "dag",
    "dbt",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "os",
    "pass",
    "raise",
    "return",
    "sys",
    "task",
    "to_be_finished",
    "try",
    "while",
    "with",
    "yield",
    "None",
    "True",
    "False",
    "print",
];

/// The files.
pub(super) fn write(project: &Project, sources: &Sources, files: &mut Files) {
    for orchestration in &project.orchestrations {
        for (path, source) in &orchestration.files {
            if let Some(file) = sources.get(*source) {
                let safe: Vec<String> = path.trim_end_matches(".py").split('/').map(paths::name).collect();
                files.entry(format!("orchestration/{}.py", safe.join("/"))).or_insert_with(|| file.text.clone());
            }
        }
    }
    for (orchestration, path) in placed(project) {
        let text = Writer { sources, it: orchestration, names: names(orchestration) }.file();
        files.insert(path, text);
    }
}

/// The DAGs with their files; two of one id get two files.
pub(super) fn placed(project: &Project) -> Vec<(&Orchestration, String)> {
    let mut taken = BTreeSet::new();
    let mut placed = Vec::new();
    for it in &project.orchestrations {
        let name = paths::name(&it.name).to_lowercase();
        let numbers = std::iter::once(String::new()).chain((2..).map(|number| format!("_{number}")));
        let mut paths = numbers.map(|number| format!("orchestration/{name}{number}.py"));
        placed.extend(paths.find(|path| taken.insert(path.clone())).map(|path| (it, path)));
    }
    placed
}

/// The variable of each staying task, and then of each stage.
fn names(it: &Orchestration) -> Vec<String> {
    let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| (*name).to_owned()).collect();
    for code in &it.needs {
        let words = code.text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        taken.extend(words.map(str::to_owned));
    }
    let mut names = Vec::new();
    let mut add = |wanted: String| {
        let mut name = wanted.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            name = if number == 1 { format!("{wanted}_task") } else { format!("{wanted}_task_{number}") };
            number += 1;
        }
        names.push(name);
    };
    for task in &it.tasks {
        let plain: String = task.id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let digit = plain.chars().next().is_none_or(|first| first.is_ascii_digit());
        add(if digit { format!("task_{plain}") } else { plain });
    }
    for at in 0..it.stages.len() {
        add(format!("dbt_{}", stage_id(it, at)));
    }
    names
}

/// The id of a stage within the group `dbt`.
fn stage_id(it: &Orchestration, at: usize) -> String {
    if it.stages.len() == 1 { "build".to_owned() } else { format!("build_{}", at + 1) }
}

struct Writer<'a> {
    sources: &'a Sources,
    it: &'a Orchestration,
    names: Vec<String>,
}

impl Writer<'_> {
    fn file(&self) -> String {
        let it = self.it;
        let of_kind = |kind: CodeKind| -> Vec<String> {
            let mut texts: Vec<String> = Vec::new();
            for code in it.needs.iter().filter(|code| code.kind == kind) {
                if !texts.contains(&code.text) {
                    texts.push(code.text.clone());
                }
            }
            texts
        };
        let tasks: Vec<Value> = self.in_order().into_iter().map(|(at, task)| self.task(at, task)).collect();
        let stages: Vec<Value> = it.stages.iter().enumerate().map(|(at, stage)| self.stage(at, stage)).collect();
        let order = it.order.iter().map(|(from, to)| format!("{} >> {}", self.node(*from), self.node(*to)));
        let imports: Vec<String> =
            of_kind(CodeKind::Import).into_iter().filter(|text| !OWN.contains(&text.as_str())).collect();
        let settings: Vec<String> = it.settings.iter().map(|(name, text)| format!("{name}={text}")).collect();
        let values = context! {
            dag => docstring(&it.name),
            source => docstring(self.sources.short_path(it.source)),
            dag_id => quoted(&dag_id(&it.name)),
            future => of_kind(CodeKind::Future),
            imports => imports,
            code => of_kind(CodeKind::Statement),
            beside => !it.files.is_empty(),
            settings => settings,
            lost => it.lost.clone(),
            tasks => tasks,
            stages => stages,
            order => order.collect::<Vec<String>>(),
            placeholders => it.tasks.iter().any(|task| task.placeholder.is_some()),
        };
        template::render("successor.py", values)
    }

    /// The staying tasks, each after those whose results it takes.
    fn in_order(&self) -> Vec<(usize, &StayingTask)> {
        let mut left: Vec<(usize, &StayingTask)> = self.it.tasks.iter().enumerate().collect();
        let mut order: Vec<(usize, &StayingTask)> = Vec::new();
        while !left.is_empty() {
            let waits = |(_, task): &(usize, &StayingTask)| {
                left.iter().any(|(_, other)| task.number != other.number && takes(task, other.number))
            };
            let next = left.iter().position(|item| !waits(item)).unwrap_or(0);
            order.push(left.remove(next));
        }
        order
    }

    fn node(&self, node: Node) -> &str {
        let at = match node {
            Node::Task(at) => at,
            Node::Stage(at) => self.it.tasks.len() + at,
        };
        self.names.get(at).map_or("", String::as_str)
    }

    fn task(&self, at: usize, task: &StayingTask) -> Value {
        let variable = self.node(Node::Task(at));
        if let Some(reason) = &task.placeholder {
            let mut arguments =
                vec![format!("task_id={}", quoted(&task.id)), "python_callable=to_be_finished".to_owned()];
            arguments.push(format!("op_args=[{}]", quoted(reason)));
            arguments.extend(task.rule.as_ref().map(|rule| format!("trigger_rule={}", quoted(rule))));
            let was: Vec<String> =
                self.sources.slice(task.span).lines().map(|line| line.trim_end().to_owned()).collect();
            let calls = [("PythonOperator".to_owned(), arguments)];
            return context! { variable, calls => shown(&calls), was, marks => Vec::<String>::new() };
        }
        let making = &task.making;
        let text = |pairs: &[(String, String)]| -> Vec<String> {
            let shown = |(name, text): &(String, String)| {
                let text = self.with_results(text);
                if name.is_empty() { text } else { format!("{name}={text}") }
            };
            pairs.iter().map(shown).collect()
        };
        let id = format!("task_id={}", quoted(&task.id));
        let mut calls: Vec<(String, Vec<String>)> = Vec::new();
        if making.is_decorated {
            let mut callee = making.callee.clone();
            if !making.names_itself || !making.overrides.is_empty() {
                let mut overrides = vec![id];
                overrides.extend(text(&making.overrides));
                callee = format!("{callee}.override({})", overrides.join(", "));
            }
            if making.expanded.is_empty() {
                calls.push((callee, text(&making.arguments)));
            } else {
                let partial = text(&making.arguments);
                let partial =
                    if partial.is_empty() { String::new() } else { format!(".partial({})", partial.join(", ")) };
                calls.push((format!("{callee}{partial}.expand"), text(&making.expanded)));
            }
        } else {
            let positional = making.arguments.iter().filter(|(name, _)| name.is_empty()).cloned().collect::<Vec<_>>();
            let named = making.arguments.iter().filter(|(name, _)| !name.is_empty()).cloned().collect::<Vec<_>>();
            let mut arguments = text(&positional);
            arguments.push(id);
            arguments.extend(text(&named));
            if making.expanded.is_empty() {
                calls.push((making.callee.clone(), arguments));
            } else {
                let partial = format!("{}.partial({}).expand", making.callee, arguments.join(", "));
                calls.push((partial, text(&making.expanded)));
            }
        }
        context! { variable, calls => shown(&calls), was => Vec::<String>::new(), marks => making.marks.clone() }
    }

    /// The results of other tasks, by their variables.
    fn with_results(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (at, task) in self.it.tasks.iter().enumerate() {
            let output = if task.making.is_decorated && task.placeholder.is_none() { "" } else { ".output" };
            text = text.replace(&result(task.number), &format!("{}{output}", self.node(Node::Task(at))));
        }
        text
    }

    fn stage(&self, at: usize, stage: &Stage) -> Value {
        let known = |(name, template): &(String, String)| {
            let used = stage.vars.iter().find(|var| var.eq_ignore_ascii_case(name))?;
            Some(format!("\"{used}\": \"{template}\""))
        };
        let vars: Vec<String> = self.it.templates.iter().filter_map(known).collect();
        let mut command = format!(" --select {}", stage.models.join(" "));
        if !vars.is_empty() {
            // Airflow fills in the templates before a shell sees the line, so their own quotes need no escape.
            command.push_str(&format!(" --vars '{{{}}}'", vars.join(", ")));
        }
        let mut settings: Vec<String> = stage.settings.iter().map(|(name, text)| format!("{name}={text}")).collect();
        settings.extend(stage.rule.as_ref().map(|rule| format!("trigger_rule={}", quoted(rule))));
        context! {
            variable => self.node(Node::Stage(at)),
            id => quoted(&stage_id(self.it, at)),
            command => quoted(&command),
            settings => settings,
            replaces => stage.replaces.iter().map(|id| docstring(id)).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Imports that the file has of its own.
const OWN: &[&str] = &[
    "import os",
    "from pathlib import Path",
    "from airflow import DAG",
    "from airflow.operators.bash import BashOperator",
    "from airflow.utils.task_group import TaskGroup",
];

fn takes(task: &StayingTask, number: usize) -> bool {
    let making = &task.making;
    let all = making.arguments.iter().chain(&making.expanded).chain(&making.overrides);
    task.placeholder.is_none() && all.into_iter().any(|(_, text)| text.contains(&result(number)))
}

fn shown(calls: &[(String, Vec<String>)]) -> Vec<Value> {
    calls.iter().map(|(callee, arguments)| context! { callee, arguments }).collect()
}

/// A DAG's id; one that is only known at run time loses its braces.
fn dag_id(name: &str) -> String {
    if name.contains("{{") { paths::name(name) } else { name.to_owned() }
}

/// A string literal.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
    out + "\""
}

/// Text within a docstring or a comment.
fn docstring(text: &str) -> String {
    text.replace(['\\', '"', '\n', '\r'], " ")
}
