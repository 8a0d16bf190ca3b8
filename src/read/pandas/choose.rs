//! Which frames are steps.
//!
//! In: the frames that have names, and who reads them. Out: those that get a relation of their own; and, for a frame that the script
//! writes before anything else reads it, the table that it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::relink::address;
use super::session::{NamedFrame, Session, SourceKind};
use crate::frame::{Frame, Op};
use crate::name::Relation;
use crate::read::python::Evaluator;
use crate::steps::{Effect, Lifetime, Step};

/// Who reads a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// A write.
    Sink(usize),
    /// Another frame that has a name.
    Named(usize),
    /// A step without SQL.
    Source(usize),
}

/// Who reads each of the frames that have names.
pub fn readers(session: &Session) -> BTreeMap<usize, BTreeSet<Reader>> {
    let mut walk = Walk { session, found: BTreeMap::new(), seen: BTreeSet::new() };
    for (at, sink) in session.sinks.iter().enumerate() {
        walk.visit(&sink.frame, Reader::Sink(at));
    }
    // What an opaque step reads matters even when nothing is known to read that step.
    for (at, source) in session.sources.iter().enumerate() {
        if let SourceKind::Opaque { inputs, python, .. } = &source.kind {
            for input in inputs.iter().chain(python.iter().flat_map(|cut| &cut.frames)) {
                walk.visit(input, Reader::Source(at));
            }
        }
    }
    walk.found
}

struct Walk<'a> {
    session: &'a Session,
    found: BTreeMap<usize, BTreeSet<Reader>>,
    seen: BTreeSet<(usize, Reader)>,
}

impl Walk<'_> {
    fn visit(&mut self, frame: &Arc<Frame>, reader: Reader) {
        if !self.seen.insert((address(frame), reader)) {
            return;
        }
        let named = self.session.named.iter().position(|named| Arc::ptr_eq(&named.frame, frame));
        let mut owner = reader;
        if let Some(at) = named {
            self.found.entry(at).or_default().insert(reader);
            owner = Reader::Named(at);
        }
        for input in frame.inputs() {
            self.visit(input, owner);
        }
    }
}

/// The named frames that are steps.
pub fn steps(session: &Session, readers: &BTreeMap<usize, BTreeSet<Reader>>) -> BTreeSet<usize> {
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    for (at, named) in session.named.iter().enumerate() {
        let Some(by) = readers.get(&at) else { continue };
        if is_step(session, &chosen, named, by) {
            chosen.insert(at);
        }
    }
    chosen
}

fn is_step(session: &Session, chosen: &BTreeSet<usize>, named: &NamedFrame, by: &BTreeSet<Reader>) -> bool {
    let mut readers = by.iter();
    let (Some(first), None) = (readers.next(), readers.next()) else { return by.len() > 1 };
    match *first {
        Reader::Source(_) => return true,
        Reader::Sink(sink) if session.sinks.get(sink).is_some_and(|sink| Arc::ptr_eq(&sink.frame, &named.frame)) => {
            return false;
        }
        // The same name again: one chain.
        Reader::Named(reader) if session.named.get(reader).is_some_and(|reader| reader.name == named.name) => {
            return false;
        }
        Reader::Sink(_) | Reader::Named(_) => {}
    }
    let mut region = Region::default();
    region.visit(session, chosen, &named.frame);
    region.joins || (region.reads && !region.groups)
}

/// What a frame does by itself, down to the steps that it reads.
#[derive(Default)]
struct Region {
    joins: bool,
    reads: bool,
    groups: bool,
}

impl Region {
    fn visit(&mut self, session: &Session, chosen: &BTreeSet<usize>, top: &Frame) {
        let is_step = |frame: &Frame| {
            let mut named = session.named.iter().enumerate();
            named.any(|(at, named)| chosen.contains(&at) && std::ptr::eq(Arc::as_ptr(&named.frame), frame))
        };
        top.each(&mut |frame| {
            if !std::ptr::eq(frame, top) && is_step(frame) {
                return false;
            }
            self.joins |= matches!(frame.op, Op::Join { .. } | Op::Union { .. });
            self.reads |= matches!(frame.op, Op::Scan { .. });
            self.groups |= matches!(frame.op, Op::Group { .. });
            true
        });
    }
}

/// The table that the script makes of the frame, before anything else that it writes needs the frame: who reads the frame can read that
/// table. None where the table is also written otherwise, or not for sure.
pub fn written_first(
    evaluator: &mut Evaluator,
    session: &Session,
    readers: &BTreeMap<usize, BTreeSet<Reader>>,
    at: usize,
) -> Option<Relation> {
    let named = session.named.get(at)?;
    let (own, sink) = session.sinks.iter().enumerate().find(|(_, sink)| Arc::ptr_eq(&sink.frame, &named.frame))?;
    let steps = &evaluator.script().steps;
    let made = steps.get(sink.step)?;
    let Effect::Create { relation, lifetime: Lifetime::Lasting, .. } = &made.effect else { return None };
    let is_written_again =
        |(number, step): (usize, &Step)| number != sink.step && step.effect.writes().contains(&relation);
    if made.sent.is_some() || !made.guards.is_empty() || steps.iter().enumerate().any(is_written_again) {
        return None;
    }
    let relation = relation.clone();
    let is_later = |reader: usize| session.sinks.get(reader).is_some_and(|other| other.step >= sink.step);
    let needs = reading_writes(readers, at)?;
    needs.into_iter().all(|reader| reader == own || is_later(reader)).then_some(relation)
}

/// The writes that need the frame, directly or through others. None where a step without SQL reads it: when that runs is not known here.
fn reading_writes(readers: &BTreeMap<usize, BTreeSet<Reader>>, at: usize) -> Option<BTreeSet<usize>> {
    let (mut found, mut seen, mut waiting) = (BTreeSet::new(), BTreeSet::from([at]), vec![at]);
    while let Some(frame) = waiting.pop() {
        for reader in readers.get(&frame).into_iter().flatten() {
            match *reader {
                Reader::Sink(sink) => {
                    found.insert(sink);
                }
                Reader::Named(named) if seen.insert(named) => waiting.push(named),
                Reader::Named(_) => {}
                Reader::Source(_) => return None,
            }
        }
    }
    Some(found)
}
