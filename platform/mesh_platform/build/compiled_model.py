"""A model as dbt would run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CompiledModel:
    """One model: the relation it makes, and the query it is made by, without Jinja."""

    name: str
    schema: str
    """Of the warehouse: `main`, or what dbt makes of the model's own schema."""
    file: str
    """The model's SQL, from the dbt project's folder."""
    materialized: str
    """`port` for what is published, `snapshot` for what dbt remembers from run to run."""
    sql: str
    node: str = ""
    """The name under which other models refer to it."""
    remembers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of a snapshot, for each column that dbt adds, the columns of `sql` by which it is set."""
