//! pandas as the evaluator sees it: one table row a method.
