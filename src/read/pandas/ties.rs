//! What a step without SQL reads, and what it is in Python, once steps have relations.

use std::sync::Arc;

use super::relink::{Relinker, address};
use super::session::{Cut, SourceKind};
use crate::frame::{Frame, Op};
use crate::name::Relation;
use crate::steps::PythonBody;

/// What an opaque step reads, and what it is in Python.
#[derive(Debug, Clone, Default)]
pub struct Tie {
    /// The relations that it reads.
    pub reads: Vec<Relation>,
    /// Its code, where all that it uses is known.
    pub python: Option<PythonBody>,
}

/// Ties a source to the relations of its inputs.
pub fn tie(kind: &SourceKind, relinker: &mut Relinker) -> Tie {
    let SourceKind::Opaque { inputs, python, .. } = kind else { return Tie::default() };
    let python = python.as_ref().and_then(|cut| python_body(cut, relinker));
    let mut reads: Vec<Relation> = match &python {
        Some(body) => body.inputs.iter().map(|(_, relation)| relation.clone()).collect(),
        None => inputs.iter().flat_map(|input| relations_of(input, relinker)).collect(),
    };
    let mut seen: Vec<Relation> = Vec::new();
    reads.retain(|relation| {
        let new = !seen.contains(relation);
        seen.push(relation.clone());
        new
    });
    Tie { reads, python }
}

/// The relations that a frame reads; itself, when it is a step.
fn relations_of(frame: &Arc<Frame>, relinker: &mut Relinker) -> Vec<Relation> {
    match relinker.steps.get(&address(frame)) {
        Some(relation) => vec![relation.clone()],
        None => relinker.body(frame).relations(),
    }
}

/// The code of a step with the relations of its inputs; none where an input is no relation of its own.
fn python_body(cut: &Cut, relinker: &mut Relinker) -> Option<PythonBody> {
    let mut inputs = Vec::new();
    for (name, frame) in cut.slice.inputs.iter().zip(&cut.frames) {
        let stands_alone = relinker.steps.contains_key(&address(frame)) || matches!(frame.op, Op::Scan { .. });
        let relations = relations_of(frame, relinker);
        let ([relation], true) = (relations.as_slice(), stands_alone) else { return None };
        inputs.push((name.clone(), relation.clone()));
    }
    Some(PythonBody { inputs, code: cut.slice.code.clone(), result: cut.slice.result.clone() })
}
