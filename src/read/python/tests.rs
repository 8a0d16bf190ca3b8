use super::*;
use crate::text::SourceFile;

/// Reads files; the first one is the script.
fn reading(files: &[(&str, &str)]) -> Reading {
    let sources = Sources::new(files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect());
    read(&sources, SourceId(0), &ReadOptions::default(), &[&Senders])
}

/// Each statement's text with what became of it.
fn account(text: &str) -> Vec<String> {
    let reading = reading(&[("a.py", text)]);
    let statements = reading.scripts.iter().flat_map(|script| &script.statements);
    statements.map(|row| format!("{}: {}", row.what, &text[row.span.range()])).collect()
}

#[test]
fn heads_and_leaves_are_rows() {
    let text = "@d(1)\ndef f(x):  # c\n    return x; pass\nif a:\n    b = 1\nelif c: pass\nelse:\n    d\ntry:\n    e()\nexcept E as x:\n    f\nelse:\n    g\nfinally:\n    h\n";
    let expected = [
        "def: @d(1)\ndef f(x):",
        "return: return x",
        "pass: pass",
        "if: if a:",
        "assignment: b = 1",
        "elif: elif c:",
        "pass: pass",
        "else: else:",
        "expression: d",
        "try: try:",
        "call: e()",
        "except: except E as x:",
        "expression: f",
        "else: else:",
        "expression: g",
        "finally: finally:",
        "expression: h",
    ];
    assert_eq!(account(text), expected);
}

/// The steps of a script, in the text form of their effects' relations, with guards counted.
fn steps(files: &[(&str, &str)]) -> String {
    let reading = reading(files);
    let steps = reading.scripts.iter().flat_map(|script| &script.steps);
    let shown = steps.map(|step| {
        let written = match &step.effect {
            crate::steps::Effect::Truncate { relation } => relation.to_string(),
            crate::steps::Effect::Opaque(opaque) => format!("? {}", opaque.reason),
            _ => "other".to_owned(),
        };
        format!("{written}{}", "*".repeat(step.guards.len()))
    });
    shown.collect::<Vec<_>>().join(", ")
}

const CURSOR: &str =
    "import os, psycopg2\nfrom pathlib import Path\nc = psycopg2.connect('').cursor()\ndef e(s): c.execute(s)\n";

/// What is shown, the script behind `CURSOR`, the tables that it empties; a star a guard.
const FOLLOWED: &[(&str, &str, &str)] = &[
    ("a literal", "e('truncate a')", "a"),
    ("an f-string", "t = 'a'\ne(f'truncate {t}')", "a"),
    ("a format specification", "e(f\"truncate t{7:03d}\")", "t007"),
    ("nested quotes", "d = {'k': 'a'}\ne(f\"truncate {d['k']}\")", "a"),
    ("format", "e('truncate {}.{t}'.format('s', t='a'))", "s.a"),
    ("percent", "e('truncate %s_%02d' % ('a', 3))", "a_03"),
    ("percent by name", "e('truncate %(t)s' % {'t': 'a'})", "a"),
    ("join and concatenation", "e(' '.join(['truncate', 'a']))\ne('truncate ' + 'b')", "a, b"),
    ("string methods", "e('  TRUNCATE X '.strip().lower().replace('x', 'a'))", "a"),
    (
        "a function that returns SQL",
        "def q(t, s='s'):\n    return f'truncate {s}.{t}'\ne(q('a'))\ne(q('b', s='p'))",
        "s.a, p.b",
    ),
    (
        "an enumeration",
        "from enum import Enum\nclass T(Enum):\n    Z = 'a'\n    B = 'b'\nfor t in T: e('truncate ' + t.value)\ne('truncate ' + T('b').name)\ne(f\"truncate {T['Z'].value}\")",
        "a, b, b, a",
    ),
    (
        "an enumeration of texts",
        "from enum import Enum\nclass T(str, Enum):\n    Z = 'a'\ne('truncate ' + T.Z)\ne('truncate ' + T.Z.value)",
        "a, a",
    ),
    (
        "a named tuple",
        "from collections import namedtuple\nP = namedtuple('P', 'schema name', defaults=['t'])\np = P('s')\ne('truncate ' + '.'.join(p))\na, b = P('x', name='y')\ne(f'truncate {a}.{b}')\ne('truncate ' + p[1])",
        "s.t, x.y, t",
    ),
    (
        "a typed named tuple, a dataclass with a base and a factory",
        "from typing import NamedTuple\nfrom dataclasses import dataclass, field\nclass P(NamedTuple):\n    s: str\n    t: str = 'u'\n@dataclass\nclass A:\n    s: str\n@dataclass\nclass B(A):\n    t: list = field(default_factory=list)\n    def __post_init__(self):\n        self.t.append('v')\nfor x, y in [P('a')]: e(f'truncate {x}.{y}')\nb = B('k')\ne(f'truncate {b.s}.{b.t[0]}')",
        "a.u, k.v",
    ),
    (
        "sets",
        "a = {'x', 'y'} | {'z'}\nfor t in sorted((a - {'y'}) & set(['x', 'x', 'y'])): e('truncate ' + t)\nfor t in sorted({'p', 'q'} ^ {'q', 'r'}): e('truncate ' + t)\nif {'p'}.issubset(a): e('truncate no')",
        "x, p, r",
    ),
    (
        "partial calls, reduce and operators",
        "import operator\nfrom functools import partial, reduce\ndef q(s, t): return f'truncate {s}.{t}'\nf = partial(q, 'a', t='b')\ne(f())\ne(f(t='c'))\ne('truncate ' + reduce(operator.add, ['a', 'b', 'c']))\ne('truncate ' + operator.itemgetter('k')({'k': 'd'}))",
        "a.b, a.c, abc, d",
    ),
    ("a default that is evaluated once", "x = 'a'\ndef q(t=x): return 'truncate ' + t\nx = 'b'\ne(q())", "a"),
    (
        "closures in a loop see the last value",
        "fs = []\nfor t in ['a', 'b']:\n    fs.append(lambda: 'truncate ' + t)\nfor f in fs: e(f())",
        "b, b",
    ),
    ("a loop over a dict", "for k, v in {'a': 1, 'b': 2}.items():\n    e(f'truncate {k}{v}')", "a1, b2"),
    ("a comprehension", "[e(f'truncate {t}') for t in ('a', 'b') if t != 'a']", "b"),
    ("enumerate and zip", "for i, (x, y) in enumerate(zip('ab', 'cd')): e(f'truncate {x}{y}{i}')", "ac0, bd1"),
    ("a known condition", "if 1 > 2:\n    e('truncate a')\nelse:\n    e('truncate b')", "b"),
    ("an unknown condition", "if c.fetchone():\n    e('truncate a')\nelse:\n    e('truncate b')", "a*, b*"),
    ("an unknown loop", "for r in c.fetchall():\n    e('truncate a')", "a*"),
    ("a name bound in both branches alike", "if c.rowcount:\n    t = 'a'\nelse:\n    t = 'a'\ne('truncate ' + t)", "a"),
    (
        "loops that count",
        "i = 0\nwhile i < 2:\n    e(f'truncate a{i}')\n    i += 1\nq = ['b', 'c']\nwhile q: e('truncate ' + q.pop())",
        "a0, a1, c, b",
    ),
    (
        "a loop that goes on until something unseen ends it",
        "class J:\n    runs = True\n    def step(self): e('truncate a')\n    def go(self):\n        while self.runs: self.step()\nJ().go()",
        "a*",
    ),
    (
        "a method that is inherited asks the class above its own",
        "class A:\n    def t(self): return 'a'\nclass B(A):\n    def t(self): return 'b' + super().t()\nclass C(B): pass\ne('truncate ' + C().t())",
        "ba",
    ),
    ("the main part", "def main():\n    e('truncate a')\nif __name__ == '__main__':\n    main()", "a"),
    (
        "a class",
        "class J:\n    t = 'a'\n    def __init__(self, s): self.s = s\n    def run(self): e(f'truncate {self.s}.{self.t}')\nJ('s').run()",
        "s.a",
    ),
    (
        "inheritance",
        "class A:\n    def run(self): e('truncate ' + self.t())\nclass B(A):\n    def t(self): return 'b'\nB().run()",
        "b",
    ),
    (
        "a class method and a property",
        "class A:\n    @classmethod\n    def mk(cls): return cls()\n    @property\n    def t(self): return 'a'\ne('truncate ' + A.mk().t)",
        "a",
    ),
    (
        "a try body",
        "try:\n    e('truncate a')\nexcept Exception as x:\n    e('truncate b')\nfinally:\n    e('truncate c')",
        "a, b*, c",
    ),
    ("a with", "with c as k:\n    k.execute('truncate a')", "a"),
    ("a generator", "def g():\n    for t in 'ab': yield t\nfor t in g(): e('truncate ' + t)", "a, b"),
    ("star arguments", "def f(*a, **k): e(f\"truncate {a[0]}{k['x']}\")\nf('a', x=1)\nf(*['b'], **{'x': 2})", "a1, b2"),
    ("a statement split", "for s in 'truncate a; truncate b'.split(';'): e(s.strip())", "a, b"),
    ("a shadowed import", "psycopg2 = None\nos = 'a'\ne('truncate ' + os)", "a"),
    ("a walrus", "if (t := 'a'): e('truncate ' + t)", "a"),
    (
        "match",
        "match 'x':\n    case 'y': e('truncate a')\n    case 'x': e('truncate b')\n    case _: e('truncate c')",
        "b",
    ),
    ("a default of the environment in a name", "s = os.getenv('S', 'p')\ne(f'truncate {s}.a')", "p.a"),
    ("a pattern", "import re\ne('truncate ' + re.sub(r'[^a-z]+', '_', 'raw-2024 orders', flags=re.I))", "raw_orders"),
    ("a pattern with groups", "import re\ne('truncate ' + re.sub(r'(\\w+)/(?P<n>\\w+)', r'\\2_\\g<1>', 'a/b'))", "b_a"),
    (
        "what a pattern finds",
        "import re\nm = re.match(r'(\\w+)\\.sql', 'orders.sql')\nif m: e(f'truncate {m.group(1)}')\n\
         if re.search('x', 'y'): e('truncate never')",
        "orders",
    ),
    (
        "a compiled pattern",
        "import re\np = re.compile(r'_v\\d+$')\ne('truncate ' + p.sub('', 'orders_v12'))\n\
         for t in re.findall(r't\\d', 't1 t2'): e('truncate ' + t)\nfor t in re.split(r'[;,]', 'a;b'): e('truncate ' + t)",
        "orders, t1, t2, a, b",
    ),
    ("a pattern that an empty text matches", "import re\ne('truncate a' + re.sub('x*', '-', 'b'))", "are_sub"),
    ("a function that nothing calls", "def job(conn):\n    conn.execute('truncate a')", "a"),
];

#[test]
fn sql_is_followed_through_values() {
    for (what, body, expected) in FOLLOWED {
        let found = steps(&[("a.py", &format!("{CURSOR}{body}\n"))]);
        assert_eq!(found, *expected, "{what}");
    }
}

#[test]
fn files_and_modules_among_the_inputs_are_followed() {
    let rows = [
        ("an opened file", "e(open('sql/a.sql').read())", "f"),
        ("a path", "e((Path(__file__).parent / 'sql' / 'a.sql').read_text())", "f"),
        ("with open", "with open(os.path.join(os.path.dirname(__file__), 'sql/a.sql')) as f:\n    e(f.read())", "f"),
        ("a module", "import queries\ne(queries.Q)", "q"),
        ("a name of a module", "from queries import Q as z\ne(z)", "q"),
        ("a function of a module", "from lib.run import go\ngo(c, 'x')", "x"),
    ];
    for (what, body, expected) in rows {
        let script = format!("{CURSOR}{body}\n");
        let files = [
            ("job/a.py", script.as_str()),
            ("job/sql/a.sql", "truncate f;"),
            ("job/queries.py", "Q = 'truncate q'\n"),
            ("job/lib/__init__.py", ""),
            ("job/lib/run.py", "def go(c, t):\n    c.execute('truncate ' + t)\n"),
        ];
        assert_eq!(steps(&files), expected, "{what}");
    }
}

/// Every token of code lies in exactly one row.
fn covers(text: &str) {
    let file = SourceFile::new("a.py", text);
    let module = syntax::Module::parse(SourceId(0), &file);
    let rows = account::Account::of(&module);
    for (kind, range) in &module.tokens {
        if account::is_code(*kind) && !range.is_empty() {
            let (start, end) = (range.start().to_u32(), range.end().to_u32());
            let holds = rows.rows().iter().filter(|row| row.span.start < end && row.span.end > start).count();
            assert_eq!(holds, 1, "{:?} at {start} of {text:?}", &text[start as usize..end as usize]);
        }
    }
}

const NASTY: &str = "import os\n@d(x=1)\nclass A(B):\n    '''doc'''\n    def f(self, *a, k=1, **kw) -> int:  # c\n        return f\"{self.x!r:>{k}} {{}} \\n {'a' + \"b\"}\"\nfor i, (a, b) in enumerate(z): print(i); continue\nelse:\n    pass\nwhile True:\n    break\nasync def g():\n    async with a as b, c: await d\ntry:\n    x = [y for y in (1, 2) if y]\nexcept (E, F) as e:\n    raise\nelse: x = 1\nfinally:\n    del x[0], y\nmatch p:\n    case [1, *r] if r: q = 1\n    case _: lambda: (yield)\nx: int = 3\nx += 1\nglobal z\nassert x, 'no'\nif a: b\nelif c:\n    d\nelse: e\nwith open('ä.sql') as f: t = f.read()\n";

#[test]
fn cut_off_anywhere_nothing_panics_and_all_is_accounted_for() {
    for end in (0..NASTY.len()).filter(|end| NASTY.is_char_boundary(*end)) {
        let text = &NASTY[..end];
        covers(text);
        reading(&[("a.py", text)]);
    }
}

#[test]
fn odd_files_are_findings() {
    let rows = [
        ("empty", "", "R102"),
        ("only comments", "# a\n\n# b\n", "R102"),
        ("Python 2", "print 'a'\nx = 1\n", "R204"),
        ("not closed", "x = (1,\n", "R204"),
        ("not Python", "SELECT * FROM t WHERE a = 'b'\n", "R204"),
    ];
    for (what, text, expected) in rows {
        let reading = reading(&[("a.py", text)]);
        let codes: Vec<&str> = reading.findings.iter().map(|finding| finding.code.name()).collect();
        assert!(codes.contains(&expected), "{what}: {codes:?}");
        covers(text);
    }
}

#[test]
fn deep_and_large_input_ends() {
    let chain = format!("x = a{}\n", ".b()".repeat(3_000));
    let nested = format!("x = {}1{}\n", "[".repeat(2_000), "]".repeat(2_000));
    let sum = format!("x = {}\n", vec!["'a'"; 3_000].join(" + "));
    let rows = [
        chain,
        nested,
        sum,
        "s = 'ab'\nfor i in range(90):\n    s = s + s\n".to_owned(),
        "l = [1]\nfor i in range(90):\n    l += l\n    l.extend(l)\n    l = l + l\n".to_owned(),
        "l = []\nl.append(l)\nx = str(l)\ny = l == [l]\n".to_owned(),
        "for i in range(2000):\n    for j in range(2000):\n        x = x.a()\n".to_owned(),
        "def f(n):\n    if n: return f(n) + f(n)\n    return f(n)\nf(z)\n".to_owned(),
    ];
    let run = move || rows.iter().for_each(|text| drop(reading(&[("a.py", text)])));
    std::thread::Builder::new().stack_size(256 << 20).spawn(run).expect("a thread").join().expect("no overflow");
}

#[test]
fn notebooks_are_read_cell_by_cell_in_their_places() {
    let text = r##"{"cells": [{"cell_type": "markdown", "source": ["# x"]}, {"cell_type": "code", "source": ["import psycopg2\n", "%matplotlib inline\n", "c = psycopg2.connect('').cursor()"]}, {"source": "c.execute('truncate \u00e4b')", "cell_type": "code"}]}"##;
    let reading = reading(&[("a.ipynb", text)]);
    let script = reading.scripts.first().expect("a script");
    assert_eq!(script.statements.len(), 4);
    assert_eq!(&text[script.statements[0].span.range()], "import psycopg2");
    assert_eq!(script.steps.len(), 1, "{:?}", reading.findings);
}
