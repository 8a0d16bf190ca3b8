import pandas as pd
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")


def main():
    events = pd.read_sql("SELECT id, k, n FROM raw.a", engine)
    events = events[events["n"].notna()].sort_values("id")

    # A running balance that never falls below zero
    balance = 0
    balances = []
    for row in events.itertuples():
        balance = max(0, balance + row.n)
        balances.append(balance)
    events["balance"] = balances

    high = events[events["balance"] > 2][["id", "balance"]]
    high.to_sql("high_balances", engine, schema="mart", if_exists="replace", index=False)


if __name__ == "__main__":
    main()
