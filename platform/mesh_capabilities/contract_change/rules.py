"""The changes of types and rules: whether the new contract allows fewer values, more values, or others."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from math import ceil, floor
from typing import Any, NamedTuple

from mesh_capabilities.contract_change.sorts import Change
from mesh_platform.contract.rule import Bound, bound_of
from mesh_platform.contract.types import duckdb_type
from mesh_platform.errors import ContractError

_LADDERS = (("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), ("FLOAT", "DOUBLE"))
"""Each type holds every value of the types before it, and compares them in the same way."""

_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d{1,9}),(\d{1,9})\)")
_TEXT = re.compile(r"(?:VARCHAR|CHAR|TEXT|STRING)(?:\((\d{1,9})\))?")


def type_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The change of a column's type, if there is one."""
    before, after = _type_of(old), _type_of(new)
    if before != after:
        sort = "type widened" if _holds(after, before) else "type narrowed" if _holds(before, after) else "type replaced"
        effect = {"type widened": ", which holds all old values", "type narrowed": ", which does not hold all old values"}
        return [Change(sort, name, f"{name} was {before} and is {after}{effect.get(sort, '')}", (name,))]
    logical = (old.get("logicalType"), new.get("logicalType"))
    if logical[0] != logical[1] and None not in logical:
        return [Change("logical type changed", name, f"{name} meant a {logical[0]} and means a {logical[1]}", (name,))]
    return []


def _type_of(entry: dict[str, Any]) -> str:
    physical, logical = entry.get("physicalType"), entry.get("logicalType")
    try:
        return duckdb_type(physical, logical)
    except ContractError:  # a type that a port cannot store is compared by its spelling
        return re.sub(r"\s+", "", physical).upper() if physical else str(logical)


def _holds(wider: str, narrower: str) -> bool:
    for ladder in _LADDERS:
        if wider in ladder and narrower in ladder:
            return ladder.index(wider) >= ladder.index(narrower)
    wide, narrow = _DECIMAL.fullmatch(wider), _DECIMAL.fullmatch(narrower)
    if wide and narrow:
        (digits, scale), (fewer, coarser) = ((int(part[1]), int(part[2])) for part in (wide, narrow))
        return scale >= coarser and digits - scale >= fewer - coarser
    wide, narrow = _TEXT.fullmatch(wider), _TEXT.fullmatch(narrower)
    if wide and narrow:
        return wide[1] is None or (narrow[1] is not None and int(wide[1]) >= int(narrow[1]))
    return False


_LOWER = ("minimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
_TIME = ("timezone", "defaultTimezone")


def column_rule_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """The changes of one column's `required`, `unique`, `enum` and `logicalTypeOptions`."""
    for flag in ("required", "unique"):
        before, after = (bool(entry.get(flag) or (flag == "required" and entry.get("primaryKey"))) for entry in (old, new))
        if before != after:
            sort = "rule tightened" if after else "rule loosened"
            yield Change(sort, name, f"{name} is {'now' if after else 'no longer'} {flag}", (name,))
    yield from value_changes(name, "enum", _values(old.get("enum")), _values(new.get("enum")), (name,))
    before, after = _limits(old.get("logicalTypeOptions")), _limits(new.get("logicalTypeOptions"))
    for option in (*before, *(key for key in after if key not in before)):
        if before.get(option) != after.get(option):
            yield _option_change(name, option, before.get(option), after.get(option))


def value_changes(
    name: str, what: str, old: set[str] | None, new: set[str] | None, columns: tuple[str, ...], warns: bool = False
) -> Iterator[Change]:
    """The changes of a list of allowed values; None means that all values are allowed."""
    if old == new:
        return
    rule = "warning" if warns else "rule"
    if old is None or new is None:
        sort, verb = (f"{rule} tightened", "now lists") if old is None else (f"{rule} loosened", "no longer lists")
        yield Change(sort, name, f"the {what} of {name} {verb} the allowed values", columns)
        return
    if more := sorted(new - old):
        yield Change(f"{rule} loosened", name, f"the {what} of {name} now allows {', '.join(more)}", columns)
    if fewer := sorted(old - new):
        yield Change(f"{rule} tightened", name, f"the {what} of {name} no longer allows {', '.join(fewer)}", columns)


def _values(entries: list[Any] | None) -> set[str] | None:
    if not entries:
        return None
    return {str(entry["value"] if isinstance(entry, dict) else entry) for entry in entries}


def _limits(options: dict[str, Any] | None) -> dict[str, Any]:
    """The options, with one lower and one upper limit, each inclusive or exclusive.

    In ODCS 3.0 the exclusive options are booleans beside the limit; from 3.1 on they are limits themselves.
    """
    limited = {key: value for key, value in (options or {}).items() if value is not None}
    for end, tighter in (("Minimum", max), ("Maximum", min)):
        plain, exclusive = limited.pop(end.lower(), None), limited.pop(f"exclusive{end}", None)
        limits = [] if plain is None else [_OptionLimit(plain, exclusive is True)]
        if exclusive is not None and not isinstance(exclusive, bool):
            limits.append(_OptionLimit(exclusive, True))
        if limits:
            limited[end.lower()] = tighter(limits, key=lambda limit: limit.order(end == "Minimum"))
    return limited


class _OptionLimit(NamedTuple):
    value: Any
    exclusive: bool

    def order(self, lower: bool) -> tuple[Any, bool]:
        """The sort key: the tighter one of two lower limits is the greater, of two upper limits the smaller."""
        return _number(self.value), self.exclusive == lower

    def __str__(self) -> str:
        return f"{self.value} ({'exclusive' if self.exclusive else 'inclusive'})"


def _number(value: Any) -> tuple[int, Decimal, str]:
    """A number to sort by; dates and times in the standard's form sort as text."""
    try:
        return 0, Decimal(str(value)), ""
    except InvalidOperation:
        return 1, Decimal(0), str(value)


def _option_change(name: str, option: str, old: Any, new: Any) -> Change:
    sentence = f"{option} of {name} was {_or_nothing(old)} and is {_or_nothing(new)}"
    if option in _TIME:
        return Change("time zone changed", name, sentence, (name,))
    if option == "format":
        return Change("format changed", name, sentence, (name,))
    return Change(f"rule {_direction(option, old, new)}", name, sentence, (name,))


def _direction(option: str, old: Any, new: Any) -> str:
    """`tightened`, `loosened`, or `replaced` when the two cannot be compared."""
    if old is None or new is None:
        return "tightened" if old is None else "loosened"
    if option == "uniqueItems":
        return "tightened" if new else "loosened"
    if option == "required" and isinstance(old, list) and isinstance(new, list):
        return "tightened" if set(old) < set(new) else "loosened"
    if option not in (*_LOWER, *_UPPER, "multipleOf"):
        return "replaced"
    if option == "multipleOf":
        try:
            return "tightened" if Decimal(str(new)) % Decimal(str(old)) == 0 else "loosened"
        except (InvalidOperation, ZeroDivisionError):
            return "replaced"
    if isinstance(old, _OptionLimit):
        before, after = old.order(option in _LOWER), new.order(option in _LOWER)
    else:
        before, after = _number(old), _number(new)
    return "tightened" if (after > before) == (option in _LOWER) else "loosened"


def _or_nothing(value: Any) -> str:
    return "not stated" if value is None else str(value)


_WARNS = ("warning", "info")
_WORDING = {
    *("description", "businessImpact", "dimension", "method", "tags", "authoritativeDefinitions"),
    *("id", "name", "scheduler", "schedule", "customProperties"),
}


def quality_changes(
    place: str, old: list[dict[str, Any]], new: list[dict[str, Any]], columns: tuple[str, ...]
) -> Iterator[Change]:
    """The changes between two `quality` lists.

    Args:
        place: the column's name, or `the table`.
        columns: the column, as a tuple; empty for the table.
    """
    before, after = _by_name(old), _by_name(new)
    for name in (*before, *(name for name in after if name not in before)):
        yield from _rule_changes(place, name, before.get(name), after.get(name), columns)


def _by_name(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules by id, else name, else metric; a second rule with the same name gets an apostrophe."""
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
            yield Change("wording changed", place, f"{title}, which is documentation, {done}", columns)
        else:
            sort = f"{_rank(stated)} {'tightened' if old is None else 'loosened'}"
            yield Change(sort, place, f"{title} {done}", columns)
        return
    if _kind(old) == _kind(new) == "text":
        if _promise(old) != _promise(new) or old.get("description") != new.get("description"):
            yield Change("wording changed", place, f"{title}, which is documentation, is worded differently", columns)
        return
    if (warned := _rank(old)) != (warns := _rank(new)):
        sort = "rule tightened" if warns == "rule" else "rule loosened"
        effect = "now blocks; it warned before" if warns == "rule" else "now warns; it blocked before"
        yield Change(sort, place, f"{title} {effect}", columns)
    yield from _content_changes(place, title, old, new, columns, "warning" if "warning" in (warned, warns) else "rule")
    if any(old.get(key) != new.get(key) for key in _WORDING):
        yield Change("wording changed", place, f"{title} is worded differently", columns)


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
            sentence = f"{title} passed what {old_bound} and now passes what {new_bound}"
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
    """What the rule measures, in parts that can be compared one by one."""
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
    """Whether the measure is a whole number; the result of a query and a percentage need not be."""
    return _kind(rule) == "library" and rule.get("unit") != "percent"


def _bound_direction(old: Bound, new: Bound, counts: bool) -> str | None:
    before, after = allowed(old.operator, old.operand), allowed(new.operator, new.operand)
    if before is None or after is None:
        return "replaced"
    if counts:
        before, after = whole_numbers(before), whole_numbers(after)
    stricter, laxer = intervals_within(after, before), intervals_within(before, after)
    if stricter and laxer:
        return None
    return "tightened" if stricter else "loosened" if laxer else "replaced"


def _counts_faults(bound: Bound | None) -> bool:
    """Whether the rule has an upper bound only, so that a greater count makes it stricter."""
    passing = allowed(bound.operator, bound.operand) if bound else None
    return passing is not None and len(passing) == 1 and intervals_within([(Decimal(0), True, *passing[0][2:])], passing)


_LOWEST, _HIGHEST = Decimal("-Infinity"), Decimal("Infinity")

Interval = tuple[Decimal, bool, Decimal, bool]
"""Lowest value, whether it is included, highest value, whether it is included."""


def allowed(operator: str, operand: Any) -> list[Interval] | None:
    """The values that pass an ODCS comparison; None when the operand is not a number."""
    try:
        low, high = (Decimal(str(part)) for part in (operand if isinstance(operand, list) else [operand, operand]))
    except (InvalidOperation, ValueError):
        return None
    if not (low.is_finite() and high.is_finite()):
        return None
    match operator:
        case "mustBe" | "mustBeBetween":
            return [(low, True, high, True)] if low <= high else []
        case "mustNotBe" | "mustNotBeBetween":
            whole = [(_LOWEST, False, _HIGHEST, False)]
            return [(_LOWEST, False, low, False), (high, False, _HIGHEST, False)] if low <= high else whole
        case "mustBeGreaterThan":
            return [(low, False, _HIGHEST, False)]
        case "mustBeGreaterOrEqualTo":
            return [(low, True, _HIGHEST, False)]
        case "mustBeLessThan":
            return [(_LOWEST, False, low, False)]
        case "mustBeLessOrEqualTo":
            return [(_LOWEST, False, low, True)]
    return None


def whole_numbers(values: list[Interval]) -> list[Interval]:
    """The same values as whole numbers: more than 4 is at least 5."""
    rounded = []
    for low, with_low, high, with_high in values:
        if low.is_finite():
            low, with_low = Decimal(floor(low) + 1 if not with_low else ceil(low)), True
        if high.is_finite():
            high, with_high = Decimal(ceil(high) - 1 if not with_high else floor(high)), True
        rounded.append((low, with_low, high, with_high))
    return [part for part in rounded if part[0] <= part[2]]


def intervals_within(inner: list[Interval], outer: list[Interval]) -> bool:
    """Whether `outer` contains every value of `inner`. The intervals of one list do not touch."""
    return all(any(_inside(part, whole) for whole in outer) for part in inner)


def _inside(part: Interval, whole: Interval) -> bool:
    low, with_low, high, with_high = part
    lowest, with_lowest, highest, with_highest = whole
    above = low > lowest or (low == lowest and (with_lowest or not with_low))
    below = high < highest or (high == highest and (with_highest or not with_high))
    return above and below
