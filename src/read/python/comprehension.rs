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
        if let Some(made) = self.row_by_row(generators, element) {
            return made;
        }
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

    /// A comprehension over what stands for rows that nobody knows: its element, row by row.
    fn row_by_row(&mut self, generators: &[Comprehension], element: &Expr) -> Option<Value> {
        let [only] = generators else { return None };
        // It is evaluated once more where nothing stands for its rows, so that it must do nothing besides.
        let is_plain = match &only.iter {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) => true,
            Expr::Call(call) => matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str() == "zip"),
            _ => false,
        };
        if !only.ifs.is_empty() || !is_plain {
            return None;
        }
        let Value::Object(over) = self.evaluate(&only.iter) else { return None };
        let each = over.each()?;
        let outer = self.scope.clone();
        self.scope = super::scope::Scope::function(&outer);
        self.assign(&only.target, each);
        let item = self.evaluate(element);
        self.scope = outer;
        over.gathered(&item)
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
