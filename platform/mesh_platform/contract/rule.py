"""One rule as SQL: what is measured on a candidate, which values pass, and which rows fail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mesh_isolation import predicates
from mesh_isolation.bounds import COMPARISONS, Bound
from mesh_isolation.engine import engine
from mesh_isolation.footers import CANDIDATE, Claim, UniqueKey
from mesh_isolation.limits import SetAside
from mesh_isolation.sql import OWN, Limits
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress, identifier, literal

if TYPE_CHECKING:
    import duckdb


class Referenced(NamedTuple):
    """One major version of a port."""

    address: PortAddress
    major: int

    @property
    def view(self) -> str:
        """The name of the view of its data in a rule's SQL."""
        return f"{self} referenced"

    def __str__(self) -> str:
        return f"{self.address} v{self.major}"


References = Mapping[Referenced, Sequence[Path]]
"""The Parquet files of the versions of referenced ports, without ports that have no version."""


CHANGE_OF_ROWS = "change of the number of rows"
CLOCK = "mesh_clock"
"""The variable that holds the time of the audit in the SQL of every rule."""


@contextmanager
def opened(
    files: Sequence[Path], references: References = MappingProxyType({}), now: datetime | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection on which rules can be executed. Its time zone is UTC.

    Args:
        files: the candidate's Parquet files.
        references: the files of the ports that relationships refer to.
        now: the time that service levels are compared with; default: the current time.
    """
    with engine().cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET VARIABLE {CLOCK} = {literal((now or datetime.now(UTC)).isoformat())}::TIMESTAMPTZ")
        _show(CANDIDATE, files, connection)
        for referenced, its_files in references.items():
            _show(referenced.view, its_files, connection)
        yield connection


def _show(name: str, files: Sequence[Path], connection: "duckdb.DuckDBPyConnection") -> None:
    listed = ", ".join(literal(file) for file in files)
    # Folders like day=2017-01-01 add no columns: only the content of the files is audited.
    source = f"read_parquet([{listed}], hive_partitioning = false)"
    connection.execute(f"CREATE TEMP VIEW {identifier(name)} AS SELECT * FROM {source}")


def bound_of(rule: dict[str, Any], of_numbers: bool = False) -> Bound:
    """The comparison that a quality rule states. Raises ContractError for none, for several, and for one of no use."""
    stated = [name for name in COMPARISONS if rule.get(name) is not None]
    if len(stated) != 1:
        raise ContractError(f"a quality rule states one comparison, this one states {', '.join(stated) or 'none'}")
    bound = Bound(stated[0], rule[stated[0]])
    if problem := bound.problem(of_numbers):
        raise ContractError(problem, place=(bound.operator,))
    return bound


def states_bound(rule: dict[str, Any]) -> bool:
    """Whether a quality rule states a comparison."""
    return any(rule.get(name) is not None for name in COMPARISONS)


GROUP = "mesh_platform.engines"
"""The entry point group of the engines of installed packages."""


@dataclass(frozen=True)
class Finding:
    """The result of an engine."""

    passed: bool
    found: str
    """What was measured, in words."""
    examples: tuple[Mapping[str, Any], ...] = ()
    """Some of the failing rows, if the rule is about single rows."""


Engine = Callable[[str | Mapping[str, Any], str | None, Sequence[Path]], Finding]
"""Judges `(implementation, column, files)`: the rule's implementation, its column if it has one, and the Parquet files."""

_registered: dict[str, Engine] = {}


@dataclass(frozen=True)
class Custom:
    """A rule that an engine judges."""

    engine: str
    implementation: str | Mapping[str, Any]
    column: str | None

    def judge(self, files: Sequence[Path]) -> Finding:
        """The engine's finding. Raises whatever the engine raises."""
        return _engine(self.engine)(self.implementation, self.column, files)


def register_engine(name: str, function: Engine) -> None:
    """Registers the engine of `type: custom` rules with `engine: <name>` in this process.

    An installed package registers it for every process of the mesh with an entry point in its pyproject.toml:
    `[project.entry-points."mesh_platform.engines"]`, `name = "package.module:function"`.
    """
    _registered[name] = function


def custom_rule(rule: Mapping[str, Any], name: str, column: str | None) -> Custom:
    """The custom rule in an entry of ODCS `quality`. Raises ContractError if its engine is not registered."""
    engine = rule.get("engine")
    if not engine or _engine(engine) is None:
        known = ", ".join(sorted({*_registered, *_installed()})) or "none"
        raise ContractError(
            f"quality rule {name!r} is of type 'custom' for the engine {engine!r}, which is not registered (known: {known})",
            "Register the engine, or state the rule as sql.",
        )
    return Custom(engine, rule.get("implementation") or "", column)


def _engine(name: str) -> Engine | None:
    if name not in _registered and name in _installed():
        _registered[name] = _installed()[name].load()
    return _registered.get(name)


@cache
def _installed() -> dict[str, Any]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


RESERVED = ("schema", "primary_key", "required", "unique", "values", "relationships", "service_levels", "dbt_tests")
"""The checks of the platform. A quality rule cannot have the name of one of them."""


def name_of_check(name: str) -> str:
    """`name` with an underscore for each character that is not allowed in the name of a check."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in name)


@dataclass(frozen=True)
class Rule:
    """One promise of a contract that an audit executes."""

    check: str
    """The name of its check. Rules of one kind share a check; a named quality rule has its own."""
    sentence: str
    columns: tuple[str, ...] = ()
    measure: str = "0"
    """An aggregate as SQL over the whole candidate."""
    bound: Bound = Bound()
    percent: bool = False
    """Whether the bound is about the measure's share of the rows in percent."""
    compared: bool = False
    """Whether the bound is about the change of the number of rows since the previous version, in percent."""
    failing: str | None = None
    """A SQL predicate that is true for the failing rows; None if the rule is not about single rows."""
    blocks: bool = True
    """Whether it blocks publishing when it is broken."""
    claim: Claim | None = None
    """The claim whose exceptions `measure` counts, if Parquet footers or a cheaper aggregate can prove it."""
    reference: Referenced | None = None
    """The port that a relationship refers to; None for no other port."""
    points_to: tuple[str, ...] = ()
    """The columns that a relationship refers to, in `reference` or in the table itself."""
    custom: Custom | None = None
    """The custom rule that an engine judges; `measure` is not used then."""
    query: str | None = None
    """SQL that its author wrote; it is executed by itself, in place of `measure`, through `restricted_sql`."""
    limits: Limits = OWN
    """What `query` may cost."""
    set_aside: SetAside | None = None
    """How many failing rows may be set aside so that the others are published; None: no row."""
    asked_by: str | None = None
    """The consuming domain that states the rule; None for a rule of the contract."""

    def subject(self, names: Mapping[str, str] = MappingProxyType({})) -> tuple[str, Any]:
        """How the rule measures, and what, without spelling: rules of one subject differ in their bounds alone.

        `names` are the columns that have another name in the result.
        """
        columns = [names.get(column, column) for column in self.columns]
        if self.custom:
            return "custom", (self.custom.engine, repr(self.custom.implementation), *columns)
        if self.query:
            return "query", predicates.query_of(self.query, names)
        if isinstance(self.claim, UniqueKey):
            return "repeated", frozenset(columns)
        if self.points_to:
            return "unreferenced", (self.reference, frozenset(zip(columns, self.points_to)))
        if self.compared:
            return "value", (CHANGE_OF_ROWS, *columns)
        if self.failing or self.measure == "count(*)":
            return "rows", predicates.predicate(self.failing or "TRUE", names)
        return "value", predicates.expression(self.measure, names)


def with_set_aside(rule: Rule, bound: SetAside | None) -> Rule:
    """The rule with a bound for rows to set aside. Raises ContractError for a rule that is not about single rows."""
    if bound is None:
        return rule
    if rule.failing is None:
        raise ContractError(f"the rule {rule.check!r} says setAside, but no single row is to blame when it breaks")
    return replace(rule, set_aside=bound, sentence=f"{rule.sentence.rstrip('.')}; up to {bound} that break it are set aside")


def no_row(check: str, column: str, sentence: str, failing: str, claim: Claim | None = None) -> Rule:
    """The rule that no row makes the predicate `failing` true."""
    return Rule(check, sentence, (column,), f"count(*) FILTER (WHERE {failing})", failing=failing, claim=claim)


def no_duplicates(check: str, columns: tuple[str, ...], sentence: str) -> Rule:
    """The rule that no key occurs twice. It counts the rows after the first of each key, without keys that contain a NULL."""
    key = ", ".join(map(identifier, columns))
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    repeated = f"FROM {CANDIDATE} WHERE {present} GROUP BY {key} HAVING count(*) > 1"
    return Rule(
        check,
        sentence,
        columns,
        measure=f"(SELECT coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) - 1 AS n {repeated}))",
        failing=f"({key}) IN (SELECT ({key}) {repeated})" if len(columns) > 1 else f"{key} IN (SELECT {key} {repeated})",
        claim=UniqueKey(columns),
    )
