//! Airflow as the evaluator sees it: one table row an operator.
//!
//! In: what a DAG file imports from Airflow. Out: DAGs, tasks and arrows.

use std::rc::Rc;

use super::python::{Arguments, Evaluator, External, Library, Value};

/// Airflow.
#[derive(Debug, Clone, Copy)]
pub struct Airflow;

impl Library for Airflow {
    fn call(&self, _evaluator: &mut Evaluator, _callee: &Rc<External>, _arguments: &Arguments) -> Option<Value> {
        None
    }
}
