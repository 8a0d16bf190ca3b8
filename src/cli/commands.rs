//! One thin function a command: from validated arguments to text and files.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

use super::args::{
    AuditArgs, AuditFormat, Cli, CompletionsArgs, ConvertArgs, ExplainArgs, InitArgs, InputArgs, LineageArgs,
    LineageFormat, StepsArgs, TextOrJson,
};
use super::settings::Settings;
use super::{Failure, code, colour, database, excerpt, progress, say};
use crate::audit::{declared, implied};
use crate::discover::{self, Discovered};
use crate::emit;
use crate::finding::{Finding, Severity};
use crate::graph::Direction;
use crate::output::{self, Renamed, Written};
use crate::plan::{Fate, Layer, PlanOptions};
use crate::read::ReadOptions;
use crate::report::{self, Durations, Facts};
use crate::steps::{self, ShowOptions};
use crate::{Analysis, Options, Outcome, analyse};

/// The files that the arguments and the settings name, and how to read them.
fn discovered(input: &InputArgs, settings: &Settings) -> Result<(Discovered, ReadOptions), Failure> {
    let schema = if input.schema.is_empty() { settings.schema() } else { input.schema.clone() };
    let (databases, schema): (Vec<_>, Vec<_>) = schema.into_iter().partition(|path| database::is_named(path));
    let paths: Vec<_> = input.paths.iter().chain(&schema).cloned().collect();
    let mut found = if paths.is_empty() && !databases.is_empty() {
        Discovered::default()
    } else {
        discover::discover(&paths).map_err(|error| Failure::new(error.to_string(), error.help()))?
    };
    for name in databases {
        found.files.push(database::columns(&name)?);
    }
    let options = settings.read_options(&mut found, input.dialect)?;
    if found.files.is_empty() {
        return Err(Failure::new("every file that was given is excluded", "look at `exclude` in refract.toml"));
    }
    Ok((found, options))
}

/// The file of durations; none given is no duration known.
fn durations(path: Option<&Path>) -> Result<Durations, Failure> {
    let Some(path) = path else { return Ok(Durations::default()) };
    let text = discover::text(path).map_err(|error| Failure::new(error.to_string(), error.help()))?;
    Durations::parse(&text).map_err(|cause| {
        let help = "each line holds a step, task or model, a comma, and its seconds";
        Failure::new(format!("{}: {cause}", path.display()), help)
    })
}

/// The files as understood, with what discovery passed over.
fn analysed(input: &InputArgs, settings: &Settings) -> Result<Analysis, Failure> {
    let (found, options) = discovered(input, settings)?;
    let count = found.files.len();
    let mut analysis = progress::during(count, || analyse(found.files, &options));
    analysis.findings.extend(found.findings);
    Ok(analysis)
}

/// `refract convert`.
pub fn convert(args: &ConvertArgs) -> Result<ExitCode, Failure> {
    make(args, false)
}

/// Makes a project of the inputs; one to start from has their tables, too.
fn make(args: &ConvertArgs, start: bool) -> Result<ExitCode, Failure> {
    let settings = Settings::find()?;
    let (found, read) = discovered(&args.input, &settings)?;
    let plan = PlanOptions {
        project: project_name(&args.output),
        target: args.target.or(settings.target()),
        naming: args.naming.unwrap_or(settings.naming()).into(),
        start,
    };
    let options = Options { read, plan, durations: durations(args.durations.as_deref())? };
    let count = found.files.len();
    let mut outcome = progress::during(count, || crate::convert(found.files, &options));
    outcome.findings.extend(found.findings);
    if outcome.project.models.is_empty() {
        say(&excerpt::show(&outcome.analysis.sources, &outcome.findings, colour()));
        return Err(Failure::new(
            "no step that could become a model was found; nothing was written",
            "give scripts that create, fill or change tables (`refract init NAME --from` takes tables alone); \
             `refract steps` shows what was read",
        ));
    }
    let written = output::write(&args.output, &outcome.files, args.force)
        .map_err(|refusal| Failure::new(refusal.to_string(), refusal.help()))?;
    match args.format {
        TextOrJson::Json => say(&report::convert_json(&outcome.facts())),
        TextOrJson::Text => {
            say(&excerpt::show(&outcome.analysis.sources, &outcome.findings, colour()));
            say(&summary(&outcome, &args.output, &written));
        }
    }
    Ok(code(&outcome.findings, args.fail_on.or(settings.fail_on())))
}

/// `refract init`.
pub fn init(args: &InitArgs) -> Result<ExitCode, Failure> {
    if !args.from.is_empty() {
        let (databases, paths): (Vec<_>, Vec<_>) = args.from.iter().cloned().partition(|path| database::is_named(path));
        // A database says by itself whose tables it holds.
        let dialect =
            args.dialect.or_else(|| databases.first().filter(|_| paths.is_empty()).map(|name| database::dialect(name)));
        let args = ConvertArgs {
            input: InputArgs { paths, dialect, schema: databases },
            output: args.name.clone(),
            target: args.target,
            naming: args.naming,
            format: TextOrJson::Text,
            force: false,
            fail_on: None,
            durations: None,
        };
        return make(&args, true);
    }
    let target = match args.target {
        Some(target) => Some(target),
        None => Settings::find()?.target(),
    };
    let written = output::write(&args.name, &emit::init(&project_name(&args.name), target), false)
        .map_err(|refusal| Failure::new(refusal.to_string(), refusal.help()))?;
    let (place, command) = (args.name.display(), quoted(&args.name));
    say(&format!("wrote {} files to {place}\n\nrun it:    cd {command} && dbt build\n", written.files));
    Ok(ExitCode::SUCCESS)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ':' | '\\' | '~');
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A fit project name from the output folder's.
fn project_name(output: &Path) -> String {
    // `.` and `..` have no name of their own.
    let whole = fs::canonicalize(output).unwrap_or_else(|_| output.to_path_buf());
    let name = whole.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let fit: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let fit = fit.trim_matches('_');
    // `dbt` and its kin are the names of dbt's own packages.
    if fit.starts_with(|c: char| c.is_ascii_alphabetic()) && fit != "dbt" && !fit.starts_with("dbt_") {
        return fit.to_owned();
    }
    format!("project_{fit}").trim_end_matches('_').to_owned()
}

fn summary(outcome: &Outcome, output: &Path, written: &Written) -> String {
    let project = &outcome.project;
    let layer = |layer: Layer| project.models.iter().filter(|model| model.layer == layer).count();
    let account = &project.account;
    let mut text = format!(
        "{} ({} staging, {} intermediate, {} marts) over {}\n",
        plural(project.models.len(), "model"),
        layer(Layer::Staging),
        layer(Layer::Intermediate),
        layer(Layer::Marts),
        plural(project.sources.len(), "source table"),
    );
    text.push_str(&format!(
        "{}: {} became models, {} settings, {} dropped with a reason, {} left for a person\n",
        plural(account.rows.len(), "statement"),
        account.count(Fate::Model),
        account.count(Fate::Config),
        account.count(Fate::Dropped),
        account.count(Fate::Manual),
    ));
    text.push_str(&counted(&outcome.findings));
    text.push_str(&format!("wrote {} to {}", plural(written.files, "file"), output.display()));
    if written.unchanged > 0 {
        text.push_str(&format!("; {} are as they were", written.unchanged));
    }
    text.push('\n');
    for path in &written.kept {
        text.push_str(&format!("  kept as edited: {path} (the new version is in {path}.refract-new)\n"));
    }
    for Renamed { from, to, is_new } in &written.renamed {
        let new = if *is_new { format!(" (the new version is in {to}.refract-new)") } else { String::new() };
        text.push_str(&format!("  kept as renamed: {from} is now {to}{new}\n"));
    }
    for path in &written.deleted {
        text.push_str(&format!("  left out, as it was deleted: {path} (the new version is in {path}.refract-new)\n"));
    }
    for path in &written.removed {
        text.push_str(&format!("  removed, not generated any more: {path}\n"));
    }
    for path in &written.left {
        text.push_str(&format!("  not generated any more, but edited: {path}\n"));
    }
    text.push_str(&format!("\nrun it:    cd {} && dbt build\n", quoted(output)));
    text.push_str(&format!("report:    {}\n", output.join("lineage").join("index.html").display()));
    text
}

/// `1 model`, `2 models`.
fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// `3 findings: 1 error, 2 infos`, or that there are none.
fn counted(findings: &[Finding]) -> String {
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let (errors, warnings, infos) = (of(Severity::Error), of(Severity::Warning), of(Severity::Info));
    if findings.is_empty() {
        return "no findings\n".to_owned();
    }
    let total = plural(findings.len(), "finding");
    format!("{total}: {}, {}, {infos} info\n", plural(errors, "error"), plural(warnings, "warning"))
}

/// `refract steps`.
pub fn steps(args: &StepsArgs) -> Result<ExitCode, Failure> {
    let analysis = analysed(&args.input, &Settings::find()?)?;
    say(&steps::show(&analysis.scripts, ShowOptions { headers: true, ..ShowOptions::default() }));
    Ok(ExitCode::SUCCESS)
}

/// `refract audit`.
pub fn audit(args: &AuditArgs) -> Result<ExitCode, Failure> {
    let settings = Settings::find()?;
    let mut analysis = analysed(&args.input, &settings)?;
    analysis.durations = durations(args.durations.as_deref())?;
    let findings = crate::audit(&analysis);
    let findings = match args.baseline.clone().or(settings.baseline()) {
        Some(path) => without_known(findings, &analysis, &path)?,
        None => findings,
    };
    analysis.findings.clear();
    let facts = Facts::of(&analysis, None, &findings);
    let text = match args.format {
        AuditFormat::Text => audit_text(&analysis, &facts, colour() && args.output.is_none()),
        AuditFormat::Json => report::audit_json(&facts),
        AuditFormat::Sarif => report::sarif(&facts),
        AuditFormat::Github => report::github(&facts),
        AuditFormat::Html => report::html(&facts, None),
    };
    match &args.output {
        Some(path) => {
            output::write_file(path, &text).map_err(|refusal| Failure::new(refusal.to_string(), refusal.help()))?;
        }
        None => say(&text),
    }
    Ok(code(&findings, args.fail_on.or(settings.fail_on())))
}

/// The findings that an earlier audit did not have: told apart by code, file and message, so that moved lines do not
/// matter.
fn without_known(mut findings: Vec<Finding>, analysis: &Analysis, baseline: &Path) -> Result<Vec<Finding>, Failure> {
    let text = discover::text(baseline).map_err(|error| Failure::new(error.to_string(), error.help()))?;
    let known = report::known_findings(&text).ok_or_else(|| {
        let message = format!("{} is not the result of an audit", baseline.display());
        Failure::new(message, "make it with `refract audit PATH --format json -o FILE`")
    })?;
    findings.retain(|finding| {
        let file = finding.span.and_then(|span| analysis.sources.get(span.source));
        let path = file.map(|file| file.path.clone()).unwrap_or_default();
        !known.contains(&(finding.code.to_string(), path, finding.message.clone()))
    });
    Ok(findings)
}

fn audit_text(analysis: &Analysis, facts: &Facts, colour: bool) -> String {
    let mut text = excerpt::show(&analysis.sources, facts.findings, colour);
    for (number, dag) in analysis.scripts.iter().enumerate().filter(|(_, script)| !script.tasks.is_empty()) {
        let id = |task: usize| dag.tasks.get(task).map_or("", |task| task.id.as_str());
        text.push_str(&format!("DAG {}\n", dag.name));
        let graphs =
            [("declared by arrows", declared(dag)), ("implied by data", implied(number, dag, &analysis.versions))];
        for (what, edges) in graphs {
            text.push_str(&format!("  {what}:\n"));
            for (from, to) in edges {
                text.push_str(&format!("    {} >> {}\n", id(from), id(to)));
            }
        }
        text.push('\n');
    }
    text.push_str(&report::figures(facts));
    text.push_str(&counted(facts.findings));
    text
}

/// `refract lineage`.
pub fn lineage(args: &LineageArgs) -> Result<ExitCode, Failure> {
    let mut analysis = analysed(&args.input, &Settings::find()?)?;
    analysis.durations = durations(args.durations.as_deref())?;
    let wanted = match (&args.upstream, &args.downstream) {
        (Some(name), _) => Some((name, Direction::Upstream)),
        (None, Some(name)) => Some((name, Direction::Downstream)),
        (None, None) => None,
    };
    if let Some((name, direction)) = wanted {
        let message = format!("no relation or column `{name}` in the lineage of the inputs");
        let around = analysis.lineage.around(name, direction);
        analysis.lineage =
            around.ok_or_else(|| Failure::new(message, "`refract lineage` without it lists the names"))?;
    }
    let facts = Facts::of(&analysis, None, &analysis.findings);
    say(&match args.format {
        LineageFormat::Json => report::lineage_json(&facts),
        LineageFormat::Openlineage => report::openlineage(&facts),
        LineageFormat::Mermaid => report::mermaid(&facts, args.columns),
        LineageFormat::Dot => report::dot(&facts, args.columns),
        LineageFormat::Markdown => report::markdown(&facts),
        LineageFormat::Html => report::html(&facts, None),
    });
    Ok(ExitCode::SUCCESS)
}

/// `refract explain`.
pub fn explain(args: &ExplainArgs) -> ExitCode {
    let rule = args.code.rule();
    say(&format!("{} ({}): {}\n\n{}\n", rule.code, rule.severity, rule.title, rule.page));
    ExitCode::SUCCESS
}

/// `refract completions`.
pub fn completions(args: &CompletionsArgs) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "refract", &mut script);
    say(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
