"""One assertion of a lineage judge."""

from dataclasses import dataclass, field


@dataclass
class Case:
    """A script with the lineage that the judge expects of it."""

    sql: str
    dialect: str | None = None
    """Our dialect; none where refract has no such dialect."""
    theirs: str = ""
    """The dialect as the judge calls it."""
    name: str = ""
    schemas: dict = field(default_factory=dict)
    """Columns of the tables that are known beforehand."""
    tables: tuple | None = None
    """Tables read, tables written."""
    columns: set | None = None
    """Pairs of source column and target column."""
    files: bool = False
    """Whether a file is among the sources or targets."""
