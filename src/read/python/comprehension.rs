//! Comprehensions and generator expressions, unrolled over what is known.
//!
//! In: `for` and `if` clauses and an element. Out: a list or dict; an unknown value with the reason where the items, or
//! which of them are kept, are not known.

use ruff_python_ast::{Comprehension, Expr};

use super::evaluator::Evaluator;
use super::value::Value;

/// How many items comprehensions give at most.
const ITEM_LIMIT: usize = 20_000;

impl Evaluator<'_> {
    pub(super) fn comprehension(&mut self, generators: &[Comprehension], element: &Expr) -> Value {
        let mut items = Vec::new();
        let outer = self.scope.clone();
        self.scope = super::scope::Scope::function(&outer);
        let complete = self.generate(generators, &mut |evaluator| {
            let item = evaluator.evaluate(element);
            items.push(item);
        });
        self.scope = outer;
        match complete {
            Ok(()) => Value::list(items),
            Err(reason) => {
                let span = self.module.span(element);
                self.unknown("a list", reason, span)
            }
        }
    }

    pub(super) fn dict_comprehension(&mut self, comp: &ruff_python_ast::ExprDictComp) -> Value {
        let result = Value::dict(Vec::new());
        let outer = self.scope.clone();
        self.scope = super::scope::Scope::function(&outer);
        let complete = self.generate(&comp.generators, &mut |evaluator| {
            let key = comp.key.as_ref().map_or(Value::None, |key| evaluator.evaluate(key));
            let value = evaluator.evaluate(&comp.value);
            let span = evaluator.module.span(comp);
            evaluator.set_item(&result, &key, value, span);
        });
        self.scope = outer;
        match complete {
            Ok(()) => result,
            Err(reason) => self.unknown("a dict", reason, self.module.span(comp)),
        }
    }

    /// Runs `each` for every combination; the reason, when the items are not known.
    fn generate(&mut self, generators: &[Comprehension], each: &mut dyn FnMut(&mut Self)) -> Result<(), String> {
        let Some((first, rest)) = generators.split_first() else {
            each(self);
            return Ok(());
        };
        let over = self.evaluate(&first.iter);
        let span = self.module.span(&first.iter);
        let Some(items) = self.iterate(&over, span) else {
            let text = self.module.text(&first.iter).to_owned();
            return Err(over
                .external()
                .map_or_else(|| format!("the items of `{text}` are not known"), |it| it.reason.clone()));
        };
        for item in items.into_iter().take(ITEM_LIMIT) {
            if !self.spend(span) {
                return Err("the script does more than is followed".to_owned());
            }
            self.assign(&first.target, item);
            let mut keep = Some(true);
            for test in &first.ifs {
                keep = match self.evaluate(test).truth() {
                    Some(true) => keep,
                    Some(false) => Some(false),
                    None => keep.filter(|keep| !keep),
                };
                if keep == Some(false) {
                    break;
                }
            }
            match keep {
                Some(true) => self.generate(rest, each)?,
                Some(false) => {}
                None => return Err("which items are kept is only known at run time".to_owned()),
            }
        }
        Ok(())
    }
}
