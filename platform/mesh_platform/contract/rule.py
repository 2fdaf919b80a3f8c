"""One rule as SQL: what is measured on a candidate, which value passes, which rows are to blame."""

from dataclasses import dataclass, replace

from mesh_platform.contract.bounds import Bound
from mesh_platform.contract.candidate import CANDIDATE
from mesh_platform.contract.claims import Claim, Key
from mesh_platform.contract.engines import Custom
from mesh_platform.contract.referenced import Referenced
from mesh_platform.contract.setting_aside import SetAside
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier


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
