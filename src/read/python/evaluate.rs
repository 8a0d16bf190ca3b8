//! Expressions: what each is worth, as far as the inputs tell.
//!
//! In: expressions of the tree. Out: values. Never raises: what Python would refuse is an unknown value with the
//! reason.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, ExprCompare, ExprDict, Number};

use super::arguments::{Argument, Arguments};
use super::evaluator::{EXPRESSION_DEPTH, Evaluator};
use super::operator::Operation;
use super::value::Value;
use crate::finding::Code;
use crate::text::Span;

impl Evaluator<'_> {
    /// What an expression is worth.
    pub(super) fn evaluate(&mut self, expression: &Expr) -> Value {
        if self.depth >= EXPRESSION_DEPTH {
            let span = self.module.span(expression);
            self.finding(Code::R205, span, "the expression nests too deep to be followed", "split the expression");
            return self.unknown("…", "the expression nests too deep", span);
        }
        self.depth += 1;
        let value = self.expression(expression);
        self.depth -= 1;
        value
    }

    fn expression(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::NoneLiteral(_) | Expr::EllipsisLiteral(_) => Value::None,
            Expr::BooleanLiteral(literal) => Value::Bool(literal.value),
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(int) => {
                    int.as_i64().map_or_else(|| self.opaque(expression, "the number is too large"), Value::Int)
                }
                Number::Float(float) => Value::Float(*float),
                Number::Complex { .. } => self.opaque(expression, "complex numbers are not followed"),
            },
            Expr::StringLiteral(_) | Expr::FString(_) | Expr::BytesLiteral(_) | Expr::TString(_) => {
                self.literal(expression)
            }
            Expr::Name(name) => self.name(name.id.as_str(), self.module.span(expression)),
            Expr::List(list) => Value::list(self.spread(&list.elts)),
            Expr::Set(set) => Value::list(distinct(self.spread(&set.elts))),
            Expr::Tuple(tuple) => Value::tuple(self.spread(&tuple.elts)),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Attribute(attribute) => {
                let of = self.evaluate(&attribute.value);
                self.attribute(&of, attribute.attr.as_str(), self.module.span(expression))
            }
            Expr::Subscript(item) => {
                let of = self.evaluate(&item.value);
                let key = self.evaluate(&item.slice);
                self.subscript(&of, &key, self.module.span(expression))
            }
            Expr::Slice(slice) => {
                let mut part = |part: &Option<Box<Expr>>| part.as_ref().map_or(Value::None, |part| self.evaluate(part));
                Value::Slice(Rc::new([part(&slice.lower), part(&slice.upper), part(&slice.step)]))
            }
            Expr::Call(call) => self.call_expression(call),
            Expr::BinOp(binary) => {
                let left = self.evaluate(&binary.left);
                let right = self.evaluate(&binary.right);
                self.operate(binary.op.into(), &left, &right, self.module.span(expression))
            }
            Expr::UnaryOp(unary) => {
                let operand = self.evaluate(&unary.operand);
                self.unary(unary.op.into(), &operand, self.module.span(expression))
            }
            Expr::BoolOp(logic) => self.logic(logic),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => self.choice(choice),
            Expr::Named(named) => {
                let value = self.evaluate(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            other => self.long_expression(other),
        }
    }

    /// Comprehensions and what belongs to generators and coroutines.
    fn long_expression(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &comp.elt),
            Expr::SetComp(comp) => match self.comprehension(&comp.generators, &comp.elt) {
                Value::List(items) => Value::list(distinct(items.borrow().clone())),
                other => other,
            },
            Expr::Generator(comp) => self.comprehension(&comp.generators, &comp.elt),
            Expr::DictComp(comp) => self.dict_comprehension(comp),
            Expr::Await(wait) => self.evaluate(&wait.value),
            Expr::Yield(give) => {
                let value = give.value.as_ref().map_or(Value::None, |value| self.evaluate(value));
                if let Some(frame) = self.frames.last_mut() {
                    frame.yielded.push(value);
                }
                self.opaque(expression, "it is sent into a generator")
            }
            Expr::YieldFrom(give) => {
                let value = self.evaluate(&give.value);
                let items = self.iterate(&value, self.module.span(expression)).unwrap_or_default();
                if let Some(frame) = self.frames.last_mut() {
                    frame.yielded.extend(items);
                }
                Value::None
            }
            Expr::Starred(starred) => self.evaluate(&starred.value),
            _ => self.opaque(expression, "it is a notebook command"),
        }
    }

    /// An unknown value that goes by the expression's own text.
    pub(super) fn opaque(&self, expression: &Expr, reason: &str) -> Value {
        let text: String = self.module.text(expression).chars().take(60).collect();
        self.unknown(&text, reason, self.module.span(expression))
    }

    fn name(&mut self, name: &str, span: Span) -> Value {
        if let Some(value) = self.scope.get(name) {
            return value;
        }
        match super::builtins::find(name) {
            Some(builtin) => builtin,
            None => self.unknown(name, format!("`{name}` is not defined in the inputs"), span),
        }
    }

    /// The items of a list display, with `*x` spread.
    fn spread(&mut self, elements: &[Expr]) -> Vec<Value> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let value = self.evaluate(element);
            match element {
                Expr::Starred(_) => match self.iterate(&value, self.module.span(element)) {
                    Some(more) => items.extend(more),
                    None => items.push(value),
                },
                _ => items.push(value),
            }
        }
        items
    }

    fn dict(&mut self, dict: &ExprDict) -> Value {
        let result = Value::dict(Vec::new());
        for item in &dict.items {
            let value = self.evaluate(&item.value);
            let span = self.module.span(&item.value);
            match &item.key {
                Some(key) => {
                    let key = self.evaluate(key);
                    self.set_item(&result, &key, value, span);
                }
                None => {
                    for (key, value) in value.entries().unwrap_or_default() {
                        self.set_item(&result, &key, value, span);
                    }
                }
            }
        }
        result
    }

    /// The arguments of a call, evaluated in order.
    pub(super) fn arguments(&mut self, call: &ExprCall) -> Arguments {
        let mut arguments = Arguments::none(self.module.span(call));
        for expression in &call.arguments.args {
            let value = self.evaluate(expression);
            let span = self.module.span(expression);
            if !expression.is_starred_expr() {
                arguments.items.push(Argument { name: None, value, span });
                continue;
            }
            match self.iterate(&value, span) {
                Some(items) => {
                    arguments.items.extend(items.into_iter().map(|value| Argument { name: None, value, span }));
                }
                None => arguments.open = true,
            }
        }
        for keyword in &call.arguments.keywords {
            let value = self.evaluate(&keyword.value);
            let span = self.module.span(&keyword.value);
            match &keyword.arg {
                Some(name) => arguments.items.push(Argument { name: Some(name.to_string()), value, span }),
                None => spread_keywords(&value, span, &mut arguments),
            }
        }
        arguments
    }

    fn call_expression(&mut self, call: &ExprCall) -> Value {
        let span = self.module.span(call);
        if !self.spend(span) {
            return self.unknown("…", "the script does more than is followed", span);
        }
        let Expr::Attribute(attribute) = call.func.as_ref() else {
            let callee = self.evaluate(&call.func);
            let arguments = self.arguments(call);
            return self.call(&callee, &arguments);
        };
        let of = self.evaluate(&attribute.value);
        let arguments = self.arguments(call);
        self.call_method(&of, attribute.attr.as_str(), &arguments)
    }

    fn logic(&mut self, logic: &ruff_python_ast::ExprBoolOp) -> Value {
        let is_and = logic.op == ruff_python_ast::BoolOp::And;
        let mut unsure: Option<Value> = None;
        let mut last = Value::None;
        let mut symbolic: Option<Value> = None;
        for operand in &logic.values {
            last = self.evaluate(operand);
            if last.symbol().is_some() {
                let operation = if is_and { Operation::And } else { Operation::Or };
                symbolic = Some(match symbolic.take() {
                    Some(known) => self.operate(operation, &known, &last, self.module.span(logic)),
                    None => last.clone(),
                });
                continue;
            }
            if symbolic.is_some() && !matches!(last, Value::Bool(_)) {
                unsure = Some(self.unknown("…", "one of several values is taken, row by row", self.module.span(logic)));
                symbolic = None;
            }
            match last.truth() {
                Some(truth) if truth != is_and => {
                    return match unsure {
                        Some(value) if is_and == truth => value,
                        Some(_) if is_and => last,
                        Some(value) => value,
                        None => last,
                    };
                }
                Some(_) => {}
                None => {
                    let operation = if is_and { Operation::And } else { Operation::Or };
                    unsure = Some(match unsure {
                        // Two totals of a group: a library may know what both together are.
                        Some(known @ Value::Object(_)) if matches!(last, Value::Object(_)) => {
                            self.operate(operation, &known, &last, self.module.span(logic))
                        }
                        Some(known) => known,
                        None => last.clone(),
                    });
                }
            }
        }
        unsure.or(symbolic).unwrap_or(last)
    }

    fn compare(&mut self, compare: &ExprCompare) -> Value {
        let mut left = self.evaluate(&compare.left);
        let mut result = Value::Bool(true);
        let span = self.module.span(compare);
        for (operator, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.evaluate(right);
            let one = self.operate((*operator).into(), &left, &right, span);
            if one.truth() == Some(false) || compare.ops.len() == 1 {
                return one;
            }
            if one.symbol().is_some() && result.symbol().is_some() {
                result = self.operate(Operation::And, &result, &one, span);
            } else if one.truth().is_none() && (result.truth().is_some() || one.symbol().is_none()) {
                result = one;
            }
            left = right;
        }
        result
    }

    fn choice(&mut self, choice: &ruff_python_ast::ExprIf) -> Value {
        let test = self.evaluate(&choice.test);
        match test.truth() {
            Some(true) => self.evaluate(&choice.body),
            Some(false) => self.evaluate(&choice.orelse),
            None if test.symbol().is_some() => {
                let one = self.evaluate(&choice.body);
                let other = self.evaluate(&choice.orelse);
                self.choose(&test, &one, &other, self.module.span(choice))
            }
            None => {
                let one = self.evaluate(&choice.body);
                let other = self.evaluate(&choice.orelse);
                let text = self.module.text(choice.body.as_ref()).to_owned();
                self.join(&text, &one, &other, self.module.span(choice))
            }
        }
    }

    /// `-x`, `~x`, `not x`.
    fn unary(&mut self, operation: Operation, operand: &Value, span: Span) -> Value {
        match (operation, operand) {
            (Operation::Not, operand) => match operand.truth() {
                Some(truth) => Value::Bool(!truth),
                None if operand.symbol().is_some() => self.negate(operand, span),
                None => self.unknown("not", "the condition is not known", span),
            },
            (_, Value::Object(object)) => {
                let described = object.describe();
                object
                    .clone()
                    .unary(self, operation, span)
                    .unwrap_or_else(|| Value::unknown("…", format!("a sign before {described} is not followed"), span))
            }
            (Operation::Negative, Value::Int(value)) => Value::Int(value.saturating_neg()),
            (Operation::Negative, Value::Float(value)) => Value::Float(-value),
            (Operation::Positive, Value::Int(_) | Value::Float(_)) => operand.clone(),
            (Operation::Invert, Value::Int(value)) => Value::Int(!value),
            (Operation::Invert, Value::Bool(value)) => Value::Int(!i64::from(*value)),
            _ => self.unknown("…", operand.external().map_or("the value is not known", |it| &it.reason), span),
        }
    }
}

/// The values without those that came before.
pub(super) fn distinct(items: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if !kept.iter().any(|known| known.equals(&item) == Some(true)) {
            kept.push(item);
        }
    }
    kept
}

fn spread_keywords(value: &Value, span: Span, arguments: &mut Arguments) {
    let Some(entries) = value.entries() else {
        arguments.open = true;
        return;
    };
    for (key, value) in entries {
        match key.as_text() {
            Some(name) => arguments.items.push(Argument { name: Some(name.to_owned()), value, span }),
            None => arguments.open = true,
        }
    }
}
