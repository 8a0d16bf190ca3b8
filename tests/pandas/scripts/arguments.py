import pandas as pd
from sqlalchemy import create_engine

engine = create_engine("postgresql://warehouse")


def marked(frame, weights, otherwise="none"):
    """What a letter weighs, and its mirror image."""
    frame = frame.copy()
    frame["weight"] = frame["g"].apply(lambda letter: sum(weights.get(part, 0) for part in letter or ""))
    frame["mirrored"] = frame["g"].apply(lambda letter: "".join(reversed(letter * 2)) if letter else otherwise)
    return frame


letters = pd.read_sql("SELECT * FROM raw.a", engine)
letters = marked(letters[["id", "g"]], {"a": 1, "b": 4})
letters.to_sql("letters", engine, schema="mart", if_exists="replace", index=False)
