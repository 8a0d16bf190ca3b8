//! refract splits a script into the models that were inside it all along.
//!
//! In: the text of scripts. Out: a dbt project, a report, findings: all in memory. [`convert`] and [`analyse`] are
//! pure; disk and terminal are only at the edges (`discover`, `output`, `cli`).

pub mod audit;
pub mod cli;
pub mod dialect;
pub mod discover;
pub mod emit;
pub mod finding;
pub mod frame;
pub mod graph;
pub mod name;
pub mod output;
pub mod plan;
pub mod read;
pub mod report;
pub mod secret;
pub mod sql;
pub mod steps;
pub mod text;
pub mod versions;

use std::collections::BTreeMap;

use dialect::Dialect;
use emit::Files;
use finding::{Code, Finding};
use graph::Lineage;
use plan::{Naming, PlanOptions, Project};
use read::ReadOptions;
use report::{Durations, Facts};
use steps::Script;
use text::{SourceFile, Sources, Span};
use versions::Versions;

/// Stack of every thread that parses: each parser here recurses, and an overflow cannot be caught.
const STACK: usize = 256 << 20;

/// What the user chose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How to read.
    pub read: ReadOptions,
    /// How to plan.
    pub plan: PlanOptions,
    /// How long steps take, for the report.
    pub durations: Durations,
}

impl Options {
    /// The options that matter for what is emitted, for the lock file.
    fn shown(&self) -> Vec<(&'static str, String)> {
        let dialect = |dialect: Option<Dialect>| dialect.map_or_else(String::new, |dialect| dialect.to_string());
        let naming = match self.plan.naming {
            Naming::Plain => "plain",
            Naming::Dbt => "dbt",
        };
        vec![
            ("project", self.plan.project.clone()),
            ("dialect", dialect(self.read.dialect)),
            ("target", dialect(self.plan.target)),
            ("naming", naming.to_owned()),
        ]
    }
}

/// What was understood of the inputs.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The files, with secrets masked.
    pub sources: Sources,
    /// The scripts, in the order of the files.
    pub scripts: Vec<Script>,
    /// Which write reaches which read.
    pub versions: Versions,
    /// The lineage of relations and columns.
    pub lineage: Lineage,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// Findings that the user does not want of single files, by path.
    pub ignored: Ignored,
    /// How long steps take, as far as the user told.
    pub durations: Durations,
}

/// Codes that are not wanted of a file, by its path.
pub type Ignored = BTreeMap<String, Vec<Code>>;

/// A conversion.
#[derive(Debug)]
pub struct Outcome {
    /// What was understood.
    pub analysis: Analysis,
    /// The project as data.
    pub project: Project,
    /// The project as files, by path; with the lineage report.
    pub files: Files,
    /// Everything there is to say, by place.
    pub findings: Vec<Finding>,
}

impl Outcome {
    /// What reports are made from.
    pub fn facts(&self) -> Facts<'_> {
        Facts::of(&self.analysis, Some(&self.project), &self.findings)
    }
}

/// Reads the files and finds steps, versions and lineage. The order of the files does not matter.
pub fn analyse(files: Vec<SourceFile>, options: &ReadOptions) -> Analysis {
    analyse_as(files, options, read::name_databases)
}

/// The same, with `names` for what has none, or not all of it.
fn analyse_as(
    mut files: Vec<SourceFile>,
    options: &ReadOptions,
    names: impl FnOnce(&mut [Script]) -> Vec<Finding> + Send,
) -> Analysis {
    files.sort_by(|left, right| left.path.cmp(&right.path));
    on_large_stack(|| {
        let (sources, mut findings) = without_secrets(files);
        let mut reading = read::read(&sources, options);
        findings.extend(reading.findings);
        findings.extend(names(&mut reading.scripts));
        let scripts = versions::instances(reading.scripts);
        let versions = versions::bind(&scripts);
        let lineage = graph::lineage(&scripts, &versions);
        let ignored = options.ignored.clone();
        let findings = heard(&sources, &ignored, findings);
        Analysis { sources, scripts, versions, lineage, findings, ignored, durations: Durations::default() }
    })
}

/// The whole conversion.
pub fn convert(files: Vec<SourceFile>, options: &Options) -> Outcome {
    let mut analysis = analyse_as(files, &options.read, |scripts| {
        let mut findings = read::name_databases(scripts);
        findings.extend(read::name_results(scripts));
        findings
    });
    analysis.durations = options.durations.clone();
    on_large_stack(move || {
        let project = plan::plan(&analysis.scripts, &analysis.versions, &options.plan);
        let mut findings = analysis.findings.clone();
        findings.extend(project.findings.iter().cloned());
        let findings = heard(&analysis.sources, &analysis.ignored, findings);
        let mut files = emit::emit(&project, &analysis.sources, &findings);
        report::add_files(&mut files, &analysis, &project, &findings);
        emit::seal(&mut files, &analysis.sources, &options.shown());
        Outcome { analysis, project, files, findings }
    })
}

/// The audit of what was understood, with what the readers had to say.
pub fn audit(analysis: &Analysis) -> Vec<Finding> {
    let mut findings = analysis.findings.clone();
    findings.extend(on_large_stack(|| audit::audit(&analysis.sources, &analysis.scripts, &analysis.versions)));
    // Definitions that have drifted apart are found where definitions are compared: in the plan.
    let project = on_large_stack(|| plan::plan(&analysis.scripts, &analysis.versions, &PlanOptions::default()));
    findings.extend(project.findings.into_iter().filter(|finding| finding.code == Code::R302));
    heard(&analysis.sources, &analysis.ignored, findings)
}

/// Masks secrets; each gives a finding.
fn without_secrets(files: Vec<SourceFile>) -> (Sources, Vec<Finding>) {
    let masked: Vec<_> = files
        .into_iter()
        .map(|file| {
            let (text, places) = secret::mask(&file.text, secret::Writing::of(&file.ending()));
            (SourceFile::new(file.path, text), places)
        })
        .collect();
    let places: Vec<_> = masked.iter().map(|(_, places)| places.clone()).collect();
    let sources = Sources::new(masked.into_iter().map(|(file, _)| file).collect());
    let mut findings = Vec::new();
    for ((id, _), places) in sources.iter().zip(places) {
        findings.extend(places.into_iter().map(|place| {
            let span = Span::new(id, place.start, place.end);
            Finding::at(
                Code::R409,
                span,
                "a password or key stands in the script",
                "take it from the environment, and change it",
            )
        }));
    }
    (sources, findings)
}

/// The findings by place, each once, without those that a comment in the script or a setting silences.
fn heard(sources: &Sources, ignored: &Ignored, mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.retain(|finding| !silenced(sources, ignored, finding));
    findings.sort_by(|left, right| {
        let key = |finding: &Finding| (finding.span, finding.code, finding.message.clone());
        key(left).cmp(&key(right))
    });
    findings.dedup();
    findings
}

/// Whether a setting names the finding's code for its file, or `refract: ignore[CODE]` stands in its first line or in
/// the line above.
fn silenced(sources: &Sources, ignored: &Ignored, finding: &Finding) -> bool {
    let Some(span) = finding.span else { return false };
    let Some(file) = sources.get(span.source) else { return false };
    if ignored.get(&file.path).is_some_and(|codes| codes.contains(&finding.code)) {
        return true;
    }
    let before = file.slice(0..span.start as usize);
    let after = file.slice(span.start as usize..file.text.len());
    let mut lines = before.rsplit('\n');
    let line = format!("{}{}", lines.next().unwrap_or(""), after.split('\n').next().unwrap_or(""));
    let mark = format!("refract: ignore[{}]", finding.code);
    let above = lines.next().unwrap_or("").trim_start();
    line.contains(&mark) || (above.starts_with(['#', '-']) && above.contains(&mark))
}

/// Runs on a pool of threads with a large stack, so that readers may go to work in parallel and deep.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}
