"""One rule as SQL: what is measured on a candidate, which value passes, which rows are to blame."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mesh_platform.contract.column import SetAside
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.restricted_sql import OWN, Limits

if TYPE_CHECKING:
    import duckdb


class Referenced(NamedTuple):
    """One major version of a port."""

    address: PortAddress
    major: int

    @property
    def view(self) -> str:
        """The name under which a rule's SQL reads it."""
        return f"{self} referenced"

    def __str__(self) -> str:
        return f"{self.address} v{self.major}"


References = Mapping[Referenced, Sequence[Path]]
"""The Parquet files of the referenced ports' versions; a port that was never published is not in it."""


CANDIDATE = "candidate"
"""The name under which every rule's SQL reads the data it judges."""

CLOCK = "mesh_clock"
"""The variable that holds, for every rule's SQL, the moment of the audit."""

_MEMORY = "1GB"
"""What DuckDB may hold while it judges; the process itself comes on top."""


@contextmanager
def opened(
    files: Sequence[Path], references: References = MappingProxyType({}), now: datetime | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A connection on which rules can be executed; times are UTC.

    Args:
        files: the candidate's Parquet files.
        references: the files of the ports that relationships lead to.
        now: the moment by which service levels are judged; the present one if none is given.
    """
    with engine().cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET VARIABLE {CLOCK} = {literal((now or datetime.now(UTC)).isoformat())}::TIMESTAMPTZ")
        _show(CANDIDATE, files, connection)
        for referenced, theirs in references.items():
            _show(referenced.view, theirs, connection)
        yield connection


def _show(name: str, files: Sequence[Path], connection: "duckdb.DuckDBPyConnection") -> None:
    listed = ", ".join(literal(file) for file in files)
    # Folders like day=2017-01-01 make no columns: what is judged is what stands in the files.
    source = f"read_parquet([{listed}], hive_partitioning = false)"
    connection.execute(f"CREATE TEMP VIEW {identifier(name)} AS SELECT * FROM {source}")


@cache
def engine() -> "duckdb.DuckDBPyConnection":
    """One for the whole process, because starting one costs more than a small audit; each reader has its own cursor.

    It holds little in memory however large a candidate is, and what does not fit goes to the system's temporary folder.
    """
    import duckdb

    spill = Path(tempfile.gettempdir()) / f"mesh-audit-{os.getpid()}"
    return duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(spill)})


@dataclass(frozen=True)
class NeverNull:
    """The column holds no NULL."""

    column: str


@dataclass(frozen=True)
class Limit:
    """The column holds no value for which `value breaks limit` is true."""

    column: str
    breaks: str
    """`<`, `<=`, `>` or `>=`."""
    limit: str
    """As SQL."""


@dataclass(frozen=True)
class Key:
    """No combination of values that are all known occurs twice."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Largest:
    """Nothing else of the rows is asked for than the largest value of the column."""

    column: str
    measure: str
    """What the rule measures, as SQL, with `{}` in the place of that value."""


Claim = NeverNull | Limit | Key | Largest


_WORDS = {
    "mustBe": "is",
    "mustNotBe": "is not",
    "mustBeGreaterThan": "is more than",
    "mustBeGreaterOrEqualTo": "is at least",
    "mustBeLessThan": "is less than",
    "mustBeLessOrEqualTo": "is at most",
    "mustBeBetween": "is between",
    "mustNotBeBetween": "is not between",
}


@dataclass(frozen=True)
class Bound:
    """One comparison with one operand (two for the `Between` operators, both ends included)."""

    operator: str = "mustBe"
    operand: Any = 0

    def allows(self, value: Any) -> bool:
        """Whether a measured value passes. Nothing measured (NULL, or a share of no rows) passes nothing."""
        if value is None or value != value:
            return False
        value, operand = _exact(value), _exact(self.operand)
        match self.operator:
            case "mustBe":
                return value == operand
            case "mustNotBe":
                return value != operand
            case "mustBeGreaterThan":
                return value > operand
            case "mustBeGreaterOrEqualTo":
                return value >= operand
            case "mustBeLessThan":
                return value < operand
            case "mustBeLessOrEqualTo":
                return value <= operand
            case "mustBeBetween":
                return operand[0] <= value <= operand[1]
            case "mustNotBeBetween":
                return not operand[0] <= value <= operand[1]
        raise ContractError(f"there is no comparison {self.operator!r}")

    def __str__(self) -> str:
        operand = " and ".join(map(str, self.operand)) if isinstance(self.operand, list) else self.operand
        return f"{_WORDS[self.operator]} {operand}"


def _exact(value: Any) -> Any:
    """0.3 in a contract means three tenths, as a measured amount of money does, and not the nearest binary fraction."""
    if isinstance(value, list):
        return [_exact(part) for part in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def bound_of(rule: dict[str, Any]) -> Bound:
    """The one comparison that a quality rule states. Raises ContractError for none or several."""
    stated = [operator for operator in _WORDS if rule.get(operator) is not None]
    if len(stated) != 1:
        raise ContractError(f"a quality rule states one comparison, this one states {', '.join(stated) or 'none'}")
    operand = rule[stated[0]]
    if stated[0].endswith("Between") and operand[0] > operand[1]:
        raise ContractError(f"{stated[0]} says {operand[0]} and {operand[1]}; the smaller number comes first")
    return Bound(stated[0], operand)


def states_bound(rule: dict[str, Any]) -> bool:
    """Whether a quality rule states a comparison at all."""
    return any(rule.get(operator) is not None for operator in _WORDS)


GROUP = "mesh_platform.engines"
"""The entry point group in which an installed package names its engines."""


@dataclass(frozen=True)
class Finding:
    """What an engine found."""

    passed: bool
    found: str
    """What was measured, in words."""
    examples: tuple[Mapping[str, Any], ...] = ()
    """Some of the rows to blame, if single rows are."""


Engine = Callable[[str | Mapping[str, Any], str | None, Sequence[Path]], Finding]
"""Judges `(implementation, column, files)`: what the contract says, the column the rule stands below, the Parquet files."""

_registered: dict[str, Engine] = {}


@dataclass(frozen=True)
class Custom:
    """A rule that an engine judges."""

    engine: str
    implementation: str | Mapping[str, Any]
    column: str | None

    def judge(self, files: Sequence[Path]) -> Finding:
        """What the engine finds. Raises whatever it raises."""
        return _engine(self.engine)(self.implementation, self.column, files)


def register_engine(name: str, function: Engine) -> None:
    """Makes `type: custom` rules with `engine: name` executable in this process.

    A package that is installed does it for every process of the mesh by an entry point in its pyproject.toml:
    `[project.entry-points."mesh_platform.engines"]`, `name = "package.module:function"`.
    """
    _registered[name] = function


def custom_rule(rule: Mapping[str, Any], named: object, column: str | None) -> Custom:
    """A `custom` entry of ODCS `quality`. Raises ContractError when nobody has registered its engine."""
    engine = rule.get("engine")
    if not engine or _engine(engine) is None:
        known = ", ".join(sorted({*_registered, *_installed()})) or "none"
        raise ContractError(
            f"quality rule {named!r} is of type 'custom' for the engine {engine!r}, which nobody registered; there is: {known}",
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
"""The checks that every port may have; a quality rule of the same name would be taken for one of them."""


def check_name(name: str) -> str:
    """`name` with an underscore for each character that a check's name cannot have."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in name)


def check_distinct(given: Iterable[str], unnamed: Iterable[str]) -> None:
    """Holds the names of quality rules apart.

    Args:
        given: the names that rules were given.
        unnamed: what the others measure; they share a check, as rules of one kind do.

    Raises ContractError when two names are one check, or a name is a check's that is there anyway; its place is the number
    of the name among those that were given.
    """
    taken = {check: f"the check {check!r}, which ports have by themselves" for check in RESERVED}
    taken |= {check_name(name): f"the unnamed rules of the metric {name!r}" for name in unnamed}
    for number, name in enumerate(given):
        check = check_name(name)
        if check in taken:
            raise ContractError(
                f"the quality rule {name!r} would be shown as the check {check!r}, and so is {taken[check]}",
                "Give it another name.",
                (number,),
            )
        taken[check] = f"the quality rule {name!r}"


@dataclass(frozen=True)
class Rule:
    """One promise that data can keep or break."""

    check: str
    """The check it is shown under. Rules of one kind share a check; a named quality rule has its own."""
    sentence: str
    columns: tuple[str, ...] = ()
    measure: str = "0"
    """A SQL expression over the whole candidate, aggregates only."""
    bound: Bound = Bound()
    percent: bool = False
    """Whether what is measured is a share of the rows and not their number."""
    failing: str | None = None
    """A SQL predicate that is true for the rows to blame; None where no single row is."""
    blocks: bool = True
    """ODCS `severity: warning` shows and does not block."""
    claim: Claim | None = None
    """What `measure` counts the exceptions to, where that can be proven in a cheaper way than by counting them."""
    reference: Referenced | None = None
    """The other port without which it cannot be judged."""
    points_to: tuple[str, ...] = ()
    """The columns in which the keys of a relationship occur: those of `reference`, or of the table itself."""
    custom: Custom | None = None
    """What a registered engine judges in place of `measure`."""
    query: str | None = None
    """SQL that its author wrote; it is executed by itself, in place of `measure`, through `restricted_sql`."""
    limits: Limits = OWN
    """What `query` may cost."""
    set_aside: SetAside | None = None
    """Within which bound the rows to blame are set aside and the others published; None: any of them forbids it."""
    asked_by: str | None = None
    """The descriptor of the consuming product that relies on it; None for what the contract itself promises."""


def within(rule: Rule, bound: SetAside | None) -> Rule:
    """The rule with a bound within which bad rows are set aside. Raises ContractError where no row can be to blame."""
    if bound is None:
        return rule
    if rule.failing is None:
        raise ContractError(f"the rule {rule.check!r} says setAside, but no single row is to blame when it breaks")
    return replace(rule, set_aside=bound, sentence=f"{rule.sentence.rstrip('.')}; up to {bound} that break it are set aside")


def no_row(check: str, column: str, sentence: str, failing: str, claim: Claim | None = None) -> Rule:
    """The rule that no row makes the predicate `failing` true."""
    return Rule(check, sentence, (column,), f"count(*) FILTER (WHERE {failing})", failing=failing, claim=claim)


def no_duplicates(check: str, columns: tuple[str, ...], sentence: str) -> Rule:
    """Counts the rows beyond the first of each key. Keys that hold a NULL are the business of `required`."""
    key = ", ".join(map(identifier, columns))
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    repeated = f"FROM {CANDIDATE} WHERE {present} GROUP BY {key} HAVING count(*) > 1"
    return Rule(
        check,
        sentence,
        columns,
        measure=f"(SELECT coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) - 1 AS n {repeated}))",
        failing=f"({key}) IN (SELECT ({key}) {repeated})" if len(columns) > 1 else f"{key} IN (SELECT {key} {repeated})",
        claim=Key(columns),
    )
