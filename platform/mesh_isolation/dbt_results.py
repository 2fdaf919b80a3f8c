"""What dbt has compiled and run, node by node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CompiledModel:
    """One model: the relation that it creates, and its query without Jinja."""

    name: str
    schema: str
    """The schema of the warehouse: `main`, or the one that dbt derives from the model's own schema."""
    file: str
    """The model's SQL file, relative to the dbt project."""
    materialized: str
    """The materialization: `snapshot` for one that dbt keeps from run to run."""
    sql: str
    node: str
    """The name that other models use to refer to it."""
    remembers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For a snapshot: each column that dbt adds → the columns of `sql` that determine it."""
    adds: str = ""
    """For an incremental model that was compiled without being run: the query whose rows a later run adds to its table."""
    doubt: str = ""
    """Why its table can hold something else than the result of its query; empty if it cannot."""
    seeds: Sequence[Sequence[str]] = ()
    """The schema and the name of each seed that dbt loads before it."""


@dataclass(frozen=True)
class NodeResult:
    """The result of one model, snapshot, seed or test."""

    id: str
    name: str
    kind: str
    """dbt's resource type, such as `model`; `test` also for unit tests."""
    status: str
    """`success`, `pass` or `warn`; or, when it failed, `error`, `fail` or `skipped`."""
    seconds: float | int
    message: str
    file: str
    """Its file, relative to the dbt project."""
    code: str = ""
    """The executed code without Jinja; for a seed, the digest of its file; empty if dbt did not compile the node."""
    model: CompiledModel | None = None
    """The model or snapshot that was run; None for tests and seeds."""

    @property
    def good(self) -> bool:
        return self.status in ("success", "pass", "warn")
