//! The order in which a project is planned.

use super::assemble::Namer;
use super::context::Context;
use super::{PlanOptions, Project, account, bodies, drafts, drift, layers, names, shared, sources};
use crate::steps::Script;
use crate::versions::Versions;

pub(super) fn build(scripts: &[Script], versions: &Versions, options: &PlanOptions) -> Project {
    let context = Context::new(scripts, versions, options);
    let mut findings = context.printing.clone();
    let mut drafts = drafts::drafts(&context);
    for draft in &mut drafts {
        findings.extend(bodies::write(&context, draft));
    }
    findings.extend(shared::share(&context, &mut drafts));
    findings.extend(drift::drift(&context, &drafts));
    layers::assign(&context, &mut drafts);
    let (sources, source_names) = sources::sources(&context, &drafts);
    findings.extend(names::assign(&context, &mut drafts, &source_names));
    let owners = layers::owners(&drafts);
    let models = Namer { context: &context, drafts: &drafts, owners, sources: &source_names }.models();
    let (account, accounted) = account::account(&context, &drafts);
    findings.extend(accounted);
    findings
        .sort_by(|left, right| (left.span, left.code, &left.message).cmp(&(right.span, right.code, &right.message)));
    Project {
        name: options.project.clone(),
        target: context.target,
        target_chosen: options.target.is_some(),
        models,
        sources,
        seeds: Vec::new(),
        snapshots: Vec::new(),
        exposures: Vec::new(),
        macros: Vec::new(),
        tests: Vec::new(),
        vars: Vec::new(),
        stays: Vec::new(),
        account,
        findings,
    }
}
