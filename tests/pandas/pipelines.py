"""Random pipelines of pandas operations over random small tables.

In: a random number generator. Out: tables with nasty rows, and scripts as lists of lines that can be left out one by one. A
line that depends on the order of rows only stands where a sort by a column without duplicates has fixed it.
"""

TEXTS = ["paid", "Paid", "new", "", " x ", "a,b,c", "o'neil", "\u00c9 \u00e9", "x_y%z", "100", "-7", "\ttab\n", "new york", "a.b"]
TIMES = ["2024-01-15 10:30:00", "2024-02-29 23:59:59", "2023-12-31 00:00:00", "2020-02-29 12:00:00", "2024-12-31 23:59:59", "1999-06-01 00:00:00"]
FLOATS = [0.0, -0.5, 0.5, 1.5, 2.5, -3.25, 10.5, 99.75, 1e6, -1000.0]
INTS = [0, 1, 2, 3, -1, -7, 5, 100]

# Columns of the tables: what kind of values each has, and whether a value can be missing.
TABLES = {
    "a": {"id": ("int", False), "k": ("int", True), "g": ("text", True), "x": ("float", True), "n": ("int", False), "t": ("time", True), "s": ("text", True)},
    "b": {"bid": ("int", False), "k": ("int", True), "g": ("text", True), "y": ("float", True), "m": ("int", True)},
}


def tables(random):
    """Random rows for all tables; sometimes none."""
    made = {}
    for name, columns in TABLES.items():
        count = random.choice([0, 1, 3, 8, 12, 12, 12, 16, 16])
        rows = [[cell(random, column, kind, nullable, at) for column, (kind, nullable) in columns.items()] for at in range(count)]
        if rows and random.random() < 0.3:
            for at, (column, (kind, nullable)) in enumerate(columns.items()):
                if nullable and random.random() < 0.3:
                    for row in rows:
                        row[at] = None
        required = [column for column, (_, nullable) in columns.items() if not nullable]
        made[name] = {"columns": {column: kind for column, (kind, _) in columns.items()}, "required": required, "rows": rows}
    return made


def cell(random, column, kind, nullable, at):
    if column in ("id", "bid"):
        return at + 1
    if nullable and random.random() < 0.25:
        return None
    if column == "k":
        return random.choice([10, 20, 30, 40])
    if column == "g":
        return random.choice(["paid", "Paid", "new", ""])
    return random.choice({"int": INTS, "float": FLOATS, "text": TEXTS, "time": TIMES}[kind])


class Pipeline:
    """A script in the making: its lines, and what is known of the frame `df` after them."""

    def __init__(self, random):
        self.random = random
        self.lines = []
        self.columns = {}
        # A column without duplicates or missing values, by which rows can be put in order.
        self.unique = None
        # Whether the rows are sorted by it.
        self.sorted = False
        self.count = 0

    def pick(self, *kinds):
        """A column of one of those kinds, or None."""
        found = [name for name, kind in self.columns.items() if not kinds or kind in kinds]
        return self.random.choice(found) if found else None

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def add(self, line):
        self.lines.append(line)


def script(random, operations, read="df = pd.read_sql(\"select * from raw.a\", engine)"):
    """The lines of one pipeline, without head and tail; the columns that it ends with."""
    pipeline = Pipeline(random)
    pipeline.columns = {name: kind for name, (kind, _) in TABLES["a"].items()}
    pipeline.unique = "id"
    pipeline.add(read)
    wanted = random.randint(1, 6)
    tries = 0
    while wanted and tries < 40:
        tries += 1
        before = list(pipeline.lines)
        if random.choice(operations)(pipeline):
            wanted -= 1
        else:
            pipeline.lines = before
    return pipeline.lines


def head(name):
    return "import pandas as pd\nimport numpy as np\nfrom sqlalchemy import create_engine\nengine = create_engine(\"postgresql://\")\n"


def tail(name):
    return f'df.to_sql("{name}", engine, schema="out", if_exists="replace", index=False)\n'


INCLUSIVE = ["", ', inclusive="left"', ', inclusive="neither"']
NA_POSITION = ["", ', na_position="first"']
KEEP = ["", ', keep="last"', ", keep=False"]
METHODS = ['method="min"', 'method="dense"', 'method="max"', ""]

# Conditions

def number_constant(random):
    return repr(random.choice([0, 1, 2.5, -1, 10, 3]))


def condition(p, depth=0):
    """A mask over `df`."""
    random = p.random
    if depth < 2 and random.random() < 0.35:
        operator = random.choice(["&", "|"])
        return f"({condition(p, depth + 1)}) {operator} ({condition(p, depth + 1)})"
    if depth < 2 and random.random() < 0.2:
        return f"~({condition(p, depth + 1)})"
    kinds = [kind for kind in ("num", "text", "time", "missing") if kind == "missing" or p.pick(*KINDS[kind])]
    kind = random.choice(kinds)
    if kind == "num":
        column = p.pick("int", "float")
        form = random.random()
        if form < 0.5:
            return f'df["{column}"] {random.choice(["<", "<=", ">", ">=", "==", "!="])} {number_constant(random)}'
        if form < 0.7:
            return f'df["{column}"] {random.choice(["<", ">=", "==", "!="])} df["{p.pick("int", "float")}"]'
        if form < 0.85:
            return f'df["{column}"].between({random.choice([-5, 0, 1])}, {random.choice([1, 5, 50])}{random.choice(INCLUSIVE)})'
        return f'df["{column}"].isin({random.choice(["[1, 2, 10]", "[0.5, 20]", "[]"])})'
    if kind == "text":
        column = p.pick("text")
        value = repr(random.choice(["paid", "new", "", "x_y%z"]))
        return random.choice([
            f'df["{column}"] == {value}',
            f'df["{column}"] != {value}',
            f'df["{column}"].isin(["paid", "new"])',
            f'df["{column}"].isin(["paid", None])',
            f'df["{column}"].str.contains("a", na=False)',
            f'df["{column}"].str.startswith("n", na=False)',
            f'df["{column}"].str.len() > 3',
            f'df["{column}"].str.lower() == "paid"',
        ])
    if kind == "time":
        column = p.pick("time")
        return random.choice([f'df["{column}"] >= "2024-01-01"', f'df["{column}"] < pd.Timestamp("2024-02-29 23:59:59")', f'df["{column}"].dt.year == 2024', f'df["{column}"].dt.month != 2'])
    column = p.pick()
    return f'df["{column}"].{random.choice(["isna", "notna"])}()'


KINDS = {"num": ("int", "float"), "text": ("text",), "time": ("time",)}


# Values

def number(p, depth=0):
    """An expression of numbers."""
    random = p.random
    column = p.pick("int", "float")
    if column is None:
        return None
    base = f'df["{column}"]'
    form = random.random()
    if depth < 2 and form < 0.35:
        return f"({number(p, depth + 1)} {random.choice(['+', '-', '*'])} {random.choice([number(p, depth + 1), number_constant(random)])})"
    if form < 0.42:
        return f"({base} / {random.choice(['4', '-2', '0.5'])})"
    if form < 0.5:
        return f"({base} {random.choice(['//', '%'])} {random.choice(['3', '-2', '2.5'])})"
    if form < 0.6:
        return f"{base}.fillna({random.choice(['0', '-1', '2.5'])})"
    if form < 0.66:
        return f"{base}.abs()"
    if form < 0.72:
        return f"{base}.clip(lower={random.choice(['0', '-2'])}, upper={random.choice(['5', '50.5'])})"
    if form < 0.78:
        return f"np.where({condition(p, 1)}, {base}, {number_constant(random)})"
    if form < 0.83:
        return f"{base}.where({condition(p, 1)})"
    if form < 0.88:
        return f"{base}.round({random.choice(['', '1', '0', '-1'])})"
    if form < 0.92 and p.pick("time"):
        return f'df["{p.pick("time")}"].dt.{random.choice(["year", "month", "day", "dayofweek", "hour", "quarter"])}'
    if form < 0.95 and p.pick("text"):
        return f'df["{p.pick("text")}"].str.len()'
    return base


def text(p):
    """An expression of text."""
    random = p.random
    column = p.pick("text")
    if column is None:
        return None
    base = f'df["{column}"]'
    return base + random.choice([
        ".str.lower()", ".str.upper()", ".str.strip()", ".str.lstrip()", '.str.replace("a", "A")', ".str[:2]", ".str[-2:]", ".str[1:3]", ".str[0]",
        '.fillna("none")', '.str.split(",").str[0]', '.str.split(",").str[1]', '.str.split(",").str[-1]', ".str.capitalize()", '.str.rjust(5, "*")',
        ' + "-z"', '.replace({"paid": "P"})', '.map({"paid": "P", "new": "N"})', ".str.strip().str.lower()", ".str.title()", ".str.zfill(5)",
    ])


# Operations: each adds a line, or says that it does not fit.

def do_filter(p):
    p.add(f"df = df[{condition(p)}]")
    return True


def do_assign_number(p):
    value = number(p)
    if value is None:
        return False
    name = p.pick("float") if p.random.random() < 0.3 else p.fresh()
    if name is None or name == p.unique:
        name = p.fresh()
    p.add(f'df["{name}"] = {value}')
    p.columns[name] = "float"
    return True


def do_assign_text(p):
    value = text(p)
    if value is None:
        return False
    name = p.pick("text") if p.random.random() < 0.4 else p.fresh()
    p.add(f'df["{name}"] = {value}')
    p.columns[name] = "text"
    return True


def do_flag(p):
    name = p.fresh()
    p.add(f'df["{name}"] = ({condition(p)}).astype(int)')
    p.columns[name] = "int"
    return True


def do_loc_set(p):
    column = p.pick("float", "text")
    if column is None:
        return False
    value = '"set"' if p.columns[column] == "text" else number_constant(p.random)
    p.add(f'df.loc[{condition(p)}, "{column}"] = {value}')
    return True


def do_rename(p):
    column = p.pick()
    name = p.fresh()
    p.add(f'df = df.rename(columns={{"{column}": "{name}"}})')
    p.columns = {name if known == column else known: kind for known, kind in p.columns.items()}
    if p.unique == column:
        p.unique = name
    return True


def do_select(p):
    kept = [name for name in p.columns if p.random.random() < 0.6 or name == p.unique]
    if not kept:
        return False
    p.random.shuffle(kept)
    p.add(f"df = df[{kept!r}]")
    p.columns = {name: p.columns[name] for name in kept}
    return True


def do_drop(p):
    if len(p.columns) < 3:
        return False
    column = p.pick()
    if column == p.unique:
        return False
    p.add(f'df = df.drop(columns=["{column}"])')
    del p.columns[column]
    return True


def do_dropna(p):
    p.add(f'df = df.dropna(subset=["{p.pick()}"])' if p.random.random() < 0.8 else "df = df.dropna()")
    return True


def do_fillna(p):
    column = p.pick("float", "text")
    if column is None:
        return False
    value = '"none"' if p.columns[column] == "text" else "0"
    p.add(f'df = df.fillna({{"{column}": {value}}})')
    return True


def do_distinct(p):
    kept = [name for name in p.columns if p.random.random() < 0.5 and name != p.unique and p.columns[name] != "time"]
    if not kept:
        return False
    p.add(f"df = df[{kept!r}].drop_duplicates()")
    p.columns = {name: p.columns[name] for name in kept}
    p.unique, p.sorted = None, False
    return True


def do_sort(p):
    if not p.unique:
        return False
    column = p.pick()
    up = p.random.choice([True, False])
    if column == p.unique or p.columns[column] == "text":
        p.add(f'df = df.sort_values("{p.unique}", ascending={up})')
    else:
        p.add(f'df = df.sort_values(["{column}", "{p.unique}"], ascending=[{up}, {p.random.choice([True, False])}]{p.random.choice(NA_POSITION)})')
    p.sorted = True
    return True


def in_order(p):
    """Whether the rows are in a known order; sorts them where that can be done."""
    return p.sorted or do_sort(p)


def do_head(p):
    if not in_order(p):
        return False
    p.add(p.random.choice(["df = df.head(3)", "df = df.iloc[1:4]", "df = df.tail(2)", "df = df[:2]"]))
    return True


def do_dedupe(p):
    if not in_order(p):
        return False
    p.add(f'df = df.drop_duplicates(subset=["{p.pick()}"]{p.random.choice(KEEP)})')
    return True


AGGREGATES = {
    "float": ["sum", "mean", "min", "max", "count", "nunique", "size", "median", "std", "var"],
    "int": ["sum", "mean", "min", "max", "count", "nunique", "size", "median"],
    "text": ["count", "nunique", "size", "min", "max"],
    "time": ["min", "max", "count", "nunique"],
    "bool": ["sum", "count", "size"],
    "object": ["count", "nunique", "size"],
}


def group_key(p):
    found = [name for name in p.columns if name in ("k", "g", "n", "m") or p.columns[name] == "text"]
    return p.random.choice(found) if found else None


def do_group(p):
    key = group_key(p)
    if key is None:
        return False
    keys = [key]
    other = group_key(p)
    if other != key and p.random.random() < 0.3:
        keys.append(other)
    named, columns = [], {name: p.columns[name] for name in keys}
    for _ in range(p.random.randint(1, 3)):
        column = p.pick()
        if column in keys:
            continue
        name = p.fresh()
        function = p.random.choice(AGGREGATES[p.columns[column]] + (["first", "last"] if p.sorted else []))
        named.append(f'{name}=("{column}", "{function}")')
        whole = function in ("count", "nunique", "size")
        number_like = function in ("sum", "mean", "median", "std", "var")
        columns[name] = "int" if whole else "float" if number_like else p.columns[column]
    if not named:
        return False
    dropna = p.random.choice(["", "", ", dropna=False"])
    if p.random.random() < 0.5:
        p.add(f"df = df.groupby({keys!r}, as_index=False{dropna}).agg({', '.join(named)})")
    else:
        p.add(f"df = df.groupby({keys!r}{dropna}).agg({', '.join(named)}).reset_index()")
    p.columns = columns
    p.unique = key if len(keys) == 1 and not dropna else None
    p.sorted = False
    return True


def do_size(p):
    key = group_key(p)
    if key is None:
        return False
    p.add(f'df = df.groupby("{key}").size().reset_index(name="size_{p.count}")')
    p.columns = {key: p.columns[key], f"size_{p.count}": "int"}
    p.unique, p.sorted = key, False
    return True


def do_transform(p):
    key, column = group_key(p), p.pick("int", "float")
    if key is None or column is None or key == column:
        return False
    name = p.fresh()
    function = p.random.choice(["sum", "mean", "min", "max", "count", "size"])
    p.add(f'df["{name}"] = df.groupby("{key}")["{column}"].transform("{function}")')
    p.columns[name] = "float"
    return True


def do_window(p):
    key, column = group_key(p), p.pick("int", "float")
    if column is None or not in_order(p):
        return False
    name = p.fresh()
    grouped = f'df.groupby("{key}")["{column}"]' if key and key != column and p.random.random() < 0.6 else f'df["{column}"]'
    call = p.random.choice(["cumsum()", "shift(1)", "shift(-1)", "diff()", "cummax()", "cummin()", "ffill()", "bfill()"])
    p.add(f'df["{name}"] = {grouped}.{call}')
    p.columns[name] = "float"
    return True


def do_cumcount(p):
    key = group_key(p)
    if key is None or not in_order(p):
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = df.groupby("{key}").cumcount()')
    p.columns[name] = "float"
    return True


def do_rank(p):
    key, column = group_key(p), p.pick("float")
    if column is None:
        return False
    name = p.fresh()
    grouped = f'df.groupby("{key}")["{column}"]' if key and key != column and p.random.random() < 0.5 else f'df["{column}"]'
    words = [p.random.choice(METHODS), p.random.choice(["", "ascending=False"])]
    p.add(f'df["{name}"] = {grouped}.rank({", ".join(word for word in words if word)})')
    p.columns[name] = "float"
    return True


def do_merge(p):
    if p.columns.get("k") not in ("int", "float") or "y" in p.columns or "bid" in p.columns:
        return False
    how = p.random.choice(["inner", "left", "left", "right", "outer"])
    p.add('b = pd.read_sql("select * from raw.b", engine)')
    chosen = p.random.choice(['[["k", "y"]]', '[["k", "y", "g"]]', "", '.groupby("k", as_index=False)["y"].sum()'])
    p.add(f'df = df.merge(b{chosen}, on="k", how="{how}")')
    added = {"": ["bid", "g", "y", "m"], '[["k", "y"]]': ["y"], '[["k", "y", "g"]]': ["y", "g"]}.get(chosen, ["y"])
    for name in added:
        kind = TABLES["b"][name][0]
        if name in p.columns:
            p.columns = {f"{known}_x" if known == name else known: value for known, value in p.columns.items()}
            p.columns[f"{name}_y"] = kind
        else:
            p.columns[name] = "float" if kind == "int" else kind
    p.unique, p.sorted = None, False
    return True


def do_concat(p):
    p.add(f"df = pd.concat([df[{condition(p)}], df[{condition(p)}]], ignore_index=True)")
    p.unique, p.sorted = None, False
    return True


def do_melt(p):
    numbers = [name for name, kind in p.columns.items() if kind in ("int", "float")]
    if len(numbers) < 3:
        return False
    key, one, two = numbers[:3]
    if p.random.random() < 0.6:
        return False
    p.add(f'df = df.melt(id_vars=["{key}"], value_vars=["{one}", "{two}"], var_name="name", value_name="value")')
    p.columns = {key: p.columns[key], "name": "text", "value": "float"}
    p.unique, p.sorted = None, False
    return True


def do_largest(p):
    column = p.unique
    if not column or p.columns[column] not in ("int", "float"):
        return False
    p.add(f'df = df.{p.random.choice(["nlargest", "nsmallest"])}(3, "{column}")')
    p.sorted = False
    return True


def do_compare_total(p):
    column = p.pick("int", "float")
    if column is None:
        return False
    p.add(f'df = df[df["{column}"] {p.random.choice([">", "<=", "=="])} df["{column}"].{p.random.choice(["mean", "max", "min", "sum"])}()]')
    return True


def do_apply(p):
    """A function of the script, value by value or row by row."""
    column = p.pick("int", "float")
    if column is None:
        return False
    name = p.fresh()
    form = p.random.random()
    if form < 0.4:
        limit = number_constant(p.random)
        p.add(f'df["{name}"] = df["{column}"].apply(lambda x: {p.random.choice(["x * 2", "x", "1"])} if x {p.random.choice(["<", ">", ">=", "==", "!="])} {limit} else {p.random.choice(["0", "-x", "x + 1"])})')
    elif form < 0.7:
        other = p.pick("int", "float")
        p.add(f'df["{name}"] = df.apply(lambda r: r["{column}"] + r["{other}"] if r["{other}"] > {number_constant(p.random)} and not r["{column}"] < 0 else 0, axis=1)')
    else:
        p.add(f'df["{name}"] = df["{column}"].apply(lambda x: -1 if pd.isna(x) else round(x))')
    p.columns[name] = "float"
    return True


def do_apply_text(p):
    column = p.pick("text")
    if column is None:
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = df["{column}"].apply(lambda s: {p.random.choice(["s.upper()", "s.strip()", "s[:2]", repr("x")])} if isinstance(s, str) and {p.random.choice(["s != " + repr("paid"), "len(s) > 3", "s.startswith(" + repr("n") + ")"])} else "none")')
    p.columns[name] = "text"
    return True


def do_query(p):
    column = p.pick("int", "float")
    if column is None:
        return False
    parts = [f'{column} {p.random.choice(["<", ">=", "!=", "=="])} {number_constant(p.random)}']
    text = p.pick("text")
    if text and p.random.random() < 0.6:
        parts.append(p.random.choice([f"{text} == 'paid'", f"{text} != 'new'", f"{text} in ['paid', 'new']", f"{text} not in ['paid', '']"]))
    joined = f" {p.random.choice(['and', 'or', '&', '|'])} ".join(parts)
    p.add(f'df = df.query("{joined}")' if p.random.random() < 0.8 else f'df = df.query("not ({joined})")')
    return True


def do_rolling(p):
    key, column = group_key(p), p.pick("int", "float")
    if column is None or not in_order(p):
        return False
    name = p.fresh()
    moving = p.random.choice(["rolling(2)", "rolling(3, min_periods=1)", "expanding()", "expanding(2)", "rolling(3, center=True, min_periods=1)"])
    total = p.random.choice(["sum()", "mean()", "min()", "max()", "count()"])
    if key and key != column and p.random.random() < 0.4:
        p.add(f'df["{name}"] = df.groupby("{key}")["{column}"].{moving}.{total}.reset_index(level=0, drop=True)')
    else:
        p.add(f'df["{name}"] = df["{column}"].{moving}.{total}')
    p.columns[name] = "float"
    return True


def do_row_total(p):
    numbers = [name for name, kind in p.columns.items() if kind in ("int", "float")]
    if len(numbers) < 2:
        return False
    one, two = p.random.sample(numbers, 2)
    name = p.fresh()
    p.add(f'df["{name}"] = df[["{one}", "{two}"]].{p.random.choice(["sum", "mean", "max", "min", "count"])}(axis=1)')
    p.columns[name] = "float"
    return True


def do_any_missing(p):
    one, two = p.pick(), p.pick()
    p.add(f'df = df[df[["{one}", "{two}"]].{p.random.choice(["isna", "notna"])}().{p.random.choice(["any", "all"])}(axis=1)]' if one != two else f'df = df[df[["{one}"]].isna().any(axis=1)]')
    return True


def do_cut(p):
    column = p.pick("int", "float")
    if column is None:
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = pd.cut(df["{column}"], bins=[-np.inf, 0, 2.5, 100], labels=["a", "b", "c"]{p.random.choice(["", ", right=False"])}).astype(object)')
    p.columns[name] = "text"
    return True


def do_texts(p):
    column = p.pick("text")
    if column is None:
        return False
    name = p.fresh()
    call, kind = p.random.choice([
        ('.str.count("a")', "float"), ('.str.find("a")', "float"), ('.str.pad(4)', "text"), ('.str.repeat(2)', "text"), ('.str.removeprefix("p")', "text"), ('.str.removesuffix("d")', "text"),
        ('.str.ljust(5, "*")', "text"), ('.str.slice(1)', "text"), ('.str.split(",", n=1).str[1]', "text"), ('.shift(1)', "text"),
    ])
    if "shift" in call and not in_order(p):
        return False
    p.add(f'df["{name}"] = df["{column}"]{call}')
    p.columns[name] = kind
    return True


def do_times(p):
    column = p.pick("time")
    if column is None:
        return False
    name = p.fresh()
    call, kind = p.random.choice([
        (".dt.day_name()", "text"), (".dt.month_name()", "text"), (".dt.days_in_month", "float"), ('.dt.ceil("h")', "time"), ('.dt.floor("D")', "time"), (".dt.normalize()", "time"),
        ('.dt.to_period("M").dt.to_timestamp()', "time"), (' + pd.DateOffset(months=1, days=1)', "time"), (' - pd.Timedelta(days=2, hours=1)', "time"), ('.dt.strftime("%Y-%m-%d")', "text"),
        (".dt.is_month_start.astype(int)", "float"), (".dt.is_month_end.astype(int)", "float"), (".dt.is_quarter_end.astype(int)", "float"),
    ])
    p.add(f'df["{name}"] = df["{column}"]{call}')
    p.columns[name] = kind
    return True


def do_pivot(p):
    key, column = group_key(p), p.pick("int", "float")
    if key is None or column is None or key == column:
        return False
    kind = p.fresh()
    p.add(f'df["{kind}"] = np.where({condition(p, 1)}, "big", "small")')
    p.add(f'df = df.pivot_table(index="{key}", columns="{kind}", values="{column}", aggfunc="{p.random.choice(["sum", "count"])}", fill_value=0).reindex(columns=["big", "small"], fill_value=0).reset_index()')
    p.columns = {key: p.columns[key], "big": "float", "small": "float"}
    p.unique, p.sorted = key, False
    return True


def do_explode(p):
    column = p.pick("text")
    if column is None:
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = df["{column}"].str.split(",")')
    p.add(f'df = df.explode("{name}").reset_index(drop=True)')
    p.columns[name] = "text"
    p.unique, p.sorted = None, False
    return True


def do_indicator(p):
    if p.columns.get("k") not in ("int", "float") or "y" in p.columns or "_merge" in p.columns:
        return False
    p.add('b = pd.read_sql("select * from raw.b", engine)')
    p.add(f'df = df.merge(b[["k", "y"]].drop_duplicates(), on="k", how="{p.random.choice(["left", "inner", "right", "outer"])}", indicator=True)')
    p.add('df["_merge"] = df["_merge"].astype(str)')
    p.columns["y"], p.columns["_merge"] = "float", "text"
    p.unique, p.sorted = None, False
    return True


def do_transform_function(p):
    key, column = group_key(p), p.pick("int", "float")
    if key is None or column is None or key == column:
        return False
    name = p.fresh()
    body = p.random.choice(["x - x.mean()", "x.fillna(x.max())", "x.max() - x.min()", "x / x.count()", "x.rank(method=\"min\")"])
    p.add(f'df["{name}"] = df.groupby("{key}")["{column}"].transform(lambda x: {body})')
    p.columns[name] = "float"
    return True


def do_filter_groups(p):
    key, column = group_key(p), p.pick("int", "float")
    if key is None or column is None or key == column:
        return False
    body = p.random.choice(["len(g) > 1", f'g["{column}"].sum() > 2', f'g["{column}"].max() > 1 and len(g) < 4', f'g["{column}"].count() == len(g)'])
    p.add(f'df = df.groupby("{key}").filter(lambda g: {body})')
    return True


def do_agg_function(p):
    key, column = group_key(p), p.pick("int", "float")
    if key is None or column is None or key == column:
        return False
    one, two = p.fresh(), p.fresh()
    p.add(f'df = df.groupby("{key}", as_index=False).agg({one}=("{column}", lambda x: x.max() - x.min()), {two}=("{column}", lambda x: (x > {number_constant(p.random)}).sum()))')
    p.columns = {key: p.columns[key], one: "float", two: "int"}
    p.unique, p.sorted = key, False
    return True


OPERATIONS = [
    do_filter, do_filter, do_filter, do_assign_number, do_assign_number, do_assign_number, do_assign_text, do_assign_text, do_flag, do_loc_set, do_rename,
    do_select, do_drop, do_dropna, do_fillna, do_distinct, do_sort, do_sort, do_sort, do_head, do_dedupe, do_group, do_group, do_size, do_transform,
    do_window, do_window, do_cumcount, do_rank, do_merge, do_merge, do_concat, do_melt, do_largest, do_compare_total,
    do_apply, do_apply_text, do_query, do_rolling, do_row_total, do_any_missing, do_cut, do_texts, do_texts, do_times, do_times, do_pivot, do_explode, do_indicator,
    do_transform_function, do_filter_groups, do_agg_function,
]
