//! The text form of the intermediate representation, read back: passes are tested in it, with no reader involved.
//!
//! In: lines as `show.rs` prints them, or shorter. Out: scripts whose spans are bytes of that text. A piece of SQL
//! is a list of the relations that it names and, in double quotes, its text; without the text, `select * from` the
//! relations stands in. Relations are found in the text as whole words.

mod merge;

use super::text_form::{Tokens, mentions, tokenize};
use super::{
    Arrow, Assignment, Body, Change, ColumnDef, ColumnUse, Conflict, Delete, Effect, Form, Guard, How, Lifetime,
    Opaque, Output, Param, Query, Script, ScriptKind, Sql, Statement, StatementReading, Step, Task, Update,
};
use crate::dialect::Dialect;
use crate::frame::Frame;
use crate::name::{Ident, Relation};
use crate::text::{SourceId, Span};

type Parsed<T> = Result<T, String>;

/// Scripts from their text form. Steps before the first `script` line belong to a plain SQL script of PostgreSQL's
/// dialect by the name of `script`.
///
/// # Errors
/// The first line that is not in the text form, with what was expected.
pub fn parse(text: &str) -> Parsed<Vec<Script>> {
    let mut parser = Parser { text, scripts: Vec::new(), dialect: Dialect::Postgres };
    for line in tokenize(text)? {
        let mut tokens = Tokens::new(&line);
        parser.line(&mut tokens).map_err(|error| {
            let start = line.first().map_or(0, |token| token.start);
            let rest = text.get(start..).unwrap_or("").lines().next().unwrap_or("");
            format!("{error} in `{rest}`")
        })?;
    }
    Ok(parser.scripts)
}

struct Parser<'a> {
    text: &'a str,
    scripts: Vec<Script>,
    dialect: Dialect,
}

impl Parser<'_> {
    fn line(&mut self, tokens: &mut Tokens) -> Parsed<()> {
        if tokens.take("script") {
            return self.script(tokens);
        }
        if self.scripts.is_empty() {
            let span = Span::new(SourceId(0), 0, self.text.len());
            self.scripts.push(Script::new("script", ScriptKind::Sql, span, self.dialect));
        }
        if tokens.take("param") {
            return self.param(tokens);
        }
        if tokens.take("task") {
            return self.task(tokens);
        }
        if tokens.take("arrow") {
            return self.arrow(tokens);
        }
        self.step(tokens)
    }

    fn current(&mut self) -> Parsed<&mut Script> {
        self.scripts.last_mut().ok_or_else(|| "expected a script".to_owned())
    }

    fn script(&mut self, tokens: &mut Tokens) -> Parsed<()> {
        let name = tokens.word()?;
        let kinds = [ScriptKind::Procedure, ScriptKind::Sql, ScriptKind::Pandas, ScriptKind::Airflow];
        let kind = kinds.into_iter().find(|kind| tokens.take(kind.name())).unwrap_or(ScriptKind::Sql);
        self.dialect = if tokens.done() { Dialect::Postgres } else { tokens.word()?.parse()? };
        let span = Span::new(SourceId(0), tokens.start(), tokens.end());
        self.scripts.push(Script::new(name, kind, span, self.dialect));
        tokens.finish()
    }

    fn param(&mut self, tokens: &mut Tokens) -> Parsed<()> {
        let name = tokens.word()?;
        let sql_type = tokens.string().unwrap_or_default();
        let default = if tokens.take("=") { Some(tokens.string().ok_or("expected a default")?) } else { None };
        self.current()?.params.push(Param { name, sql_type, default });
        tokens.finish()
    }

    fn task(&mut self, tokens: &mut Tokens) -> Parsed<()> {
        let id = tokens.word()?;
        let operator = if tokens.done() { "PythonOperator".to_owned() } else { tokens.word()? };
        let span = Span::new(SourceId(0), tokens.start(), tokens.end());
        let task = Task::new(id, operator, span);
        self.current()?.tasks.push(task);
        tokens.finish()
    }

    fn arrow(&mut self, tokens: &mut Tokens) -> Parsed<()> {
        let from = tokens.word()?;
        tokens.expect("->")?;
        let to = tokens.word()?;
        let perhaps = tokens.take("perhaps");
        let span = Span::new(SourceId(0), tokens.start(), tokens.end());
        let script = self.current()?;
        let find = |id: &str| {
            let at = script.tasks.iter().position(|task| task.id == id);
            at.ok_or_else(|| format!("no task `{id}`"))
        };
        script.arrows.push(Arrow { from: find(&from)?, to: find(&to)?, span, perhaps });
        tokens.finish()
    }

    fn step(&mut self, tokens: &mut Tokens) -> Parsed<()> {
        let task = if tokens.take("[") {
            let id = tokens.word()?;
            tokens.expect("]")?;
            let at = self.current()?.tasks.iter().position(|task| task.id == id);
            Some(at.ok_or_else(|| format!("no task `{id}`"))?)
        } else {
            None
        };
        let mut reader = StepReader { tokens, dialect: self.dialect };
        let guards = reader.guards()?;
        let what = reader.tokens.peek_word().unwrap_or_default();
        let effect = reader.effect()?;
        let span = Span::new(SourceId(0), tokens.start(), tokens.end());
        tokens.finish()?;
        let script = self.current()?;
        let at = script.steps.len();
        script.steps.push(Step { span, effect, guards, comment: String::new(), task, sent: None });
        script.statements.push(Statement { span, what, reading: StatementReading::Steps(vec![at]) });
        Ok(())
    }
}

struct StepReader<'a, 'b> {
    tokens: &'a mut Tokens<'b>,
    dialect: Dialect,
}

impl StepReader<'_, '_> {
    fn guards(&mut self) -> Parsed<Vec<Guard>> {
        let mut guards = Vec::new();
        loop {
            let guard = if self.tokens.take("if") {
                Guard::If { condition: self.sql()?, negated: false }
            } else if self.tokens.take("else") {
                Guard::If { condition: self.sql()?, negated: true }
            } else if self.tokens.take("loop") {
                let head = Sql::plain(self.tokens.string().ok_or("expected a loop's head")?, self.tokens.span());
                let query = if self.tokens.take("over") { Some(Box::new(self.query()?)) } else { None };
                let mut carries = Vec::new();
                if self.tokens.take("carrying") {
                    carries.push(self.tokens.word()?);
                    while self.tokens.take(",") {
                        carries.push(self.tokens.word()?);
                    }
                }
                Guard::Loop { head, variable: None, query, carries }
            } else if self.tokens.take("handler") {
                Guard::Handler { conditions: self.tokens.string().unwrap_or_default() }
            } else {
                return Ok(guards);
            };
            self.tokens.expect(":")?;
            guards.push(guard);
        }
    }

    fn effect(&mut self) -> Parsed<Effect> {
        let word = self.tokens.word()?;
        match word.as_str() {
            "create" => self.create(),
            "declare" => self.declare(),
            "replace" => {
                let (relation, columns) = (self.relation()?, self.list()?);
                self.tokens.expect("<-")?;
                Ok(Effect::Replace { relation, columns, body: self.body()? })
            }
            "append" => {
                let (relation, columns) = (self.relation()?, self.list()?);
                self.tokens.expect("<-")?;
                Ok(Effect::Append { relation, columns, body: self.body()?, conflict: self.conflict()? })
            }
            "merge" => self.merge(),
            "update" => self.update(),
            "delete" => self.delete(),
            "empty" => Ok(Effect::Truncate { relation: self.relation()? }),
            "drop" => Ok(Effect::Drop { relation: self.relation()? }),
            "rename" => {
                let from = self.relation()?;
                self.tokens.expect("to")?;
                Ok(Effect::Rename { from, to: self.relation()? })
            }
            "swap" => {
                let left = self.relation()?;
                self.tokens.expect("with")?;
                Ok(Effect::Swap { left, right: self.relation()? })
            }
            "alter" => Ok(Effect::Alter { relation: self.relation()?, change: self.change()? }),
            "call" => self.call(),
            "bind" => {
                let mut variables = vec![self.tokens.word()?];
                while self.tokens.take(",") {
                    variables.push(self.tokens.word()?);
                }
                self.tokens.expect("<-")?;
                Ok(Effect::Bind { variables, body: self.query()? })
            }
            "read" => Ok(Effect::Read { body: self.body()? }),
            "opaque" => self.opaque(),
            other => Err(format!("expected an effect, found `{other}`")),
        }
    }

    fn kind(&mut self) -> (Lifetime, Form) {
        let lifetime = if self.tokens.take("temp") { Lifetime::Temporary } else { Lifetime::Lasting };
        (lifetime, if self.tokens.take("view") { Form::View } else { Form::Table })
    }

    fn create(&mut self) -> Parsed<Effect> {
        let (lifetime, form) = self.kind();
        let (relation, columns) = (self.relation()?, self.list()?);
        self.tokens.expect("<-")?;
        Ok(Effect::Create { relation, lifetime, form, columns, body: self.body()? })
    }

    fn declare(&mut self) -> Parsed<Effect> {
        let (lifetime, _) = self.kind();
        let keeps_existing = self.tokens.take("if_missing");
        let relation = self.relation()?;
        self.tokens.expect("(")?;
        let mut columns = Vec::new();
        while !self.tokens.take(")") {
            columns.push(self.column()?);
            self.tokens.take(",");
        }
        Ok(Effect::Declare { relation, lifetime, columns, keeps_existing })
    }

    fn column(&mut self) -> Parsed<ColumnDef> {
        let mut column = ColumnDef { name: self.tokens.word()?, ..ColumnDef::default() };
        column.sql_type = self.tokens.string().unwrap_or_default();
        column.not_null = self.tokens.take("not_null");
        column.unique = self.tokens.take("unique");
        column.generated = self.tokens.take("generated");
        if self.tokens.take("from") {
            let mut number = || self.tokens.string().and_then(|text| text.parse().ok()).ok_or("expected a number");
            column.numbers = Some((number()?, number()?));
        }
        if self.tokens.take("=") {
            column.default = Some(self.tokens.string().ok_or("expected a default")?);
        }
        Ok(column)
    }

    fn change(&mut self) -> Parsed<Change> {
        let word = self.tokens.word()?;
        match word.as_str() {
            "add" => Ok(Change::Add(self.column()?)),
            "drop" => Ok(Change::Drop(self.tokens.word()?)),
            "retype" => Ok(Change::Retype(self.column()?)),
            "rename" => {
                let from = self.tokens.word()?;
                self.tokens.expect("to")?;
                Ok(Change::Rename { from, to: self.tokens.word()? })
            }
            other => Err(format!("expected a change, found `{other}`")),
        }
    }

    fn target(&mut self) -> Parsed<(Relation, String)> {
        let relation = self.relation()?;
        let alias = if self.tokens.take("as") { self.tokens.word()? } else { relation.name().to_owned() };
        Ok((relation, alias))
    }

    fn update(&mut self) -> Parsed<Effect> {
        let (relation, alias) = self.target()?;
        self.tokens.expect("set")?;
        let assignments = self.assignments()?;
        let (from, filter) = (self.clause("from")?, self.clause("where")?);
        let deciding = self.deciding()?;
        Ok(Effect::Update(Box::new(Update { relation, alias, assignments, from, filter, deciding })))
    }

    fn delete(&mut self) -> Parsed<Effect> {
        let (relation, alias) = self.target()?;
        let using = self.clause("using")?;
        let filter = self.clause("where")?.ok_or("expected `where`")?;
        let deciding = self.deciding()?;
        Ok(Effect::Delete(Box::new(Delete { relation, alias, using, filter, deciding })))
    }

    fn deciding(&mut self) -> Parsed<Vec<ColumnUse>> {
        if self.tokens.take("deciding") { self.uses() } else { Ok(Vec::new()) }
    }

    /// Uses of columns in braces; none where no brace opens.
    fn uses(&mut self) -> Parsed<Vec<ColumnUse>> {
        let mut uses = Vec::new();
        if self.tokens.take("{") {
            while !self.tokens.take("}") {
                let how =
                    [How::Copied, How::Computed, How::Filtering].into_iter().find(|how| self.tokens.take(how.name()));
                uses.push(self.column_use(how.ok_or("expected how a column is used")?)?);
                self.tokens.take(",");
            }
        }
        Ok(uses)
    }

    fn conflict(&mut self) -> Parsed<Option<Conflict>> {
        if !self.tokens.take("on_conflict") {
            return Ok(None);
        }
        let key = self.list()?;
        let replaces_row = self.tokens.take("replace");
        let assignments = if self.tokens.take("set") { self.assignments()? } else { Vec::new() };
        self.tokens.take("nothing");
        Ok(Some(Conflict { key, assignments, replaces_row, filter: self.clause("where")? }))
    }

    fn assignments(&mut self) -> Parsed<Vec<Assignment>> {
        let mut all = Vec::new();
        loop {
            let column = self.tokens.word()?;
            self.tokens.expect("=")?;
            all.push(Assignment { column, value: self.sql()?, from: self.uses()? });
            if !self.tokens.take(",") {
                return Ok(all);
            }
        }
    }

    fn call(&mut self) -> Parsed<Effect> {
        let procedure = self.relation()?;
        let mut arguments = Vec::new();
        if self.tokens.take("(") {
            while !self.tokens.take(")") {
                let name = match self.tokens.peek_word() {
                    Some(_) => self.tokens.word()?,
                    None => String::new(),
                };
                self.tokens.take("=");
                arguments.push((name, self.tokens.string().ok_or("expected an argument")?));
                self.tokens.take(",");
            }
        }
        Ok(Effect::Call { procedure, arguments, file: None })
    }

    fn opaque(&mut self) -> Parsed<Effect> {
        let reason = self.tokens.string().ok_or("expected a reason")?;
        let reads = if self.tokens.take("reads") { self.relations()? } else { Vec::new() };
        let writes = if self.tokens.take("writes") { self.relations()? } else { Vec::new() };
        let text = reason.clone();
        Ok(Effect::Opaque(Opaque { reason, help: String::new(), text, reads, writes, is_frame: false, python: None }))
    }

    fn list(&mut self) -> Parsed<Vec<String>> {
        let mut names = Vec::new();
        if self.tokens.take("(") {
            while !self.tokens.take(")") {
                names.push(self.tokens.word()?);
                self.tokens.take(",");
            }
        }
        Ok(names)
    }

    fn relation(&mut self) -> Parsed<Relation> {
        let mut parts = Vec::new();
        loop {
            let quoted = self.tokens.peek_quoted();
            parts.push(Ident::new(&self.tokens.word()?, quoted, self.dialect));
            if !self.tokens.take(".") {
                return Ok(Relation::new(parts, self.dialect));
            }
        }
    }

    fn relations(&mut self) -> Parsed<Vec<Relation>> {
        let mut all = vec![self.relation()?];
        while self.tokens.take(",") {
            all.push(self.relation()?);
        }
        Ok(all)
    }

    fn clause(&mut self, word: &str) -> Parsed<Option<Sql>> {
        if self.tokens.take(word) { self.sql().map(Some) } else { Ok(None) }
    }

    fn sql(&mut self) -> Parsed<Sql> {
        let names = match self.tokens.peek_word() {
            Some(word) if word == "nothing" => {
                self.tokens.word()?;
                Vec::new()
            }
            Some(_) => self.relations()?,
            None => Vec::new(),
        };
        let shown: Vec<String> = names.iter().map(ToString::to_string).collect();
        let text = self.tokens.string().unwrap_or_else(|| match shown.as_slice() {
            [] => "select 1".to_owned(),
            names => format!("select * from {}", names.join(", ")),
        });
        let mut sql = Sql::plain(text, self.tokens.span());
        sql.mentions = mentions(&sql.text, &names);
        Ok(sql)
    }

    fn body(&mut self) -> Parsed<Body> {
        if self.tokens.take("frame") {
            let frame = Frame::scan(self.relation()?, &[]);
            return Ok(Body::Frame(Box::new(frame)));
        }
        self.query().map(Body::Query)
    }

    fn query(&mut self) -> Parsed<Query> {
        let mut query = Query::new(self.sql()?);
        if self.tokens.take("{") {
            while !self.tokens.take("}") {
                if self.tokens.take("filtering") {
                    query.deciding.push(self.column_use(How::Filtering)?);
                } else {
                    query.outputs.push(self.output()?);
                }
                self.tokens.take(",");
            }
        } else {
            query.outputs = query.sql.mentions.iter().map(|mention| star(&mention.relation)).collect();
        }
        if self.tokens.take("key") {
            query.key = self.list()?;
        }
        Ok(query)
    }

    fn output(&mut self) -> Parsed<Output> {
        if self.tokens.take("*") {
            return Ok(Output::Star { relation: self.relation()?, except: self.list()? });
        }
        let name = self.tokens.word()?;
        let mut from = Vec::new();
        loop {
            if self.tokens.take("copied") {
                from.push(self.column_use(How::Copied)?);
            } else if self.tokens.take("computed") {
                from.push(self.column_use(How::Computed)?);
            } else {
                return Ok(Output::Column { name, from });
            }
        }
    }

    fn column_use(&mut self, how: How) -> Parsed<ColumnUse> {
        let column = self.tokens.word()?;
        self.tokens.expect("of")?;
        let mut relations = vec![self.relation()?];
        while self.tokens.take("or") {
            relations.push(self.relation()?);
        }
        Ok(ColumnUse { relations, column, how })
    }
}

fn star(relation: &Relation) -> Output {
    Output::Star { relation: relation.clone(), except: Vec::new() }
}
