"""Texts of a group joined into one: the statement that has no SQL ends with reset_index, which must not be done twice."""

import pandas as pd
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")
events = pd.read_sql("select id, k, g, x, n from raw.a", engine)
names = events.groupby("n")["g"].apply(lambda s: ", ".join(sorted(s.dropna().unique()))).reset_index(name="names")
names.to_sql("names_of_n", engine, schema="mart", if_exists="replace", index=False)
