import pandas as pd
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")

# Totals and numbers of each group, side by side: which groups there are, the rows decide
values = pd.read_sql("SELECT * FROM raw.a", engine)
wide = values.pivot_table(index="k", columns="g", values="x", aggfunc=["sum", "count"])
wide.columns = ["_".join(pair) for pair in wide.columns]
wide = wide.reset_index()
wide["all"] = wide["sum_a"] + wide["sum_b"]
wide.to_sql("wide", engine, schema="mart", if_exists="replace", index=False)

# One row for each value, under the label of its row
long = values.set_index("id")[["x", "n"]].dropna().stack().reset_index()
long.columns = ["id", "what", "value"]
long.to_sql("long", engine, schema="mart", if_exists="replace", index=False)

# Weighed in the order of the rows, and written with their labels
ordered = values.sort_values("id").set_index("id")[["x"]]
smooth = ordered.ewm(alpha=0.5).mean()
smooth.to_sql("smooth", engine, schema="mart", if_exists="replace")
