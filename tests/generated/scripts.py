"""Random small scripts over random small tables.

In: a number. Out: a case: source tables with rows for two runs, target tables that are there before the first run, and the
statements of one script. The same number gives the same case. Only statements whose result PostgreSQL defines are made: a
window orders by all columns, and of several matches of an UPDATE all bring the same values.
"""

import copy
import random

INT, TEXT, DATE = "integer", "varchar", "date"
LITERALS = {
    INT: ["0", "1", "2", "-1", "7"],
    TEXT: ["'a'", "'b'", "'c'", "''", "'it''s'"],
    DATE: ["date '2024-01-01'", "date '2024-01-02'", "date '2024-02-29'"],
}
VALUES = {
    INT: [None, 0, 1, 2, 3, -1],
    TEXT: [None, "a", "b", "c", "", "it's"],
    DATE: [None, "2024-01-01", "2024-01-02", "2024-02-29"],
}


class Relation:
    """A table that a statement can name: its columns with their types, and what is known of it."""

    def __init__(self, name, columns, *, key=None, filled=False, temporary=False, defaults=(), types=None):
        self.name, self.columns = name, dict(columns)
        self.key, self.filled, self.temporary, self.defaults = key, filled, temporary, dict(defaults)
        self.types = types or {}

    def ddl(self, name=None, head="create table"):
        """`CREATE TABLE` of it."""
        words = []
        for column, kind in self.columns.items():
            default = f" default {self.defaults[column]}" if column in self.defaults else ""
            key = " primary key" if column == self.key else ""
            words.append(f"{column} {self.types.get(column, kind)}{default}{key}")
        return f"{head} {name or self.name} ({', '.join(words)})"


class Case:
    """One script with its tables."""

    def __init__(self, seed, prefix):
        self.seed, self.prefix = seed, prefix
        self.sources, self.targets, self.rows = [], [], [{}, {}]
        self.statements, self.procedure = [], False

    def text(self):
        """The script."""
        body = ";\n\n".join(self.statements) + ";\n"
        if not self.procedure:
            return body
        inner = "\n".join("    " + line if line else line for line in body.splitlines())
        head = f"create or replace procedure {self.prefix}.load()\nlanguage plpgsql as $$\nbegin\n"
        return f"{head}{inner}\nend;\n$$;\n"

    def call(self):
        return f"call {self.prefix}.load()" if self.procedure else None

    def without(self, places):
        """The same case without some statements."""
        other = copy.copy(self)
        other.statements = [text for at, text in enumerate(self.statements) if at not in places]
        return other


class Maker:
    """Makes one case: keeps what each statement may name."""

    def __init__(self, seed, prefix):
        self.random = random.Random(seed)
        self.case = Case(seed, prefix)
        self.known = []
        self.number = 0

    def make(self):
        case, pick = self.case, self.random
        self.tables()
        for _ in range(pick.randint(2, 7)):
            self.statement()
        self.finish()
        case.procedure = pick.random() < 0.5
        return case

    # Tables and their rows.

    def tables(self):
        prefix = self.case.prefix
        self.sources = [
            Relation(f"{prefix}.s0", {"k": INT, "n": INT, "s": TEXT, "d": DATE}),
            Relation(f"{prefix}.s1", {"k": INT, "v": INT, "w": TEXT}),
            Relation(f"{prefix}.s2", {"k": INT, "v": INT, "w": TEXT}, key="k"),
        ]
        wide = {"k": INT, "n": INT, "s": TEXT, "d": DATE, "c": INT, "u": TEXT}
        types = {"u": "varchar(12)"}
        targets = [
            Relation(f"{prefix}.t0", wide, filled=True, defaults={"c": "7", "u": "'new'"}, types=types),
            Relation(f"{prefix}.t1", {"k": INT, "v": INT, "w": TEXT}, key="k", filled=True, defaults={"v": "1"}),
            Relation(f"{prefix}.t2", {"k": INT, "n": INT, "s": TEXT}),
        ]
        self.targets = [target for target in targets if self.random.random() < 0.6] or targets[:1]
        self.case.sources, self.case.targets = self.sources, self.targets
        self.known = self.sources + self.targets
        for run in (0, 1):
            for source in self.sources:
                self.case.rows[run][source.name] = self.rows(source)
        for target in self.targets:
            self.case.rows[0][target.name] = self.rows(target) if target.filled else []

    def rows(self, relation):
        pick = self.random
        count = pick.choice([0, 1, 3, 4, 5, 6])
        if relation.key:
            keys = pick.sample([0, 1, 2, 3, 4, 5], min(count, 6))
            return [[key, *(pick.choice(VALUES[kind]) for kind in list(relation.columns.values())[1:])] for key in keys]
        if relation.name.endswith(".s1"):
            # Rows of one key are the same in all columns.
            of = {key: [key, *(pick.choice(VALUES[kind]) for kind in (INT, TEXT))] for key in VALUES[INT]}
            return [of[pick.choice(VALUES[INT])] for _ in range(count)]
        rows = [[pick.choice(VALUES[kind]) for kind in relation.columns.values()] for _ in range(count)]
        return rows + [rows[0]] if rows and pick.random() < 0.5 else rows

    # Expressions.

    def value(self, kind, scope, depth=0):
        """An expression over `scope`: names with their types."""
        pick = self.random
        columns = [name for name, of in scope.items() if of == kind]
        choice = pick.random()
        if depth > 1 or choice < 0.45:
            return pick.choice(columns) if columns and pick.random() < 0.8 else pick.choice(LITERALS[kind])
        inner = lambda of: self.value(of, scope, depth + 1)  # noqa: E731
        if choice < 0.6:
            return f"coalesce({inner(kind)}, {pick.choice(LITERALS[kind])})"
        if choice < 0.75:
            return f"case when {self.condition(scope, depth + 1)} then {inner(kind)} else {inner(kind)} end"
        if kind == INT:
            return pick.choice([f"{inner(INT)} + 1", f"-({inner(INT)})", f"length({inner(TEXT)})", f"{inner(INT)} * 2"])
        if kind == TEXT:
            return pick.choice([f"upper({inner(TEXT)})", f"left({inner(TEXT)} || 'x', 4)", f"cast({inner(INT)} as varchar)"])
        return f"{inner(DATE)} + 1"

    def condition(self, scope, depth=0):
        pick = self.random
        kinds = sorted(set(scope.values()))
        kind = pick.choice(kinds)
        choice = pick.random()
        if depth < 2 and choice < 0.15:
            return f"{self.condition(scope, depth + 1)} and {self.condition(scope, depth + 1)}"
        if depth < 2 and choice < 0.25:
            return f"({self.condition(scope, depth + 1)} or {self.condition(scope, depth + 1)})"
        if depth < 2 and choice < 0.32:
            return f"not ({self.condition(scope, depth + 1)})"
        if choice < 0.42:
            return f"{self.value(kind, scope, 2)} is {pick.choice(['', 'not '])}null"
        if choice < 0.52:
            literals = ", ".join(pick.sample(LITERALS[kind], 2))
            return f"{self.value(kind, scope, 2)} {pick.choice(['', 'not '])}in ({literals})"
        if choice < 0.6 and INT in kinds:
            source = pick.choice(self.sources)
            name = f"q{self.next()}"
            return f"{self.value(INT, scope, 2)} {pick.choice(['', 'not '])}in (select {name}.k from {source.name} {name})"
        operator = pick.choice(["=", "<>", "<", ">", "<=", ">="])
        return f"{self.value(kind, scope, 2)} {operator} {self.value(kind, scope, 2)}"

    def next(self):
        self.number += 1
        return self.number

    def scope(self, relation, alias=None):
        return {f"{alias}.{name}" if alias else name: kind for name, kind in relation.columns.items()}

    # Queries.

    def query(self, columns):
        """A query with these columns."""
        pick = self.random
        choice = pick.random()
        if choice < 0.12:
            return f"{self.select(columns)}\nunion {pick.choice(['', 'all '])}{self.select(columns)}"
        if choice < 0.2 and len(columns) > 1:
            return self.ranked(columns)
        return self.select(columns)

    def select(self, columns):
        pick = self.random
        relation = pick.choice(self.known)
        if pick.random() < 0.25:
            return self.joined(relation, columns)
        alias = pick.choice(["", "a"])
        scope = self.scope(relation, alias)
        head = "select distinct" if pick.random() < 0.1 else "select"
        if pick.random() < 0.2 and columns == relation.columns:
            text = f"select * from {relation.name} {alias}".rstrip()
        else:
            words = [f"{self.value(kind, scope)} as {name}" for name, kind in columns.items()]
            text = f"{head} {', '.join(words)}\nfrom {relation.name} {alias}".rstrip()
        return text + (f"\nwhere {self.condition(scope)}" if pick.random() < 0.5 else "")

    def joined(self, relation, columns):
        pick = self.random
        other = pick.choice(self.sources)
        scope = {**self.scope(relation, "a"), **self.scope(other, "b")}
        left = self.value(INT, self.scope(relation, "a"), 2)
        words = [f"{self.value(kind, scope)} as {name}" for name, kind in columns.items()]
        kind = pick.choice(["join", "left join"])
        return f"select {', '.join(words)}\nfrom {relation.name} a {kind} {other.name} b on b.k = {left}"

    def ranked(self, columns):
        relation = self.random.choice(self.known)
        names = ", ".join(relation.columns)
        words = ", ".join(f"{self.value(kind, self.scope(relation))} as {name}" for name, kind in columns.items())
        first = next(iter(relation.columns))
        inner = f"select *, row_number() over (partition by {first} order by {names}) as rn from {relation.name}"
        return f"select {words}\nfrom ({inner}) z\nwhere rn = 1"

    def by_key(self, columns):
        """A query with one row a key `k`, which is not NULL."""
        relation = self.random.choice([known for known in self.known if "k" in known.columns])
        words = []
        for name, kind in columns.items():
            known = [other for other, of in relation.columns.items() if of == kind and other != "k"]
            value = self.random.choice(known) if known else self.random.choice(LITERALS[kind])
            words.append("k" if name == "k" else f"max({value}) as {name}")
        return f"select {', '.join(words)} from {relation.name} where k is not null group by k"

    # Statements.

    def statement(self):
        kinds = [
            (self.create, 4), (self.declare, 2), (self.insert, 5), (self.insert_values, 1), (self.update, 4),
            (self.update_from, 4), (self.delete, 3), (self.delete_using, 2), (self.empty_and_fill, 2), (self.alter, 2),
            (self.swap, 1), (self.upsert, 3), (self.merge, 3), (self.refill, 2), (self.reuse, 1), (self.insert_new, 2),
        ]  # fmt: skip
        chosen = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        chosen()

    def add(self, text):
        self.case.statements.append(text)

    def changeable(self):
        return [known for known in self.known if known not in self.sources]

    def new_columns(self):
        pick = self.random
        names = {"k": INT, **{name: pick.choice([INT, TEXT, DATE]) for name in pick.sample(["m", "p", "q", "r"], 2)}}
        return names

    def create(self):
        pick, columns = self.random, self.new_columns()
        number = self.next()
        if pick.random() < 0.65:
            relation = Relation(f"tmp_{number}", columns, temporary=True)
            self.add(f"create temp table {relation.name} as\n{self.query(columns)}")
        else:
            relation = Relation(f"{self.case.prefix}.r{number}", columns)
            self.add(f"drop table if exists {relation.name}")
            self.add(f"create table {relation.name} as\n{self.query(columns)}")
        self.known.append(relation)

    def declare(self):
        pick, columns = self.random, self.new_columns()
        number = self.next()
        last, kind = list(columns.items())[-1]
        defaults = {last: pick.choice(LITERALS[kind])} if pick.random() < 0.5 else {}
        if pick.random() < 0.6:
            relation = Relation(f"tmp_{number}", columns, temporary=True, defaults=defaults)
            self.add(relation.ddl(head="create temp table"))
        else:
            relation = Relation(f"{self.case.prefix}.r{number}", columns, defaults=defaults)
            keeps = pick.random() < 0.5
            if not keeps:
                self.add(f"drop table if exists {relation.name}")
            self.add(relation.ddl(head="create table if not exists" if keeps else "create table"))
        self.known.append(relation)
        self.insert(relation)

    def insert(self, relation=None):
        pick = self.random
        relation = relation or pick.choice(self.changeable())
        if relation.key:
            return self.upsert(relation)
        columns = relation.columns
        if pick.random() < 0.5:
            some = pick.sample(list(columns), pick.randint(1, len(columns)))
            columns = {name: columns[name] for name in some}
            self.add(f"insert into {relation.name} ({', '.join(columns)})\n{self.query(columns)}")
        else:
            self.add(f"insert into {relation.name}\n{self.query(columns)}")

    def insert_new(self):
        """Late-arriving rows: what is not there yet."""
        relation = self.random.choice(self.changeable())
        if "k" not in relation.columns:
            return
        names = ", ".join(relation.columns)
        text = f"insert into {relation.name} ({names})\nselect {names} from ({self.by_key(relation.columns)}) z\n"
        self.add(f"{text}where not exists (select 1 from {relation.name} t where t.k = z.k)")

    def insert_values(self):
        relation = self.random.choice(self.changeable())
        if relation.key:
            return
        rows = []
        for _ in range(self.random.randint(1, 3)):
            words = [self.random.choice([*LITERALS[kind], "null"]) for kind in relation.columns.values()]
            rows.append(f"({', '.join(words)})")
        self.add(f"insert into {relation.name} values {', '.join(rows)}")

    def settable(self, relation):
        columns = [name for name in relation.columns if name != relation.key]
        return self.random.sample(columns, self.random.randint(1, min(2, len(columns))))

    def update(self):
        pick = self.random
        relation = pick.choice(self.changeable())
        scope = self.scope(relation)
        sets = [f"{name} = {self.value(relation.columns[name], scope)}" for name in self.settable(relation)]
        where = f"\nwhere {self.condition(scope)}" if pick.random() < 0.7 else ""
        self.add(f"update {relation.name} set {', '.join(sets)}{where}")

    def update_from(self):
        """Values from another table; all rows that match one row bring the same."""
        pick = self.random
        relation = pick.choice([known for known in self.changeable() if INT in known.columns.values()])
        source = pick.choice(self.sources[1:])
        text, kinds = source.name, source.columns
        if pick.random() < 0.3:
            kinds = {"k": INT, "v": INT, "w": TEXT}
            text = f"(select k, max(n) as v, min(s) as w from {self.sources[0].name} group by k)"
        scope = {**self.scope(relation, "t"), **{f"b.{name}": kind for name, kind in kinds.items()}}
        sets = [f"{name} = {self.value(relation.columns[name], scope)}" for name in self.settable(relation)]
        left = pick.choice([f"t.{name}" for name, kind in relation.columns.items() if kind == INT])
        join = f"b.k = {left}"
        more = f" and {self.condition(scope)}" if pick.random() < 0.4 else ""
        if pick.random() < 0.1:
            join = f"coalesce(b.k, 0) = coalesce({left}, 0)"
            sets = [f"{name} = {pick.choice(LITERALS[relation.columns[name]])}" for name in self.settable(relation)]
        self.add(f"update {relation.name} t set {', '.join(sets)}\nfrom {text} b\nwhere {join}{more}")

    def delete(self):
        relation = self.random.choice(self.changeable())
        self.add(f"delete from {relation.name} where {self.condition(self.scope(relation))}")

    def delete_using(self):
        pick = self.random
        relation = pick.choice(self.changeable())
        source = pick.choice(self.sources)
        scope = {**self.scope(relation, "t"), **self.scope(source, "b")}
        left = self.value(INT, self.scope(relation, "t"), 2)
        more = f" and {self.condition(scope)}" if pick.random() < 0.5 else ""
        if pick.random() < 0.5:
            self.add(f"delete from {relation.name} t using {source.name} b where b.k = {left}{more}")
        else:
            word = pick.choice(["exists", "not exists"])
            inner = f"select 1 from {source.name} b where b.k = {left}{more}"
            self.add(f"delete from {relation.name} t where {word} ({inner})")

    def empty_and_fill(self):
        pick = self.random
        relation = pick.choice(self.changeable())
        self.add(pick.choice([f"truncate table {relation.name}", f"delete from {relation.name}"]))
        if relation.key:
            names = ", ".join(relation.columns)
            self.add(f"insert into {relation.name} ({names})\n{self.by_key(relation.columns)}")
        else:
            self.insert(relation)

    def refill(self):
        """A slice is deleted and filled again."""
        pick = self.random
        relation = pick.choice(self.changeable())
        if relation.key:
            return
        name, kind = pick.choice(list(relation.columns.items()))
        literal = pick.choice(LITERALS[kind])
        operator = pick.choice(["=", ">=", "<"])
        self.add(f"delete from {relation.name} where {name} {operator} {literal}")
        inner = self.query(relation.columns)
        if pick.random() < 0.7:
            names = ", ".join(relation.columns)
            inner = f"select {names} from ({inner}) z where {name} {operator} {literal}"
        self.add(f"insert into {relation.name}\n{inner}")

    def alter(self):
        pick = self.random
        relation = pick.choice(self.changeable())
        if not relation.temporary and relation in self.targets:
            return
        choice = pick.random()
        if choice < 0.5:
            name, kind = f"x{self.next()}", pick.choice([INT, TEXT])
            default = f" default {pick.choice(LITERALS[kind])}" if pick.random() < 0.5 else ""
            self.add(f"alter table {relation.name} add column {name} {kind}{default}")
            relation.columns[name] = kind
        elif choice < 0.75 and len(relation.columns) > 2:
            name = pick.choice(list(relation.columns)[1:])
            self.add(f"alter table {relation.name} drop column {name}")
            del relation.columns[name]
        else:
            old, new = pick.choice(list(relation.columns)[1:]), f"y{self.next()}"
            self.add(f"alter table {relation.name} rename column {old} to {new}")
            relation.columns = {new if name == old else name: kind for name, kind in relation.columns.items()}

    def swap(self):
        """A new table takes the place of an old one."""
        pick = self.random
        relation = pick.choice([known for known in self.changeable() if not known.temporary] or [None])
        if relation is None or relation.key:
            return
        new = Relation(f"{relation.name}_new", relation.columns)
        last = relation.name.split(".")[-1]
        self.add(f"drop table if exists {new.name}")
        self.add(f"create table {new.name} as\n{self.query(relation.columns)}")
        if pick.random() < 0.5:
            self.add(f"drop table {relation.name}")
        else:
            self.add(f"drop table if exists {relation.name}_old")
            self.add(f"alter table {relation.name} rename to {last}_old")
        self.add(f"alter table {new.name} rename to {last}")
        relation.defaults = {}

    def upsert(self, relation=None):
        pick = self.random
        keyed = [known for known in self.changeable() if known.key]
        relation = relation or (pick.choice(keyed) if keyed else None)
        if relation is None:
            return
        columns = relation.columns
        if pick.random() < 0.3:
            columns = {name: columns[name] for name in list(columns)[:2]}
        names = ", ".join(columns)
        last = relation.name.split(".")[-1]
        sets = [name for name in columns if name != "k"]
        action = pick.choice(["nothing", "set", "set", "mixed", "where"])
        scope = {**self.scope(relation, last), **{f"excluded.{name}": kind for name, kind in columns.items()}}
        if action == "nothing":
            what = "do nothing"
        elif action == "set":
            what = "do update set " + ", ".join(f"{name} = excluded.{name}" for name in sets)
        else:
            what = "do update set " + ", ".join(f"{name} = {self.value(columns[name], scope)}" for name in sets)
            what += f" where {self.condition(scope)}" if action == "where" else ""
        self.add(f"insert into {relation.name} ({names})\n{self.by_key(columns)}\non conflict (k) {what}")

    def merge(self):
        pick = self.random
        relation = pick.choice(self.changeable())
        if "k" not in relation.columns:
            return
        using = pick.choice([self.sources[2].name, f"({self.by_key({'k': INT, 'v': INT, 'w': TEXT})})"])
        source = {"b.k": INT, "b.v": INT, "b.w": TEXT}
        scope = {**self.scope(relation, "t"), **source}
        arms = []
        for _ in range(pick.randint(0, 2)):
            condition = f" and {self.condition(scope)}" if pick.random() < 0.5 else ""
            sets = [f"{name} = {self.value(relation.columns[name], scope)}" for name in self.settable(relation)]
            action = pick.choice([f"update set {', '.join(sets)}"] * 3 + ["delete", "do nothing"])
            arms.append(f"when matched{condition} then {action}")
            if not condition:
                break
        for _ in range(pick.randint(0 if arms else 1, 2)):
            condition = f" and {self.condition(source)}" if pick.random() < 0.4 else ""
            names = list(relation.columns)
            if pick.random() < 0.3:
                names = names[:2]
            values = ["b.k" if name == "k" else self.value(relation.columns[name], source) for name in names]
            action = pick.choice([f"insert ({', '.join(names)}) values ({', '.join(values)})"] * 4 + ["do nothing"])
            arms.append(f"when not matched{condition} then {action}")
            if not condition:
                break
        text = f"merge into {relation.name} t\nusing {using} b\non t.k = b.k\n"
        self.add(text + "\n".join(arms))

    def reuse(self):
        """A temp name is dropped and used again."""
        temporary = [known for known in self.known if known.temporary]
        if not temporary:
            return
        old = self.random.choice(temporary)
        columns = self.new_columns()
        keeps = Relation(f"tmp_{self.next()}", old.columns, temporary=True)
        self.add(f"create temp table {keeps.name} as\nselect * from {old.name}")
        self.add(f"drop table {old.name}")
        self.known.remove(old)
        self.known.append(keeps)
        self.add(f"create temp table {old.name} as\n{self.query(columns)}")
        self.known.append(Relation(old.name, columns, temporary=True))

    def finish(self):
        """What is temporary is looked at through a table that lasts."""
        for number, relation in enumerate([known for known in self.known if known.temporary]):
            name = f"{self.case.prefix}.z{number}"
            self.add(f"drop table if exists {name}")
            self.add(f"create table {name} as\nselect * from {relation.name}")


def make(seed, prefix):
    """The case of that number."""
    return Maker(seed, prefix).make()
