"""Runs every script of `operations` under this interpreter's pandas; prints what each writes, as JSON."""

import datetime
import json
import math
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
sys.path.insert(0, str(Path(__file__).resolve().parent))
import operations as cases
import pandas as pd
def val(v):
    if v is None: return None
    if isinstance(v,float) and math.isnan(v): return None
    return v
out={}
for name,body in cases.CASES.items():
    frames=cases.frames(pd)
    writes={}
    def read_sql(q,con=None,**k):
        n=q.split()[-1].split(".")[-1] if " " in q else q.split(".")[-1]
        return frames[n].copy()
    def to_sql(self,name,con,schema=None,if_exists="fail",index=True,index_label=None,**k):
        d=self
        if index:
            d=self.copy()
            if index_label is not None:
                labels=[index_label] if isinstance(index_label,str) else index_label
                d.index.names=labels
            elif d.index.nlevels==1 and d.index.name is None: d.index.name="index"
            d=d.reset_index()
        rows=[]
        for r in d.itertuples(index=False,name=None):
            row=[]
            for v in r:
                if v is None or v is pd.NaT or (isinstance(v,float) and math.isnan(v)): row.append(None)
                elif v is pd.NA: row.append(None)
                elif isinstance(v,pd.Timestamp): row.append(v.strftime("%Y-%m-%d %H:%M:%S"))
                elif isinstance(v,datetime.datetime): row.append(v.strftime("%Y-%m-%d %H:%M:%S"))
                elif isinstance(v,datetime.date): row.append(v.strftime("%Y-%m-%d 00:00:00"))
                elif hasattr(v,"item"): row.append(v.item())
                else: row.append(v)
            rows.append(row)
        writes[name]=([str(c) for c in d.columns],rows)
    pd.read_sql=read_sql; pd.DataFrame.to_sql=to_sql
    try:
        exec(compile(cases.PRE_RUN+body,name,"exec"),{})
        out[name]=writes
    except Exception as e:
        out[name]={"error":f"{type(e).__name__}: {e}"}
print(json.dumps(out))
