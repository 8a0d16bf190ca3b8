import pandas as pd
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")
stock = pd.read_sql("SELECT * FROM raw.a", engine)
stock = stock.sort_values("id").reset_index(drop=True)
stock["left"] = 0

# What is left after each movement, never below zero: a loop that changes the rows
for at in range(len(stock)):
    before = stock.loc[at - 1, "left"] if at > 0 else 0
    stock.at[at, "left"] = max(0, before + stock.at[at, "n"])
stock[["id", "left"]].to_sql("stock", engine, schema="mart", if_exists="replace", index=False)

# One row of totals, and a list that a loop fills
total = 0
seen = []
for _, row in stock.iterrows():
    total += row["left"]
    if row["n"] > 3:
        seen.append({"id": row["id"], "left": row["left"], "twice": row["left"] * 2})
pd.DataFrame(seen).to_sql("peaks", engine, schema="mart", if_exists="replace", index=False)
pd.DataFrame([{"total": total, "peaks": len(seen)}]).to_sql("totals", engine, schema="mart", if_exists="replace", index=False)
