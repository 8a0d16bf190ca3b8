import pandas as pd
from sklearn.linear_model import LinearRegression
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")

FEATURES = ["n", "k"]

# Orders with an amount
orders = pd.read_sql("SELECT * FROM raw.a", engine)
orders = orders.dropna(subset=["x", "k"])

model = LinearRegression()
model.fit(orders[FEATURES], orders["x"])

# The amount that the model expects
scored = orders[["id", "n", "k", "g"]]
scored["expected"] = model.predict(scored[FEATURES])

# One row a group
by_group = scored.groupby("g", as_index=False)["expected"].mean()
by_group.to_sql("expected_by_group", engine, schema="mart", if_exists="replace", index=False)
