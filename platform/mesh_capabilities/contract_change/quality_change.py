"""What changed of the quality rules of a table or a column: stricter, laxer, or something else altogether."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mesh_capabilities.contract_change.catalogue import Change
from mesh_capabilities.contract_change.intervals import allowed, whole_numbers, within
from mesh_capabilities.contract_change.rule_change import value_changes
from mesh_platform.contract.rule import Bound, bound_of
from mesh_platform.errors import ContractError

_WARNS = ("warning", "info")
_WORDS = (
    "description",
    "businessImpact",
    "dimension",
    "method",
    "tags",
    "authoritativeDefinitions",
    "id",
    "name",
    "scheduler",
    "schedule",
    "customProperties",
)


def quality_changes(
    place: str, old: list[dict[str, Any]], new: list[dict[str, Any]], columns: tuple[str, ...]
) -> Iterator[Change]:
    """The changes between two `quality` lists.

    Args:
        place: the column's name, or `the table`.
        columns: the column whose readers are concerned; none for a rule of the table.
    """
    before, after = _by_name(old), _by_name(new)
    for name in (*before, *(name for name in after if name not in before)):
        yield from _rule_changes(place, name, before.get(name), after.get(name), columns)


def _by_name(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules by id, else name, else what they measure; the second of one name has its number behind it."""
    named: dict[str, dict[str, Any]] = {}
    for rule in rules:
        measured = rule.get("metric") or rule.get("rule") or rule.get("type") or "rule"
        name = str(rule.get("id") or rule.get("name") or measured)
        while name in named:
            name += "'"
        named[name] = rule
    return named


def _rule_changes(
    place: str, name: str, old: dict[str, Any] | None, new: dict[str, Any] | None, columns: tuple[str, ...]
) -> Iterator[Change]:
    title = f"the rule {name} of {place}"
    if old is None or new is None:
        stated = new or old or {}
        done = "is new" if old is None else "is gone"
        if stated.get("type") == "text":
            yield Change("wording changed", place, f"{title}, which only people read, {done}", columns)
        else:
            sort = f"{_rank(stated)} {'tightened' if old is None else 'loosened'}"
            yield Change(sort, place, f"{title} {done}", columns)
        return
    if _kind(old) == _kind(new) == "text":
        if _promise(old) != _promise(new) or old.get("description") != new.get("description"):
            yield Change("wording changed", place, f"{title}, which only people read, is worded otherwise", columns)
        return
    if (warned := _rank(old)) != (warns := _rank(new)):
        sort = "rule tightened" if warns == "rule" else "rule loosened"
        effect = "blocks and did only warn" if warns == "rule" else "only warns and did block"
        yield Change(sort, place, f"{title} {effect}", columns)
    yield from _content_changes(place, title, old, new, columns, "warning" if "warning" in (warned, warns) else "rule")
    if any(old.get(key) != new.get(key) for key in _WORDS):
        yield Change("wording changed", place, f"{title} is worded otherwise", columns)


def _content_changes(
    place: str, title: str, old: dict[str, Any], new: dict[str, Any], columns: tuple[str, ...], rank: str
) -> Iterator[Change]:
    before, after = _promise(old), _promise(new)
    differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not differing:
        return
    old_bound, new_bound = _bound(old), _bound(new)
    if differing == {"bound"} and old_bound and new_bound:
        direction = _bound_direction(old_bound, new_bound, counts=_counts_rows(new))
        if direction:
            sentence = f"{title}: what {old_bound} passed, and what {new_bound} passes now"
            yield Change(f"{rank} {direction}", place, sentence, columns)
        return
    if differing == {"validValues"} and _counts_faults(new_bound):
        yield from value_changes(title, "validValues", before["validValues"], after["validValues"], columns, rank == "warning")
        return
    if differing == {"missingValues"} and _counts_faults(new_bound):
        more = (before["missingValues"] or set()) < (after["missingValues"] or set())
        direction = "tightened" if more else "loosened"
        yield Change(f"{rank} {direction}", place, f"{title} counts other values as missing", columns)
        return
    yield Change(f"{rank} replaced", place, f"{title} measures something else ({', '.join(sorted(differing))})", columns)


def _promise(rule: dict[str, Any]) -> dict[str, Any]:
    """What the rule measures, by the parts that can be compared one by one."""
    arguments = dict(rule.get("arguments") or {})
    lists = {key: arguments.pop(key, None) for key in ("validValues", "missingValues")}
    return {
        "type": _kind(rule),
        "metric": rule.get("metric") or rule.get("rule"),
        "query": " ".join(str(rule.get("query") or "").split()),
        "engine": rule.get("engine"),
        "implementation": rule.get("implementation"),
        "unit": rule.get("unit") or "rows",
        "arguments": arguments,
        "bound": str(_bound(rule)),
        **{key: None if values is None else set(map(str, values)) for key, values in lists.items()},
    }


def _kind(rule: dict[str, Any]) -> str:
    return rule.get("type") or "library"


def _rank(rule: dict[str, Any]) -> str:
    return "warning" if rule.get("severity") in _WARNS else "rule"


def _bound(rule: dict[str, Any]) -> Bound | None:
    try:
        return bound_of(rule)
    except ContractError:
        return None


def _counts_rows(rule: dict[str, Any]) -> bool:
    """Whether what is measured is a whole number; the result of a query and a share need not be."""
    return _kind(rule) == "library" and rule.get("unit") != "percent"


def _bound_direction(old: Bound, new: Bound, counts: bool) -> str | None:
    before, after = allowed(old.operator, old.operand), allowed(new.operator, new.operand)
    if before is None or after is None:
        return "replaced"
    if counts:
        before, after = whole_numbers(before), whole_numbers(after)
    stricter, laxer = within(after, before), within(before, after)
    if stricter and laxer:
        return None
    return "tightened" if stricter else "loosened" if laxer else "replaced"


def _counts_faults(bound: Bound | None) -> bool:
    """Whether the rule bounds its count from above only, so that counting more makes it stricter."""
    passing = allowed(bound.operator, bound.operand) if bound else None
    return passing is not None and len(passing) == 1 and within([(Decimal(0), True, *passing[0][2:])], passing)
