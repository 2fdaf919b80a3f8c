"""What changed of the rules that a column's own properties state: required, unique, allowed values, limits, patterns."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from mesh_capabilities.contract_change.catalogue import Change

_LOWER = ("minimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
_TIME = ("timezone", "defaultTimezone")


def column_rule_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """The changes of one column's `required`, `unique`, `enum` and `logicalTypeOptions`."""
    for flag, words in (("required", "is never null"), ("unique", "occurs once")):
        before, after = (bool(said.get(flag) or (flag == "required" and said.get("primaryKey"))) for said in (old, new))
        if before != after:
            sort = "rule tightened" if after else "rule loosened"
            yield Change(sort, name, f"{name} {words}, which {'was' if after else 'is'} not promised", (name,))
    yield from value_changes(name, "enum", _values(old.get("enum")), _values(new.get("enum")), (name,))
    before, after = _limits(old.get("logicalTypeOptions")), _limits(new.get("logicalTypeOptions"))
    for option in (*before, *(key for key in after if key not in before)):
        if before.get(option) != after.get(option):
            yield _option_change(name, option, before.get(option), after.get(option))


def value_changes(
    name: str, what: str, old: set[str] | None, new: set[str] | None, columns: tuple[str, ...], warns: bool = False
) -> Iterator[Change]:
    """The change of a list of allowed values; None stands for no list, which allows everything."""
    if old == new:
        return
    rule = "warning" if warns else "rule"
    if old is None or new is None:
        sort, said = (f"{rule} tightened", "now lists") if old is None else (f"{rule} loosened", "no longer lists")
        yield Change(sort, name, f"the {what} of {name} {said} the allowed values", columns)
        return
    if more := sorted(new - old):
        yield Change(f"{rule} loosened", name, f"the {what} of {name} allows {', '.join(more)}, which it did not", columns)
    if fewer := sorted(old - new):
        yield Change(f"{rule} tightened", name, f"the {what} of {name} no longer allows {', '.join(fewer)}", columns)


def _values(entries: list[Any] | None) -> set[str] | None:
    if not entries:
        return None
    return {str(entry["value"] if isinstance(entry, dict) else entry) for entry in entries}


def _limits(options: dict[str, Any] | None) -> dict[str, Any]:
    """The options, with the lower and the upper limit as one each, whether or not the limit itself is allowed.

    In 3.0 the exclusive options are a yes or no beside the limit; from 3.1 on they are limits themselves.
    """
    said = {key: value for key, value in (options or {}).items() if value is not None}
    for end, tighter in (("Minimum", max), ("Maximum", min)):
        plain, exclusive = said.pop(end.lower(), None), said.pop(f"exclusive{end}", None)
        limits = [] if plain is None else [_Limit(plain, exclusive is True)]
        if exclusive is not None and not isinstance(exclusive, bool):
            limits.append(_Limit(exclusive, True))
        if limits:
            said[end.lower()] = tighter(limits, key=lambda limit: limit.order(end == "Minimum"))
    return said


class _Limit(NamedTuple):
    value: Any
    exclusive: bool

    def order(self, lower: bool) -> tuple[Any, bool]:
        """By it, of two lower limits the greater is the tighter one, and of two upper ones the smaller."""
        return _number(self.value), self.exclusive == lower

    def __str__(self) -> str:
        return f"{self.value}, itself {'not ' if self.exclusive else ''}allowed"


def _number(value: Any) -> tuple[int, Decimal, str]:
    """Dates and times of the standard's form are ordered as their texts are."""
    try:
        return 0, Decimal(str(value)), ""
    except InvalidOperation:
        return 1, Decimal(0), str(value)


def _option_change(name: str, option: str, old: Any, new: Any) -> Change:
    sentence = f"{option} of {name} was {_said(old)} and is {_said(new)}"
    if option in _TIME:
        return Change("time zone changed", name, sentence, (name,))
    if option == "format":
        return Change("format changed", name, sentence, (name,))
    return Change(f"rule {_direction(option, old, new)}", name, sentence, (name,))


def _direction(option: str, old: Any, new: Any) -> str:
    """`tightened`, `loosened` or, where nobody can say, `replaced`."""
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
    if isinstance(old, _Limit):
        before, after = old.order(option in _LOWER), new.order(option in _LOWER)
    else:
        before, after = _number(old), _number(new)
    return "tightened" if (after > before) == (option in _LOWER) else "loosened"


def _said(value: Any) -> str:
    return "not stated" if value is None else str(value)
