import pandas as pd
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")

# One column that has no SQL: the others stay, and one of them is left out afterwards
values = pd.read_sql("SELECT id, k, n FROM raw.a", engine)
values["decade"] = values["n"].ewm(alpha=0.5).mean().round(6)
values["double"] = values["n"] * 2
values.drop(columns=["k"]).to_sql("columns", engine, schema="mart", if_exists="replace", index=False)
