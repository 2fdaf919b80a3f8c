"""What changed of the rules that a column's own properties state: required, unique, allowed values, limits, patterns."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from mesh_platform.contracts.change.catalogue import Change

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_TIME = ("timezone", "defaultTimezone")


def column_rule_changes(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """The changes of one column's `required`, `unique`, `enum` and `logicalTypeOptions`."""
    for flag, words in (("required", "is never null"), ("unique", "occurs once")):
        before, after = bool(old.get(flag)), bool(new.get(flag))
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
    """The options, those of 3.0 as 3.1 writes them: there, exclusive limits are a yes or no beside the limit."""
    said = {key: value for key, value in (options or {}).items() if value is not None}
    for end in ("Minimum", "Maximum"):
        exclusive, plain = f"exclusive{end}", end.lower()
        if isinstance(said.get(exclusive), bool):
            if said.pop(exclusive) and plain in said:
                said[exclusive] = said.pop(plain)
    return said


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
    try:
        grown = Decimal(str(new)) > Decimal(str(old))
    except InvalidOperation:
        grown = str(new) > str(old)  # dates and times of the standard's form are ordered as their texts are
    return "tightened" if grown == (option in _LOWER) else "loosened"


def _said(value: Any) -> str:
    return "not stated" if value is None else str(value)
