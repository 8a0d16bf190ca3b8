//! Classes whose base or decorator gives them members: records, named tuples and enumerations.
//!
//! In: a class definition with its bases, or a call of `namedtuple`. Out: the kind of class, what a call of one gives, and
//! the items of its instances. Enumerations that mix in `str` or `int` keep their members as those values.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::function::{Class, Instance};
use super::value::Value;
use crate::text::Span;

/// What a class is, beside what its body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A class with nothing but its body.
    Plain,
    /// Its fields are the arguments of its call, in order: a dataclass, a pydantic model.
    Record(Vec<String>),
    /// The same, and its instances are the tuples of their fields.
    Tuple(Vec<String>),
    /// Its members, in order, are its only instances.
    Enumeration(Vec<String>),
}

impl Kind {
    /// The fields that a call takes, in order.
    pub fn fields(&self) -> &[String] {
        match self {
            Self::Record(fields) | Self::Tuple(fields) => fields,
            Self::Plain | Self::Enumeration(_) => &[],
        }
    }
}

/// What a definition makes, from its bases and decorators.
pub(super) fn of_definition(evaluator: &Evaluator, def: &StmtClassDef, bases: &[Value]) -> Kind {
    let has = |paths: &[&str]| bases.iter().any(|base| outer(base).is_some_and(|path| paths.contains(&path.as_str())));
    if has(&["enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"]) {
        return Kind::Enumeration(members(def));
    }
    let decorated = def.decorator_list.iter().any(|decorator| {
        let text = evaluator.source_text(evaluator.module.span(&decorator.expression)).to_owned();
        text.contains("dataclass") || text.starts_with("attr.") || text.starts_with("attrs.")
    });
    let mut fields: Vec<String> = bases.iter().filter_map(class).flat_map(|base| base.kind.fields().to_vec()).collect();
    let is_record = decorated || !fields.is_empty() || has(&["pydantic.BaseModel"]);
    let is_tuple = has(&["typing.NamedTuple"]);
    for field in def.body.iter().filter_map(Stmt::as_ann_assign_stmt) {
        if let Expr::Name(name) = field.target.as_ref()
            && !fields.iter().any(|known| known == name.id.as_str())
        {
            fields.push(name.id.to_string());
        }
    }
    match (is_tuple, is_record) {
        (true, _) => Kind::Tuple(fields),
        (_, true) => Kind::Record(fields),
        _ => Kind::Plain,
    }
}

fn class(base: &Value) -> Option<&Rc<Class>> {
    match base {
        Value::Class(class) => Some(class),
        _ => None,
    }
}

fn outer(base: &Value) -> Option<String> {
    match base {
        Value::Class(class) => class.outer_base(),
        Value::External(external) if external.imported => Some(external.path.clone()),
        _ => None,
    }
}

/// The names that the body of an enumeration assigns, in order.
fn members(def: &StmtClassDef) -> Vec<String> {
    let assigned = def.body.iter().filter_map(Stmt::as_assign_stmt).flat_map(|assign| &assign.targets);
    let names = assigned.filter_map(|target| target.as_name_expr()).map(|name| name.id.to_string());
    names.filter(|name| !name.starts_with('_')).collect()
}

/// Turns what the body of an enumeration assigned into its members.
pub(super) fn enumerate(class: &Rc<Class>) {
    let Kind::Enumeration(names) = &class.kind else { return };
    let has = |path: &str| class.bases.iter().any(|base| outer(base).as_deref() == Some(path));
    let mixes = |base: &Value| matches!(base, Value::Builtin("str" | "int"));
    let plain = has("enum.StrEnum") || has("enum.IntEnum") || class.bases.iter().any(mixes);
    for (at, name) in names.iter().enumerate() {
        let Some(given) = class.members.borrow().get(name).cloned() else { continue };
        let value = match &given {
            Value::External(external) if external.path == "enum.auto()" && has("enum.StrEnum") => {
                Value::text(&name.to_lowercase(), external.span)
            }
            Value::External(external) if external.path == "enum.auto()" => {
                i64::try_from(at + 1).map_or(Value::None, Value::Int)
            }
            _ => given,
        };
        let member = if plain { value } else { member(class, name, value) };
        class.members.borrow_mut().insert(name.clone(), member);
    }
}

fn member(class: &Rc<Class>, name: &str, value: Value) -> Value {
    let fields = [("name".to_owned(), Value::text(name, class.span)), ("value".to_owned(), value)];
    let instance = Instance {
        class: class.clone(),
        fields: RefCell::new(fields.into()),
        span: class.span,
        passed: RefCell::default(),
    };
    Value::Instance(Rc::new(instance))
}

/// The members of an enumeration, in order.
pub(super) fn listed(class: &Class) -> Option<Vec<Value>> {
    let Kind::Enumeration(names) = &class.kind else { return None };
    Some(names.iter().filter_map(|name| class.member(name)).collect())
}

/// `TaskId("dry_run")`: the member of that value.
pub(super) fn looked_up(class: &Class, arguments: &Arguments) -> Option<Value> {
    let wanted = &arguments.positional(0)?.value;
    listed(class)?.into_iter().find(|member| match member {
        Value::Instance(instance) => {
            instance.fields.borrow().get("value").is_some_and(|value| value.equals(wanted) == Some(true))
        }
        member => member.equals(wanted) == Some(true),
    })
}

/// The fields of a named tuple, as the tuple that it is.
pub(super) fn as_tuple(instance: &Instance) -> Option<Value> {
    let Kind::Tuple(names) = &instance.class.kind else { return None };
    let fields = instance.fields.borrow();
    names.iter().map(|name| fields.get(name).cloned()).collect::<Option<Vec<_>>>().map(Value::tuple)
}

/// `namedtuple(name, fields)`.
pub(super) fn named_tuple(evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let name = arguments.get("typename", 0)?.as_text()?.to_owned();
    let given = arguments.get("field_names", 1)?.clone();
    let fields: Vec<String> = if let Some(words) = given.as_text() {
        words.replace(',', " ").split_whitespace().map(str::to_owned).collect()
    } else {
        let items = evaluator.iterate(&given, span)?;
        items.iter().map(|item| item.as_text().map(str::to_owned)).collect::<Option<_>>()?
    };
    let defaults = arguments.keyword("defaults").and_then(Value::items).unwrap_or_default();
    let optional = fields.iter().skip(fields.len().saturating_sub(defaults.len())).cloned();
    let members = optional.zip(defaults).collect();
    Some(Value::Class(Rc::new(Class {
        name,
        bases: Vec::new(),
        members: RefCell::new(members),
        span,
        kind: Kind::Tuple(fields),
    })))
}

/// What a record's field holds where the call gives nothing: the default, or what `default_factory` makes.
pub(super) fn default(evaluator: &mut Evaluator, class: &Class, name: &str, span: Span) -> Option<Value> {
    let value = class.member(name)?;
    let Value::External(external) = &value else { return Some(value) };
    if !matches!(external.path.as_str(), "dataclasses.field()" | "pydantic.Field()" | "attr.ib()" | "attrs.field()") {
        return Some(value);
    }
    let arguments = external.arguments.clone()?;
    match (arguments.keyword("default"), arguments.keyword("default_factory").or(arguments.keyword("factory"))) {
        (Some(default), _) => Some(default.clone()),
        (_, Some(factory)) => Some(evaluator.call(&factory.clone(), &Arguments::none(span))),
        _ => None,
    }
}
