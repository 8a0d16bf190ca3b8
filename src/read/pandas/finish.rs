//! The end of a script: which frames are steps, in what order, with which columns.
//!
//! In: the frames that have names, the queries and opaque steps, the writes. Out: steps. A frame that several others
//! read, that joins, or that first works on a source is a step; what only one other reads is a stage of that one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::choose::{Reader, readers, steps, written_first};
use super::relink::{self, Relinker, address};
use super::session::{NamedFrame, Part, Session, Sink, SourceKind};
use super::ties::{Tie, tie};
use crate::finding::Code;
use crate::frame::{self, Expr, Frame, Named, Op};
use crate::name::{Ident, Relation};
use crate::read::python::{Evaluator, StatementId};
use crate::steps::{Body, Effect, Form, Guard, Lifetime, Opaque, Step};
use crate::text::Span;

/// A step to come.
struct Planned {
    relation: Relation,
    body: PlannedBody,
    statements: BTreeSet<StatementId>,
    span: Span,
    guards: Vec<Guard>,
    /// Whether columns that only come along are left out when nothing reads them.
    loose: bool,
}

enum PlannedBody {
    Frame(Box<Frame>),
    Source(usize),
}

/// Begins a part of the script whose writes do not wait for its end.
pub fn begin_part(evaluator: &mut Evaluator) {
    let state = evaluator.state::<Session>();
    let mut session = state.borrow_mut();
    let part = Part {
        sinks: std::mem::take(&mut session.sinks),
        sources: session.sources.len(),
        orders: std::mem::take(&mut session.orders),
        guessed: std::mem::take(&mut session.guessed),
    };
    session.part = Some(part);
}

/// Turns what the part recorded into steps. Its frames stay: a later part may be given them.
pub fn end_part(evaluator: &mut Evaluator) {
    make_steps(evaluator);
    let state = evaluator.state::<Session>();
    let mut session = state.borrow_mut();
    let Some(part) = session.part.take() else { return };
    (session.sinks, session.orders, session.guessed) = (part.sinks, part.orders, part.guessed);
    for source in session.sources.iter_mut().skip(part.sources) {
        source.is_kept = false;
    }
}

/// Turns what was recorded into steps.
pub fn finish(evaluator: &mut Evaluator) {
    make_steps(evaluator);
    let state = evaluator.state::<Session>();
    let session = state.borrow();
    dead(evaluator, &session, &readers(&session));
}

fn make_steps(evaluator: &mut Evaluator) {
    let state = evaluator.state::<Session>();
    let session = state.borrow();
    let readers = readers(&session);
    let mut chosen = steps(&session, &readers);
    let mut relinker = Relinker::default();
    let mut taken = written(evaluator);
    name_sources(evaluator, &session, &mut relinker, &mut taken);
    for (at, named) in session.named.iter().enumerate() {
        if let Some(relation) = chosen.contains(&at).then(|| written_first(evaluator, &session, &readers, at)).flatten()
        {
            // What is written and read on needs no step besides.
            chosen.remove(&at);
            relinker.steps.insert(address(&named.frame), relation);
        } else if chosen.contains(&at) {
            let relation = fresh(evaluator, &named.name, &mut taken);
            relinker.steps.insert(address(&named.frame), relation);
        } else {
            relinker.names.insert(address(&named.frame), named.name.clone());
        }
    }
    let mut planned = plan(&session, &chosen, &mut relinker);
    whole_inputs(&session, &relinker, &mut planned);
    let ties: Vec<Tie> = session.sources.iter().map(|source| tie(&source.kind, &mut relinker)).collect();
    let mut sinks: Vec<Frame> = session.sinks.iter().map(|sink| frame::prune(&relinker.body(&sink.frame))).collect();
    narrow(&mut planned, &sinks);
    for sink in &mut sinks {
        *sink = frame::prune(sink);
    }
    for (span, name) in &session.guessed {
        let message = format!("which of the two merged frames has the column `{name}` is not known");
        evaluator.finding(Code::R305, *span, message, "give the definitions of the source tables with --schema");
    }
    let bodies = planned.iter().filter_map(|step| match &step.body {
        PlannedBody::Frame(body) => Some(body.as_ref()),
        PlannedBody::Source(_) => None,
    });
    for body in bodies.chain(&sinks) {
        super::outside::declare(evaluator, body);
    }
    emit(evaluator, &session, &ties, planned, sinks);
    for (statement, span, message) in &session.orders {
        if statement.is_none_or(|statement| evaluator.is_credited(statement)) {
            evaluator.finding(Code::R309, *span, message.clone(), "sort the rows before");
        }
    }
}

/// The names that the script's other steps use already.
fn written(evaluator: &mut Evaluator) -> BTreeSet<String> {
    let script = evaluator.script();
    let mut taken = BTreeSet::new();
    for step in &script.steps {
        if let Effect::Create { relation, .. } | Effect::Declare { relation, .. } = &step.effect
            && relation.schema().is_none()
        {
            taken.insert(relation.name().to_lowercase());
        }
    }
    taken
}

fn fresh(evaluator: &Evaluator, name: &str, taken: &mut BTreeSet<String>) -> Relation {
    let name = if name.is_empty() { "rows_read" } else { name };
    let candidates = std::iter::once(name.to_owned()).chain((2..=9999).map(|number| format!("{name}_{number}")));
    let mut free = candidates.filter(|name| !taken.contains(&name.to_lowercase()));
    let free = free.next().unwrap_or_else(|| name.to_owned());
    taken.insert(free.to_lowercase());
    let dialect = evaluator.dialect();
    Relation::new(vec![Ident::new(&free, true, dialect)], dialect)
}

fn name_sources(evaluator: &Evaluator, session: &Session, relinker: &mut Relinker, taken: &mut BTreeSet<String>) {
    for source in &session.sources {
        let relation = fresh(evaluator, &source.name, taken);
        relinker.sources.insert(source.relation.clone(), relation);
    }
}

/// The steps that are no writes: queries and opaque steps, then frames, in the order of the script.
fn plan(session: &Session, chosen: &BTreeSet<usize>, relinker: &mut Relinker) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (at, source) in session.sources.iter().enumerate() {
        let relation = relinker.sources.get(&source.relation).cloned().unwrap_or_else(|| source.relation.clone());
        planned.push(Planned {
            relation,
            body: PlannedBody::Source(at),
            statements: match &source.kind {
                SourceKind::Opaque { python: Some(cut), .. } => {
                    source.statements.union(&cut.slice.statements).copied().collect()
                }
                SourceKind::Opaque { .. } | SourceKind::Query(_) => source.statements.clone(),
            },
            span: source.span,
            guards: source.guards.clone(),
            loose: false,
        });
    }
    for (at, named) in session.named.iter().enumerate() {
        let Some(relation) = relinker.steps.get(&address(&named.frame)).cloned() else { continue };
        if !chosen.contains(&at) {
            continue;
        }
        let body = relinker.body(&named.frame);
        planned.push(Planned {
            relation,
            body: PlannedBody::Frame(Box::new(body)),
            statements: statements_of(session, chosen, named),
            span: named.span,
            guards: Vec::new(),
            loose: named.loose,
        });
    }
    planned
}

/// What Python reads keeps all of its columns.
fn whole_inputs(session: &Session, relinker: &Relinker, planned: &mut [Planned]) {
    let sources = session.sources.iter().filter_map(|source| match &source.kind {
        SourceKind::Opaque { python, inputs, .. } => Some((python, inputs)),
        SourceKind::Query(_) => None,
    });
    for (python, inputs) in sources {
        for frame in inputs.iter().chain(python.iter().flat_map(|cut| &cut.frames)) {
            let relation = relinker.steps.get(&address(frame));
            for step in planned.iter_mut().filter(|step| Some(&step.relation) == relation) {
                step.loose = false;
            }
        }
    }
}

/// The statements that made a frame, with those of the frames that are stages of it.
fn statements_of(session: &Session, chosen: &BTreeSet<usize>, named: &NamedFrame) -> BTreeSet<StatementId> {
    let mut found = BTreeSet::new();
    named.frame.each(&mut |frame| {
        let own = session.named.iter().enumerate().find(|(_, named)| std::ptr::eq(Arc::as_ptr(&named.frame), frame));
        if let Some((at, stage)) = own {
            if chosen.contains(&at) && !Arc::ptr_eq(&stage.frame, &named.frame) {
                return false;
            }
            found.extend(stage.statements.iter().copied());
        }
        true
    });
    found.extend(named.statements.iter().copied());
    found
}

/// Leaves out of loose frames what no one reads, readers before what they read.
fn narrow(planned: &mut [Planned], sinks: &[Frame]) {
    let mut needed = BTreeMap::new();
    for sink in sinks {
        relink::reads(sink, &mut needed);
    }
    for step in planned.iter_mut().rev() {
        let PlannedBody::Frame(body) = &mut step.body else { continue };
        if step.loose {
            let (read, all) = needed.get(&step.relation).cloned().unwrap_or_default();
            if !all {
                **body = closed(body, &read);
            }
        }
        **body = frame::prune(body);
        relink::reads(body, &mut needed);
    }
}

/// The frame with the columns that are read or that the script computes, and no others.
fn closed(body: &Frame, read: &[frame::Column]) -> Frame {
    let computed = computed(body);
    let kept = |name: &String| read.iter().any(|column| column.name == *name) || computed.contains(name);
    let all: Vec<String> = frame::columns(body).into_iter().map(|column| column.name).collect();
    let mut names: Vec<String> = all.iter().filter(|name| kept(name)).cloned().collect();
    if names.is_empty() {
        names = all;
    }
    let columns = names.iter().map(|name| Named::column(name)).collect();
    Frame::new(Op::Project { input: Arc::new(body.clone()), columns, rest: false, except: Vec::new() })
}

/// The columns that are not simply those of the source.
fn computed(frame: &Frame) -> BTreeSet<String> {
    match &frame.op {
        Op::Project { input, columns, .. } => {
            let mut found = computed(input);
            for named in columns {
                if named.expr != Expr::column(&named.name) {
                    found.insert(named.name.clone());
                }
            }
            found
        }
        Op::Filter { input, .. } | Op::Limit { input, .. } => computed(input),
        Op::Scan { .. }
        | Op::Values { .. }
        | Op::Join { .. }
        | Op::Group { .. }
        | Op::Union { .. }
        | Op::Distinct { .. } => BTreeSet::new(),
    }
}

/// Says which named frames come to nothing.
fn dead(evaluator: &mut Evaluator, session: &Session, readers: &BTreeMap<usize, BTreeSet<Reader>>) {
    for (at, named) in session.named.iter().enumerate() {
        let last = !session.named.iter().skip(at + 1).any(|other| other.name == named.name);
        if last && !readers.contains_key(&at) && !session.sinks.is_empty() {
            let message = format!("nothing that is written depends on the frame `{}`", named.name);
            evaluator.finding(Code::R304, named.span, message, "");
        }
    }
}

/// Puts the steps in front of what reads them.
fn emit(evaluator: &mut Evaluator, session: &Session, ties: &[Tie], planned: Vec<Planned>, sinks: Vec<Frame>) {
    let mut waiting: Vec<Option<Planned>> = planned.into_iter().map(Some).collect();
    let mut shift = 0;
    for (sink, body) in session.sinks.iter().zip(sinks) {
        for relation in body.relations() {
            insert(evaluator, session, ties, &mut waiting, &relation, sink.step, &mut shift);
        }
        write(evaluator, session, sink, sink.step + shift, body);
    }
    // What does something besides giving rows is done also when nothing reads them.
    let rest: Vec<Relation> =
        waiting.iter().flatten().filter(|step| is_kept(session, step)).map(|step| step.relation.clone()).collect();
    for relation in rest {
        let end = evaluator.script().steps.len() - shift;
        insert(evaluator, session, ties, &mut waiting, &relation, end, &mut shift);
    }
}

fn is_kept(session: &Session, step: &Planned) -> bool {
    let PlannedBody::Source(at) = &step.body else { return false };
    let is_earlier = session.part.as_ref().is_some_and(|part| *at < part.sources);
    !is_earlier && session.sources.get(*at).is_some_and(|source| source.is_kept)
}

/// Inserts the step that makes `relation`, after those that it reads.
fn insert(
    evaluator: &mut Evaluator,
    session: &Session,
    ties: &[Tie],
    waiting: &mut Vec<Option<Planned>>,
    relation: &Relation,
    before: usize,
    shift: &mut usize,
) {
    let found = waiting.iter_mut().find(|step| step.as_ref().is_some_and(|step| step.relation == *relation));
    let Some(step) = found.and_then(Option::take) else { return };
    let effect = match &step.body {
        PlannedBody::Frame(body) => {
            for read in body.relations() {
                insert(evaluator, session, ties, waiting, &read, before, shift);
            }
            create(&step.relation, Body::Frame(body.clone()))
        }
        PlannedBody::Source(at) => match session.sources.get(*at).map(|source| &source.kind) {
            Some(SourceKind::Query(query)) => create(&step.relation, Body::Query(query.as_ref().clone())),
            Some(SourceKind::Opaque { reason, text, python, .. }) => {
                if python.is_none() {
                    let place = session.sources.get(*at).map_or(step.span, |source| source.called);
                    let help = "write the step by hand, or as a dbt Python model";
                    evaluator.finding(Code::R301, place, format!("this step has no SQL: {reason}"), help);
                }
                let Tie { reads, python } = ties.get(*at).cloned().unwrap_or_default();
                for read in &reads {
                    insert(evaluator, session, ties, waiting, read, before, shift);
                }
                Effect::Opaque(Opaque {
                    reason: reason.clone(),
                    help: "write the step as SQL, or as a dbt Python model".to_owned(),
                    text: text.clone(),
                    reads,
                    writes: vec![step.relation.clone()],
                    is_frame: true,
                    python,
                })
            }
            None => return,
        },
    };
    let comment = comment(evaluator, session, &step.statements);
    let span = span_of(evaluator, session, &step.statements).unwrap_or(step.span);
    let made = Step { span, effect, guards: step.guards, comment, task: evaluator.task(), sent: None };
    evaluator.insert_step(before + *shift, made, step.statements);
    *shift += 1;
}

fn create(relation: &Relation, body: Body) -> Effect {
    Effect::Create {
        relation: relation.clone(),
        lifetime: Lifetime::Temporary,
        form: Form::Table,
        columns: Vec::new(),
        body,
    }
}

/// From the first to the last of the statements that made a step. Those that only read do not count, nor those that
/// call the function in which the others stand.
fn span_of(evaluator: &Evaluator, session: &Session, statements: &BTreeSet<StatementId>) -> Option<Span> {
    let made = statements.iter().filter(|statement| !session.reads.contains(statement));
    let made = made.filter(|statement| !session.calls.contains(statement));
    made.filter_map(|statement| evaluator.statement_span(*statement)).reduce(Span::join)
}

/// The first comment above one of the statements; what only reads counts last.
fn comment(evaluator: &Evaluator, session: &Session, statements: &BTreeSet<StatementId>) -> String {
    let (reads, others): (Vec<StatementId>, Vec<StatementId>) =
        statements.iter().partition(|statement| session.reads.contains(statement));
    let mut comments = others.iter().chain(&reads).map(|statement| evaluator.comment(*statement));
    comments.find(|comment| !comment.is_empty()).unwrap_or_default()
}

/// Gives a write its body.
fn write(evaluator: &mut Evaluator, session: &Session, sink: &Sink, step: usize, body: Frame) {
    let mut statements = sink.statements.clone();
    let named = session.named.iter().find(|named| Arc::ptr_eq(&named.frame, &sink.frame));
    statements.extend(named.into_iter().flat_map(|named| named.statements.iter().copied()));
    let comment = comment(evaluator, session, &statements);
    let span = span_of(evaluator, session, &statements);
    evaluator.credit(step, statements);
    let Some(made) = evaluator.script().steps.get_mut(step) else { return };
    if made.comment.is_empty() {
        made.comment = comment;
    }
    made.span = span.unwrap_or(made.span);
    if let Effect::Create { body: old, .. } | Effect::Append { body: old, .. } = &mut made.effect {
        *old = Body::Frame(Box::new(body));
    }
}
