//! Airflow as the evaluator sees it: one table row an operator.
