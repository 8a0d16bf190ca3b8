"""More operations for random pipelines: those that scripts of every day are made of, in their usual spellings.

In: a pipeline in the making (`pipelines.Pipeline`). Out: lines that are added to it. Like there, a line that depends on the
order of rows only stands where a sort by a column without duplicates has fixed it.
"""

from pipelines import AGGREGATES, TABLES, condition, group_key, in_order, number_constant

READ_B = 'b = pd.read_sql("select * from raw.b", engine)'
HOWS = ["inner", "left", "left", "right", "outer"]


def lose_order(p, unique=None):
    p.unique, p.sorted = unique, False
    return True


def keys_of(p, most=2):
    """One or two columns that rows are grouped by."""
    key, other = group_key(p), group_key(p)
    if key is None:
        return []
    return [key, other] if most > 1 and other != key and p.random.random() < 0.4 else [key]


def values_of(p, keys, kinds=("int", "float")):
    return [name for name, kind in p.columns.items() if kind in kinds and name not in keys]


# Groups

def do_agg_dict(p):
    keys = keys_of(p)
    found = values_of(p, keys, ("int", "float", "text", "time"))
    if not keys or not found:
        return False
    chosen = p.random.sample(found, min(len(found), p.random.randint(1, 3)))
    parts, columns = [], {key: p.columns[key] for key in keys}
    for name in chosen:
        function = p.random.choice([f for f in AGGREGATES[p.columns[name]] if f != "size"])
        parts.append(f'"{name}": "{function}"')
        columns[name] = "int" if function in ("count", "nunique") else "float" if function in ("sum", "mean", "median", "std", "var") else p.columns[name]
    sort = p.random.choice(["", ", sort=False"])
    if p.random.random() < 0.5:
        p.add(f"df = df.groupby({keys!r}, as_index=False{sort}).agg({{{', '.join(parts)}}})")
    else:
        p.add(f"df = df.groupby({keys!r}{sort}).agg({{{', '.join(parts)}}}).reset_index()")
    p.columns = columns
    return lose_order(p, keys[0] if len(keys) == 1 else None)


def do_agg_list(p):
    keys = keys_of(p)
    found = values_of(p, keys)
    if not keys or not found:
        return False
    column = p.random.choice(found)
    functions = p.random.sample(["sum", "mean", "min", "max", "count", "nunique", "median", "std", "size"], 2)
    if p.random.random() < 0.5:
        p.add(f'df = df.groupby({keys!r})["{column}"].agg({functions!r}).reset_index()')
        names = functions
    else:
        p.add(f'df = df.groupby({keys!r}).agg({{"{column}": {functions!r}}})')
        p.add('df.columns = ["_".join(c) for c in df.columns]')
        p.add("df = df.reset_index()")
        names = [f"{column}_{function}" for function in functions]
    if set(names) & set(keys):
        return False
    p.columns = {**{key: p.columns[key] for key in keys}, **{name: "float" for name in names}}
    return lose_order(p, keys[0] if len(keys) == 1 else None)


def do_group_columns(p):
    keys = keys_of(p)
    found = values_of(p, keys)
    if not keys or not found:
        return False
    chosen = p.random.sample(found, min(len(found), 2))
    function = p.random.choice(["sum", "mean", "min", "max", "count", "nunique", "median", "std"])
    dropna = p.random.choice(["", "", ", dropna=False"])
    if p.random.random() < 0.5:
        p.add(f"df = df.groupby({keys!r}{dropna})[{chosen!r}].{function}().reset_index()")
    else:
        p.add(f"df = df.groupby({keys!r}, as_index=False{dropna})[{chosen!r}].{function}()")
    p.columns = {**{key: p.columns[key] for key in keys}, **{name: "float" for name in chosen}}
    return lose_order(p, keys[0] if len(keys) == 1 and not dropna else None)


def do_group_text(p):
    """Keys that are computed."""
    column, value = p.pick("text"), p.pick("int", "float")
    if column is None or value is None:
        return False
    name = p.fresh()
    p.add(f'df = df.groupby(df["{column}"].{p.random.choice(["str.lower()", "str[:1]", "str.len()", "isna()"])}.rename("{name}"))["{value}"].{p.random.choice(["sum", "count", "max"])}().reset_index()')
    p.columns = {name: "object", value: "float"}
    return lose_order(p, name)


def do_transform_keys(p):
    keys = keys_of(p)
    found = values_of(p, keys)
    if not keys or not found:
        return False
    column, name = p.random.choice(found), p.fresh()
    grouped = f'df.groupby({keys!r})["{column}"]'
    p.add(f'df["{name}"] = ' + p.random.choice([
        f'df["{column}"] - {grouped}.transform("mean")', f'{grouped}.transform("nunique")', f'df["{column}"].fillna({grouped}.transform("mean"))', f'{grouped}.transform("std")',
        f'(df["{column}"] == {grouped}.transform("max")).astype(int)', f'{grouped}.transform("count") / {grouped}.transform("size")', f'{grouped}.rank(method="dense", ascending=False)',
        f'{grouped}.transform("median")',
    ]))
    p.columns[name] = "float"
    return True


def do_group_filter(p):
    """Rows of groups that are looked at as a whole."""
    keys = keys_of(p)
    found = values_of(p, keys)
    if not keys or not found:
        return False
    column = p.random.choice(found)
    p.add(f'df = df[df.groupby({keys!r})["{column}"].transform("{p.random.choice(["size", "count", "sum", "max"])}") {p.random.choice([">", "<=", "!=", "=="])} {number_constant(p.random)}]')
    return True


def do_group_neighbours(p):
    keys = keys_of(p)
    found = values_of(p, keys)
    if not keys or not found or not in_order(p):
        return False
    column, name = p.random.choice(found), p.fresh()
    call = p.random.choice(["shift(2)", "diff()", "cumsum()", "cummax()", "ffill()", "bfill()", "shift(1, fill_value=0)", "diff(-1)", "cumcount() + 1", "first", "last"])
    if call in ("first", "last"):
        call = f'transform("{call}")'
    p.add(f'df["{name}"] = df.groupby({keys!r})["{column}"].{call}')
    p.columns[name] = "float"
    return True


def do_group_head(p):
    keys = keys_of(p)
    if not keys or not in_order(p):
        return False
    p.add(f"df = df.groupby({keys!r}).{p.random.choice(['head(1)', 'head(2)', 'tail(1)'])}")
    return True


def do_value_counts(p):
    column = group_key(p)
    if column is None or column == "count":
        return False
    option = p.random.choice(["", "dropna=False", ""])
    p.add(f'df = df["{column}"].value_counts({option}).reset_index()')
    p.columns = {column: p.columns[column], "count": "int"}
    return lose_order(p, None if option else column)


# Rows that meet

def b_columns(p, chosen):
    return {name: "float" if TABLES["b"][name][0] == "int" else TABLES["b"][name][0] for name in chosen}


def merged(p, right, on, suffixes=("_x", "_y")):
    """The columns after a merge with `right` on columns of the same name."""
    left = dict(p.columns)
    made = {}
    for name, kind in left.items():
        made[f"{name}{suffixes[0]}" if name in right and name not in on else name] = kind
    for name, kind in right.items():
        if name not in on:
            made[f"{name}{suffixes[1]}" if name in left else name] = kind
    return made if len(made) == len(left) + len(right) - len(on) else None


def do_merge_two_keys(p):
    if p.columns.get("k") not in ("int", "float") or p.columns.get("g") != "text":
        return False
    columns = merged(p, b_columns(p, ["k", "g", "y", "m"]), ["k", "g"], ("", "_b"))
    if columns is None:
        return False
    p.add(READ_B)
    p.add(f'df = df.merge(b[["k", "g", "y", "m"]], on=["k", "g"], how="{p.random.choice(HOWS)}", suffixes=("", "_b"))')
    p.columns = columns
    return lose_order(p)


def do_merge_other_names(p):
    column = next((name for name in p.columns if name in ("n", "id", "k")), None)
    right = b_columns(p, ["m", "y"])
    if column is None or set(right) & set(p.columns):
        return False
    p.add(READ_B)
    p.add(f'df = pd.merge(df, b[["m", "y"]], left_on="{column}", right_on="m", how="{p.random.choice(HOWS)}")')
    p.columns = {**p.columns, **right}
    return lose_order(p)


def do_merge_index(p):
    if p.columns.get("k") not in ("int", "float") or "y" in p.columns:
        return False
    p.add(READ_B)
    p.add('y = b.groupby("k")["y"].sum()')
    p.add(p.random.choice([
        'df = df.merge(y, left_on="k", right_index=True, how="left")', 'df = df.join(y, on="k")', 'df = df.merge(y.reset_index(), on="k", how="left")', 'df["y"] = df["k"].map(y)',
        'df = df.merge(y.to_frame(), how="inner", left_on="k", right_index=True)',
    ]))
    p.columns["y"] = "float"
    return lose_order(p, p.unique)


def do_cross(p):
    right = b_columns(p, ["bid"])
    if "bid" in p.columns:
        return False
    p.add(READ_B)
    p.add('df = df.merge(b[["bid"]], how="cross")')
    p.columns = {**p.columns, **right}
    return lose_order(p)


def do_in_other(p):
    if p.columns.get("k") not in ("int", "float"):
        return False
    p.add(READ_B)
    other = p.random.choice(['b["k"]', 'b.loc[b["y"] > 0, "k"]', 'b["k"].unique()', 'b["k"].dropna()', 'b[b["m"].isna()]["k"].tolist()'])
    p.add(f'df = df[{p.random.choice(["", "~"])}df["k"].isin({other})]')
    return True


def do_anti(p):
    if p.columns.get("k") not in ("int", "float") or "_merge" in p.columns:
        return False
    p.add(READ_B)
    p.add('df = df.merge(b[["k"]].drop_duplicates(), on="k", how="left", indicator=True)')
    p.add(f'df = df[df["_merge"] == "{p.random.choice(["left_only", "both"])}"].drop(columns="_merge")')
    return lose_order(p, p.unique)


def do_concat_other(p):
    p.add(READ_B)
    p.add("df = pd.concat([df, b], ignore_index=True)")
    for name, (kind, _) in TABLES["b"].items():
        known = p.columns.setdefault(name, "float" if kind == "int" else kind)
        if known not in ("int", "float", kind):
            return False
    return lose_order(p)


def do_concat_named(p):
    p.add(f'low = df[{condition(p)}].assign(part="low")')
    p.add(f'high = df[{condition(p)}].assign(part="high")')
    p.add(f"df = pd.concat([low, high]{p.random.choice(['', ', ignore_index=True'])})")
    p.columns["part"] = "text"
    if p.random.random() < 0.4:
        p.add("df = df.drop_duplicates()")
    return lose_order(p)


def do_own_totals(p):
    """A frame that meets its own groups."""
    keys = keys_of(p)
    found = values_of(p, keys)
    if not keys or not found:
        return False
    column, name = p.random.choice(found), p.fresh()
    p.add(f'totals = df.groupby({keys!r}, as_index=False).agg({name}=("{column}", "{p.random.choice(["sum", "mean", "max", "count"])}"))')
    p.add(f'df = df.merge(totals, on={keys!r}, how="{p.random.choice(["left", "inner"])}")')
    p.columns[name] = "float"
    return lose_order(p, p.unique)


# Order and duplicates

def do_sort_keys(p):
    if not p.unique:
        return False
    keys = [name for name in p.columns if name != p.unique and p.columns[name] in ("int", "float", "time")]
    keys = p.random.sample(keys, min(len(keys), p.random.randint(0, 2))) + [p.unique]
    up = [p.random.choice([True, False]) for _ in keys]
    position = p.random.choice(["", ', na_position="first"'])
    p.add(f"df = df.sort_values(by={keys!r}, ascending={up!r}{position}).reset_index(drop=True)")
    p.sorted = True
    return True


def do_dedupe_keys(p):
    keys = keys_of(p)
    if not keys or not in_order(p):
        return False
    keep = p.random.choice(["", ', keep="last"', ", keep=False"])
    p.add(p.random.choice([f"df = df.drop_duplicates({keys!r}{keep})", f"df = df[~df.duplicated(subset={keys!r}{keep})]", f"df = df[df.duplicated({keys!r}{keep})]"]))
    return True


def do_duplicated_flag(p):
    keys = keys_of(p)
    if not keys:
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = df.duplicated(subset={keys!r}, keep=False).astype(int)')
    p.columns[name] = "int"
    return True


def do_index(p):
    column = p.pick()
    others = [name for name in p.columns if name != column]
    if not others:
        return False
    form = p.random.randrange(3)
    if form == 0:
        p.add(f'df = df.set_index("{column}").reset_index()')
        p.columns = {column: p.columns[column], **{name: p.columns[name] for name in others}}
    elif form == 1 and column != p.unique:
        p.add(f'df = df.set_index("{column}").reset_index(drop=True)')
        p.columns = {name: p.columns[name] for name in others}
    else:
        p.add("df = df.reset_index(drop=True)")
    return True


# Columns

def do_rename_all(p):
    form = p.random.randrange(3)
    if form == 0:
        p.add("df.columns = [c.upper() for c in df.columns]")
        p.add("df = df.rename(columns=str.lower)")
        if any(name != name.lower() for name in p.columns):
            return False
        return True
    if form == 1:
        p.add(f"df.columns = {[f'c_{at}' for at in range(len(p.columns))]!r}")
        p.unique = next((f"c_{at}" for at, name in enumerate(p.columns) if name == p.unique), None)
        p.columns = {f"c_{at}": kind for at, kind in enumerate(p.columns.values())}
        return True
    one, two = p.pick(), p.pick()
    if one == two:
        return False
    p.add(f'df = df.rename(columns={{"{one}": "{two}", "{two}": "{one}"}})')
    swap = {one: two, two: one}
    p.columns = {swap.get(name, name): kind for name, kind in p.columns.items()}
    p.unique = swap.get(p.unique, p.unique)
    return True


def do_astype(p):
    column = p.pick("int", "float")
    if column is None:
        return False
    name = p.fresh()
    form, kind = p.random.choice([
        (f'df["{column}"].fillna(0).astype(int)', "int"), (f'df["{column}"].astype(float)', "float"), (f'df["{column}"].fillna(-1).astype("int64")', "int"),
        (f'df["{column}"].fillna(0).round().astype(int)', "int"), (f'(df["{column}"].fillna(0) / 2).astype(int)', "int"), (f'df["{column}"].fillna(0).astype(bool).astype(int)', "int"),
        (f'df["{column}"].fillna(0).astype(int).astype(str)', "text"),
    ])
    p.add(f'df["{name}"] = {form}')
    p.columns[name] = kind
    return True


def do_assign_lambda(p):
    column = p.pick("int", "float")
    if column is None:
        return False
    one, two = p.fresh(), p.fresh()
    p.add(f'df = df.assign({one}=lambda d: d["{column}"] * 2, {two}=lambda d: np.where(d["{one}"] > {number_constant(p.random)}, d["{one}"], d["{column}"].fillna(0)))')
    p.columns[one] = p.columns[two] = "float"
    return True


def do_select_cases(p):
    name = p.fresh()
    column = p.pick("int", "float")
    form = p.random.randrange(4)
    if form == 0:
        p.add(f'df["{name}"] = np.select([{condition(p)}, {condition(p)}], ["one", "two"], default="other")')
        p.columns[name] = "text"
    elif form == 1:
        p.add(f'df["{name}"] = np.where({condition(p)}, "yes", np.where({condition(p)}, "maybe", "no"))')
        p.columns[name] = "text"
    elif column and form == 2:
        p.add(f'df["{name}"] = df["{column}"].mask({condition(p)}{p.random.choice(["", ", 0", ", -1.5"])})')
        p.columns[name] = "float"
    elif column:
        p.add(f'df["{name}"] = np.select([{condition(p)}, {condition(p)}], [df["{column}"], df["{column}"] * -1], default=np.nan)')
        p.columns[name] = "float"
    else:
        return False
    return True


def do_loc_sets(p):
    column = p.pick("float")
    other = p.pick("int", "float")
    form = p.random.randrange(4)
    if form == 0:
        name = p.fresh()
        p.add(f'df.loc[{condition(p)}, "{name}"] = "hit"')
        if p.random.random() < 0.5:
            p.add(f'df["{name}"] = df["{name}"].fillna("miss")')
        p.columns[name] = "text"
        return True
    if column is None or column == p.unique:
        return False
    if form == 1:
        p.add(f'df.loc[{condition(p)}, "{column}"] = df["{other}"]')
    elif form == 2:
        p.add(f'df.loc[{condition(p)}, "{column}"] = np.nan')
    else:
        p.add(f'df.loc[{condition(p)}, "{column}"] = df["{column}"] * 2 + 1')
    return True


def do_flags(p):
    """Conditions that are kept as columns."""
    name = p.fresh()
    p.add(f'df["{name}"] = {condition(p)}')
    form = p.random.randrange(4)
    key = group_key(p)
    if form == 0:
        p.add(f'df = df[{p.random.choice(["", "~"])}df["{name}"]]')
    elif form == 1 and key:
        p.add(f'df = df.groupby("{key}", as_index=False).agg(hits=("{name}", "sum"), share=("{name}", "mean"), some=("{name}", "any"), every=("{name}", "all"))')
        p.columns = {key: p.columns[key], "hits": "float", "share": "float", "some": "bool", "every": "bool"}
        return lose_order(p, key)
    elif form == 2:
        p.add(f'df["{name}"] = df["{name}"].map({{True: "Y", False: "N"}})')
        p.columns[name] = "text"
        return True
    p.columns[name] = "bool"
    return True


def do_share(p):
    column = p.pick("int", "float")
    if column is None:
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = ' + p.random.choice([
        f'df["{column}"] - df["{column}"].mean()', f'df["{column}"].fillna(df["{column}"].median())', f'df["{column}"] > df["{column}"].quantile(0.75)', f'df["{column}"].nunique()',
        f'df["{column}"].max() - df["{column}"]', f'df["{column}"].fillna(df["{column}"].mean()).round(2)', f'len(df)', f'df["{column}"].isna().sum()', f'df["{column}"].rank(pct=True)',
    ]))
    p.columns[name] = "float"
    return True


def do_missing(p):
    one, two = p.pick(), p.pick()
    form = p.random.randrange(4)
    if form == 0 and one != two:
        p.add(f'df = df.dropna(subset=["{one}", "{two}"], how="{p.random.choice(["any", "all"])}")')
    elif form == 1:
        p.add(f"df = df.dropna(thresh={p.random.choice([1, len(p.columns) - 1, len(p.columns)])})")
    elif form == 2:
        numbers = [name for name in p.columns if p.columns[name] in ("float",)]
        texts = [name for name in p.columns if p.columns[name] == "text"]
        if not numbers or not texts:
            return False
        p.add(f'df = df.fillna({{"{p.random.choice(numbers)}": -1, "{p.random.choice(texts)}": "?"}})')
    else:
        numbers = [name for name in p.columns if p.columns[name] == "float" and name != p.unique]
        if len(numbers) < 2:
            return False
        one, two = p.random.sample(numbers, 2)
        p.add(p.random.choice([f'df["{one}"] = df["{one}"].fillna(df["{two}"])', f'df["{one}"] = df["{one}"].combine_first(df["{two}"])', f'df[["{one}", "{two}"]] = df[["{one}", "{two}"]].fillna(0)']))
    return True


def do_replace(p):
    text, value = p.pick("text"), p.pick("float")
    form = p.random.randrange(5)
    if form == 0 and text:
        p.add(f'df["{text}"] = df["{text}"].replace({{"paid": "P", "new": "paid"}})')
    elif form == 1 and text:
        p.add(f'df["{text}"] = df["{text}"].replace(["paid", ""], "x")')
    elif form == 2 and value and value != p.unique:
        p.add(f'df["{value}"] = df["{value}"].replace({p.random.choice(["0, np.nan", "{0: 1, 1: 2}", "-0.5, 7", "[0, 1], np.nan"])})')
    elif form == 3 and text:
        name = p.fresh()
        p.add(f'df["{name}"] = df["{text}"].map({{"paid": 1, "new": 2}}).fillna(0).astype(int)')
        p.columns[name] = "int"
    elif form == 4 and text:
        p.add(f'df["{text}"] = df["{text}"].str.replace(r"{p.random.choice(["[aeiou]", "^p", "[^a-z]", "a|,"])}", "_", regex=True)')
    else:
        return False
    return True


def do_words(p):
    column = p.pick("text")
    if column is None:
        return False
    name = p.fresh()
    form, kind = p.random.choice([
        ('.str.contains("^[a-z]+$", na=False).astype(int)', "int"), ('.str.contains("PA", case=False, na=False).astype(int)', "int"), ('.str.match("[pn]", na=False).astype(int)', "int"),
        ('.str.extract(r"([a-z]+)", expand=False)', "text"), ('.str.extract(r"(\\d+)", expand=False)', "text"), ('.str.split(" ").str[0]', "text"), ('.str.len().fillna(0).astype(int)', "int"),
        ('.str.endswith("d", na=False).astype(int)', "int"), ('.fillna("").str.upper().str[:3]', "text"), ('.str.strip().replace("", np.nan)', "text"), ('.str.fullmatch("[a-z]+", na=False).astype(int)', "int"),
        ('.str.swapcase()', "text"), ('.str.isalpha().fillna(False).astype(int)', "int"), ('.str.isnumeric().fillna(False).astype(int)', "int"), ('.str.isspace().fillna(False).astype(int)', "int"),
        ('.str.isupper().fillna(False).astype(int)', "int"), ('.str.islower().fillna(False).astype(int)', "int"), ('.str.rfind("a")', "float"), ('.str.slice_replace(0, 1, "Z")', "text"), ('.str.isalnum().fillna(False).astype(int)', "int"),
        ('.str.partition(",")[0]', "text"), ('.str.split(",", expand=True)[0]', "text"), ('.str.casefold()', "text"), ('.str.title()', "text"), ('.str.startswith(("p", "n"), na=False).astype(int)', "int"),
    ])
    p.add(f'df["{name}"] = df["{column}"]{form}')
    p.columns[name] = kind
    return True


def do_dates(p):
    column = p.pick("time")
    if column is None:
        return False
    name = p.fresh()
    form, kind = p.random.choice([
        (f'(pd.Timestamp("2024-06-30") - df["{column}"]).dt.days', "float"), (f'df["{column}"].dt.isocalendar().week.astype(float)', "float"), (f'(df["{column}"].dt.dayofweek >= 5).astype(int)', "int"),
        (f'df["{column}"].dt.strftime("%Y-%m")', "text"), (f'df["{column}"].dt.to_period("M").dt.start_time', "time"), (f'(df["{column}"] - df["{column}"].min()).dt.days', "float"),
        (f'df["{column}"].dt.year * 100 + df["{column}"].dt.month', "float"), (f'df["{column}"].dt.floor("h")', "time"), (f'df["{column}"].dt.round("D")', "time"), (f'df["{column}"].dt.round("h")', "time"),
        (f'df["{column}"].fillna(pd.Timestamp("2000-01-01"))', "time"), (f'df["{column}"].between("2023-01-01", "2024-02-29 23:59:59").astype(int)', "int"),
        (f'pd.to_datetime(df["{column}"].dt.strftime("%Y/%m/%d"), format="%Y/%m/%d")', "time"), (f'df["{column}"].dt.dayofyear', "float"), (f'df["{column}"].dt.is_year_end.astype(int)', "int"),
        (f'(df["{column}"] - pd.Timestamp("2024-01-01")).dt.total_seconds()', "float"), (f'df["{column}"] + pd.Timedelta(hours=36)', "time"), (f'df["{column}"].dt.minute', "float"),
        (f'df["{column}"].dt.quarter.map({{1: "a", 2: "b", 3: "c", 4: "d"}})', "text"), (f'df["{column}"].dt.microsecond', "float"),
    ])
    p.add(f'df["{name}"] = {form}')
    p.columns[name] = kind
    return True


def do_parse(p):
    """Texts that are read as numbers or times, where they can be."""
    column = p.pick("text")
    if column is None:
        return False
    name = p.fresh()
    form, kind = p.random.choice([(f'pd.to_numeric(df["{column}"], errors="coerce")', "float"), (f'pd.to_datetime(df["{column}"], format="%Y-%m-%d", errors="coerce")', "time")])
    p.add(f'df["{name}"] = {form}')
    p.columns[name] = kind
    return True


def do_row_function(p):
    one, two = p.pick("int", "float"), p.pick("int", "float")
    if one is None:
        return False
    name, function = p.fresh(), f"f{p.count}"
    limit, other = number_constant(p.random), number_constant(p.random)
    form = p.random.randrange(3)
    if form == 0:
        p.add(f'def {function}(row):\n    if row["{one}"] > {limit}:\n        return "high"\n    elif row["{two}"] <= {other}:\n        return "low"\n    return "none"')
        p.add(f'df["{name}"] = df.apply({function}, axis=1)')
    elif form == 1:
        p.add(f'def {function}(x):\n    if pd.isnull(x):\n        return "missing"\n    if x < {limit}:\n        return "less"\n    return "more"')
        p.add(f'df["{name}"] = df["{one}"].{p.random.choice(["apply", "map"])}({function})')
    else:
        p.add(f'df["{name}"] = df.apply(lambda r: "both" if r["{one}"] > {limit} and r["{two}"] > {limit} else ("one" if r["{one}"] > {limit} or r["{two}"] > {limit} else "none"), axis=1)')
    p.columns[name] = "text"
    return True


def do_largest_of_group(p):
    """The row of each group where a column is greatest."""
    keys = keys_of(p, 1)
    if not keys or not in_order(p):
        return False
    found = values_of(p, keys)
    if not found:
        return False
    column = p.random.choice(found)
    p.add(f'df = df.dropna(subset=["{column}"]).reset_index(drop=True)')
    p.add(f'df = df.loc[df.groupby("{keys[0]}")["{column}"].{p.random.choice(["idxmax", "idxmin"])}()]')
    return True


def do_whole_frame(p):
    """Several columns at once."""
    found = [name for name in p.columns if p.columns[name] == "float" and name != p.unique]
    if not found:
        return False
    chosen = found[:2]
    p.add(f"df[{chosen!r}] = df[{chosen!r}]" + p.random.choice([" * 2", ".fillna(0)", ".round(1)", ".clip(lower=0)", ".abs()", " + 1", ".astype(float)", ".apply(lambda c: c * 2)", ".where(df[\"" + chosen[0] + "\"] > 0)", ".fillna(-1) - 0.5"]))
    return True


def do_cumulative(p):
    column = p.pick("int", "float")
    if column is None or not in_order(p):
        return False
    name = p.fresh()
    p.add(f'df["{name}"] = df["{column}"]' + p.random.choice([".cumsum()", ".shift(1).fillna(0)", ".diff().fillna(0)", ".fillna(0).cumsum()", ".ffill().bfill()", ".rolling(3).mean()", ".rolling(2, min_periods=1).sum()", ".shift(-2)", ".expanding().max()", ".diff(2)"]))
    p.columns[name] = "float"
    return True


OPERATIONS = [
    do_agg_dict, do_agg_dict, do_agg_list, do_group_columns, do_group_columns, do_group_text, do_transform_keys, do_group_filter, do_group_neighbours, do_group_head, do_value_counts,
    do_merge_two_keys, do_merge_other_names, do_merge_index, do_cross, do_in_other, do_anti, do_concat_other, do_concat_named, do_own_totals,
    do_sort_keys, do_sort_keys, do_dedupe_keys, do_duplicated_flag, do_index, do_rename_all, do_astype, do_assign_lambda, do_select_cases, do_select_cases, do_loc_sets, do_loc_sets,
    do_flags, do_share, do_missing, do_missing, do_replace, do_words, do_words, do_dates, do_dates, do_parse, do_row_function, do_largest_of_group, do_whole_frame, do_cumulative,
]
