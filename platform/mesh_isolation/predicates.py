"""Predicates in SQL of DuckDB as values that can be compared: which of two is true for every row for which the other is.

DuckDB's own parser reads the text, so a predicate means here what it means when it is executed.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mesh_isolation.column_types import ANY_INTEGER, ANY_NUMBER, WHOLE, decimal_places
from mesh_isolation.engine import identifier
from mesh_isolation.numbers import sized_range
from mesh_isolation.sql import check_expression, first_names, nodes_of, parsed_select

Tree = tuple
"""An expression without spelling: nested tuples of the parser's tree, with names that no result shows in small letters."""

Names = Mapping[str, str]
"""Columns, and the name that each has in the result."""

_SAME: Names = MappingProxyType({})


@dataclass(frozen=True)
class AnyOf:
    """True if one of the parts is; without parts, never."""

    parts: frozenset["Predicate"] = frozenset()


@dataclass(frozen=True)
class AllOf:
    """True if every part is; without parts, always."""

    parts: frozenset["Predicate"] = frozenset()


@dataclass(frozen=True)
class Beyond:
    """True for a value below a limit, or above it."""

    value: Tree
    above: bool
    included: bool
    """Whether the predicate is true for the limit itself."""
    limit: Fraction
    family: str
    """What is compared: limits of different families have no order."""
    step: Fraction | None = None
    """The distance between neighbours, for values that have one."""

    def holds(self, value: Any) -> bool:
        if not isinstance(value, Fraction):
            return False
        return self.included if value == self.limit else (value > self.limit) == self.above

    def reach(self, step: Fraction | None) -> tuple[Fraction, bool]:
        """A sort key: the greater, the more values the predicate is true for."""
        sign = -1 if self.above else 1
        limit, included = self.limit * sign, self.included
        if step:
            steps = limit / step
            limit, included = (steps.__floor__() if included else steps.__ceil__() - 1) * step, True
        return limit, included


@dataclass(frozen=True)
class Among:
    """True for a value that is listed, or for one that is not."""

    value: Tree
    outside: bool
    listed: frozenset[Any]
    family: str = field(default="text", compare=False)
    """What is listed: texts, numbers, days, or times of some kind."""

    def holds(self, value: Any) -> bool:
        return (value in self.listed) != self.outside

    def written(self, value: Any) -> str:
        """A listed value as a contract writes it."""
        if self.family == "day":
            return date.fromordinal(int(value)).isoformat()
        if self.family.startswith("timestamp"):
            return str(datetime(1970, 1, 1) + timedelta(microseconds=int(value)))
        return f"{float(value):g}" if isinstance(value, Fraction) and value.denominator > 1 else str(value)


@dataclass(frozen=True)
class Uneven:
    """True for a number that is no multiple of a step."""

    value: Tree
    step: Fraction

    def holds(self, value: Any) -> bool:
        return isinstance(value, Fraction) and value % self.step != 0


@dataclass(frozen=True)
class SomeItem:
    """True for a list of which one item makes a predicate true."""

    items: Tree
    fault: "Predicate"


@dataclass(frozen=True)
class Other:
    """A predicate of which only its sameness is known."""

    tree: Tree


Predicate = AnyOf | AllOf | Beyond | Among | Uneven | SomeItem | Other
NEVER, ALWAYS = AnyOf(), AllOf()


def predicate(sql: str, names: Names = _SAME) -> Predicate:
    """The predicate in `sql`, which the platform wrote; `names` are the columns that have another name in the result."""
    return _predicate(_expression(sql), _Reader(names))


def expression(sql: str, names: Names = _SAME) -> Tree:
    """An expression without spelling. Two equal ones have the same value on every row."""
    return _Reader(names)(_expression(sql))


@lru_cache(2_000)
def _expression(sql: str) -> dict[str, Any]:
    return check_expression(sql)[0]


@dataclass(frozen=True)
class Query:
    """A SELECT without spelling. Two equal ones have the same result."""

    tree: Tree
    counts: bool
    """Whether its result is one number of rows: a whole number, at least 0."""


def query_of(sql: str, names: Names = _SAME) -> Query:
    """The SELECT in `sql`; line breaks, comments and capitals of keywords do not count.

    Nor do the capitals of names that no result shows, and the name of a result that nothing in the query refers to.
    """
    select = parsed_select(sql)
    listed = select.get("select_list") or []
    used = [{*first_names([{**select, "select_list": []}, *listed[:at], *listed[at + 1 :]])} for at in range(len(listed))]
    listed = [
        column if column.get("alias", "").casefold() in others else {**column, "alias": ""}
        for column, others in zip(listed, used)
    ]
    plain = select.get("type") == "SELECT_NODE" and not any(
        select.get(part) for part in ("modifiers", "group_expressions", "group_sets", "having", "qualify", "sample")
    )
    counts = plain and len(listed) == 1 and _is_count(listed[0])
    select = {**select, "select_list": listed}
    return Query(_Reader(names, _shows_names(select))(select), counts)


def _shows_names(select: dict[str, Any]) -> bool:
    """Whether the result can show names as they are written.

    A pivot and `alias` make values of names, `COLUMNS` compares them, and a whole row as a value has the names of its columns.
    """
    nodes = [*nodes_of(select)]
    rows = {str(node.get(key)).casefold() for node in nodes for key in ("alias", "table_name", "key") if "class" not in node}
    listed = {id(column) for node in nodes for column in node.get("select_list") or ()}
    return any(
        node.get("type") in ("PIVOT", "SHOW_REF")
        or str(node.get("function_name")).casefold() == "alias"
        or (node.get("type") == "STAR" and (id(node) not in listed or bool(node.get("columns"))))
        or (node.get("type") == "COLUMN_REF" and len(node["column_names"]) == 1 and node["column_names"][0].casefold() in rows)
        for node in nodes
    )


def _is_count(node: Mapping[str, Any]) -> bool:
    """Whether a column of a SELECT is an aggregate that counts rows; over a window it is a column of every row."""
    aggregate = node.get("class") == "FUNCTION" and not node.get("export_state")
    return aggregate and node.get("function_name", "").casefold() in ("count", "count_star")


_OF_TABLES = ("table_name", "schema_name", "catalog_name", "schema", "catalog", "relation_name", "key", "column_name_alias")
_OF_TABLES += ("using_columns", "exclude_list")
"""Keys of the parser's tree with names in which DuckDB ignores capitals. Functions and columns are read apart."""


class _Reader:
    """Turns nodes of the parser's tree into tuples that only differ where the meaning does.

    Args:
        names: columns, and the name that each has in the result.
        shown: whether the result shows names, so that their capitals count.
    """

    def __init__(self, names: Names, shown: bool = False) -> None:
        self._names = {old.casefold(): self._folded(new, shown) for old, new in names.items()}
        self._shown = shown

    def __call__(self, node: Any, listed: bool = False) -> Any:
        """`listed`: whether the node is a column of a SELECT, whose alias is a name that others refer to."""
        if isinstance(node, list):
            return tuple(self(part, listed) for part in node)
        if not isinstance(node, dict):
            return node
        if node.get("class") == "CONSTANT" and not node.get("alias"):
            return ("constant", repr(node["value"]))
        if node.get("type") == "COLUMN_REF" and not node.get("alias"):
            return self._column(node)
        children = {
            key: self._part(key, value, node, listed)
            for key, value in node.items()
            if key != "query_location" and _given(value)
        }
        if node.get("class") == "CONJUNCTION":
            children["children"] = tuple(sorted(children["children"], key=repr))
        return tuple(sorted(children.items()))

    def _column(self, node: dict[str, Any]) -> Tree:
        return ("column", *(self._names.get(part.casefold(), self._folded(part, self._shown)) for part in node["column_names"]))

    def _part(self, key: str, value: Any, node: dict[str, Any], listed: bool) -> Any:
        if key == "function_name":
            return value.casefold()
        if key == "column_names" and node.get("type") == "COLUMN_REF":
            return self._column(node)
        # The alias of an argument is a name in the result: the field of a struct.
        if key in _OF_TABLES or (key == "alias" and (listed or "class" not in node)):
            return self._folded(value, self._shown)
        return self(value, key == "select_list")

    def _folded(self, value: Any, shown: bool) -> Any:
        if isinstance(value, list):
            return tuple(self._folded(part, shown) for part in value)
        return value.casefold() if isinstance(value, str) and not shown else self(value) if isinstance(value, dict) else value


def _given(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {})


_COMPARED = {
    "COMPARE_LESSTHAN": (False, False),
    "COMPARE_LESSTHANOREQUALTO": (False, True),
    "COMPARE_GREATERTHAN": (True, False),
    "COMPARE_GREATERTHANOREQUALTO": (True, True),
}
"""Whether the values above the limit make a comparison true, and whether the limit itself does."""


def _predicate(node: dict[str, Any], read: _Reader) -> Predicate:
    """The predicate of a node, in a place where NULL counts as false."""
    kind, children = node["type"], node.get("children", ())
    match kind:
        case "CONJUNCTION_OR":
            return any_of(_predicate(child, read) for child in children)
        case "CONJUNCTION_AND":
            return _all_of(_predicate(child, read) for child in children)
        case "OPERATOR_COALESCE" if len(children) == 2 and _truth(children[1]) is False:
            return _predicate(children[0], read)
        case "OPERATOR_NOT" if among := _among(children[0], read):
            both = among.family == "truth" and len(among.listed) == 2
            return NEVER if both else replace(among, outside=True)
        case "FUNCTION" if among := _among(node, read):
            return among
        case "COMPARE_GREATERTHAN" if found := _some_item(node, read):
            return found
        case "COMPARE_NOTEQUAL" if uneven := _uneven(node, read):
            return uneven
        case _ if kind in _COMPARED and (limit := _limit(node["right"])) and isinstance(limit.value, Fraction):
            return _beyond(node, limit, read)
    truth = _truth(node)
    return Other(read(node)) if truth is None else ALWAYS if truth else NEVER


def any_of(parts: Iterable[Predicate]) -> Predicate:
    """The predicate that is true if one of the parts is."""
    flat = frozenset(inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,)))
    return ALWAYS if ALWAYS in flat else next(iter(flat)) if len(flat) == 1 else AnyOf(flat)


def _all_of(parts: Iterable[Predicate]) -> Predicate:
    flat = frozenset(inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,)))
    return NEVER if NEVER in flat else next(iter(flat)) if len(flat) == 1 else AllOf(flat)


def _some_item(node: dict[str, Any], read: _Reader) -> Predicate | None:
    """`len(list_filter(items, lambda item: fault)) > 0`. An item that makes one of two predicates true is an item of one."""
    filtered = _argument(node["left"], "len")
    if not filtered or filtered.get("function_name") != "list_filter" or _limit(node["right"]) != _Limit(Fraction(0), "number"):
        return None
    items, function = filtered["children"]
    fault = _predicate(function["expr"], read)
    faults = fault.parts if isinstance(fault, AnyOf) else (fault,)
    return any_of(SomeItem(read(items), each) for each in faults)


def _argument(node: dict[str, Any], function: str) -> dict[str, Any] | None:
    children = node.get("children", ())
    return children[0] if node.get("function_name") == function and len(children) == 1 else None


def _among(node: dict[str, Any], read: _Reader) -> Among | None:
    if node.get("function_name") != "list_contains":
        return None
    listed, value = node["children"]
    limits = [_limit(entry) for entry in listed.get("children", ())]
    if listed.get("function_name") != "list_value" or None in limits:
        return None
    return Among(read(value), False, frozenset(limit.value for limit in limits), limits[0].family if limits else "")


def _uneven(node: dict[str, Any], read: _Reader) -> Uneven | None:
    """`value % step <> 0`, with both sides cast to a decimal that holds them exactly."""
    left = node["left"]
    if left.get("function_name") != "%" or _limit(node["right"]) != _Limit(Fraction(0), "number"):
        return None
    value, step = left["children"][0], _limit(left["children"][1])
    return Uneven(read(value["child"] if value["type"] == "OPERATOR_CAST" else value), abs(step.value)) if step else None


_LENGTHS = ("length", "len", "octet_length")


def _beyond(node: dict[str, Any], limit: "_Limit", read: _Reader) -> Predicate:
    (above, included), value = _COMPARED[node["type"]], node["left"]
    counted = value.get("function_name") in _LENGTHS or value["class"] == "CASE"
    lowest, highest = (Fraction(0), None) if counted else limit.span
    beyond = Beyond(read(value), above, included, limit.value, limit.family, Fraction(1) if counted else limit.step)
    end = highest if above else lowest
    if end is not None and not beyond.holds(end) and ((limit.value >= end) if above else (limit.value <= end)):
        return NEVER
    return beyond


@dataclass(frozen=True)
class _Limit:
    """A constant."""

    value: Any
    """A text, or a number: of days for a day, of microseconds for a time."""
    family: str
    step: Fraction | None = None
    span: tuple[Fraction | None, Fraction | None] = (None, None)
    """The smallest and the largest value of its type, if the type is bounded."""


def _limit(node: dict[str, Any]) -> _Limit | None:
    """The constant that a node is; None for any other node."""
    if node["class"] == "CONSTANT":
        return _constant(node["value"])
    if (
        node["class"] == "CAST"
        and node["child"]["class"] == "CONSTANT"
        and isinstance(node["child"]["value"].get("value"), str)
    ):
        try:
            return _cast(node["child"]["value"]["value"], node["cast_type"])
        except (ValueError, OverflowError, ZeroDivisionError):
            return None
    return _ago(node)


def _constant(value: dict[str, Any]) -> _Limit | None:
    kind, number = value["type"]["id"], value.get("value")
    if kind == "VARCHAR":
        return _Limit(number, "text")
    if kind == "DECIMAL" and isinstance(number, int):
        return _Limit(Fraction(number, 10 ** value["type"]["type_info"]["scale"]), "number")
    if isinstance(number, dict) and number.keys() == {"upper", "lower"}:
        return _Limit(Fraction(number["upper"] * 2**64 + number["lower"]), "number")
    if isinstance(number, (int, float)) and not isinstance(number, bool) and number - number == 0:
        return _Limit(Fraction(number), "number")
    return None


_DAY = 86_400 * 10**6


def _cast(text: str, kind: dict[str, Any]) -> _Limit | None:
    name = kind["id"]
    if name == "UNBOUND":  # DuckDB has no type of this name
        name = kind["type_info"]["name"].upper()
    if name == ANY_NUMBER:
        return _Limit(Fraction(text), "number")
    if name == ANY_INTEGER:
        most = Fraction(10 ** decimal_places(name)[0] - 1)
        return _Limit(Fraction(text), "number", Fraction(1), (-most, most))
    if name in WHOLE:
        lowest, highest = map(Fraction, sized_range(f"i{WHOLE[name]}"))
        return _Limit(Fraction(text), "number", Fraction(1), (lowest, highest))
    if name == "DECIMAL":
        width, scale = kind["type_info"]["width"], kind["type_info"]["scale"]
        most = Fraction(10**width - 1, 10**scale)
        return _Limit(Fraction(text), "number", Fraction(1, 10**scale), (-most, most))
    if name in ("DOUBLE", "FLOAT"):
        number = float(text)
        return _Limit(Fraction(number if name == "DOUBLE" else struct.unpack("f", struct.pack("f", number))[0]), "number")
    if name == "BOOLEAN":
        return _Limit(text.casefold() == "true", "truth")
    if name == "DATE":
        return _Limit(Fraction(date.fromisoformat(text).toordinal()), "day", Fraction(1))
    if name.startswith("TIMESTAMP"):
        moment = datetime.fromisoformat(text)
        since = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return _Limit(Fraction(since // timedelta(microseconds=1)), name.casefold(), Fraction(1))
    return None


_UNITS = {"to_seconds": (10**6, "time"), "to_minutes": (60 * 10**6, "time"), "to_hours": (3_600 * 10**6, "time")}
_UNITS |= {"to_days": (_DAY, "time"), "to_weeks": (7 * _DAY, "time"), "to_months": (1, "months"), "to_years": (12, "months")}


def _ago(node: dict[str, Any]) -> _Limit | None:
    """A variable minus an interval, as `now - to_days(7)`: a limit that lies the further back the longer the interval is."""
    if node.get("function_name") != "-" or len(node["children"]) != 2:
        return None
    now, interval = node["children"]
    unit, parts = _UNITS.get(interval.get("function_name")), interval.get("children", ())
    amount = _limit(parts[0]) if unit and len(parts) == 1 else None
    if not amount or amount.family != "number" or now.get("function_name") != "getvariable":
        return None
    return _Limit(-amount.value * unit[0], f"{unit[1]} before {_Reader(_SAME)(now)}")


def _truth(node: dict[str, Any]) -> bool | None:
    """Whether a node is the constant TRUE or FALSE; None for any other."""
    constant = node["child"] if node.get("type") == "OPERATOR_CAST" and node["cast_type"]["id"] == "BOOLEAN" else node
    if constant["class"] != "CONSTANT":
        return None
    return {"t": True, "f": False, "true": True, "false": False}.get(str(constant["value"].get("value")).casefold())


def implies(one: Predicate, other: Predicate) -> bool:
    """Whether `other` is certain to be true for every row for which `one` is. False also means that it is not known."""
    if one in (other, NEVER) or other == ALWAYS:
        return True
    if isinstance(one, AnyOf):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, AllOf):
        return all(implies(one, part) for part in other.parts)
    if isinstance(other, AnyOf):
        return any(implies(one, part) for part in other.parts)
    if isinstance(one, AllOf):
        return any(implies(part, other) for part in one.parts)
    if isinstance(one, SomeItem) and isinstance(other, SomeItem):
        return one.items == other.items and implies(one.fault, other.fault)
    if isinstance(one, (SomeItem, Other)) or isinstance(other, (SomeItem, Other)):
        return False
    if isinstance(one, Among) and not one.outside and _length_of(one.value) == other.value:
        return all(isinstance(text, str) and other.holds(Fraction(len(text))) for text in one.listed)
    return one.value == other.value and _value_implies(one, other)


def _value_implies(one: Beyond | Among | Uneven, other: Beyond | Among | Uneven) -> bool:
    """Whether `other` is true for every value for which `one` is; both are about the same value."""
    match one, other:
        case Among(outside=False), _:
            return all(map(other.holds, one.listed))
        case _, Among(outside=True):
            return not any(map(one.holds, other.listed))
        case Beyond(), Beyond():
            same = (one.above, one.family) == (other.above, other.family)
            steps = {None, one.step if one.step == other.step else None}
            return same and any(one.reach(step) <= other.reach(step) for step in steps)
        case Uneven(), Uneven():
            return other.step % one.step == 0
    return False


def columns_within(part: Any) -> frozenset[str]:
    """The columns of a predicate. It only implies another one with which it shares a column, unless one has no column."""
    if isinstance(part, tuple) and part[:1] == ("column",):
        return frozenset(part[1:])
    inner = part if isinstance(part, (tuple, frozenset)) else vars(part).values() if hasattr(part, "__dict__") else ()
    return frozenset().union(*map(columns_within, inner))


def _length_of(value: Tree) -> Tree:
    """The number of characters of a text, as the platform writes it."""
    return expression(f"length({identifier(value[1])})") if value[:1] == ("column",) and len(value) == 2 else ()


def possible(predicate: Predicate, forbidden: Iterable[Predicate]) -> Predicate:
    """The same predicate where no row makes a forbidden one true: its list is without the values that every such row lacks."""
    if not isinstance(predicate, Among) or not predicate.outside:
        return predicate
    others = [other for other in forbidden if other != predicate]
    kept = (
        value
        for value in predicate.listed
        if not any(implies(Among(predicate.value, False, frozenset({value})), other) for other in others)
    )
    return replace(predicate, listed=frozenset(kept))


def subject_of(predicate: Predicate) -> Any:
    """What a predicate is about, without its limits: two about one subject may be an old and a new form of one condition."""
    match predicate:
        case AnyOf(parts) | AllOf(parts):
            return type(predicate), frozenset(map(subject_of, parts))
        case Beyond():
            return Beyond, predicate.value, predicate.above
        case Among() | Uneven():
            return type(predicate), predicate.value
        case SomeItem():
            return SomeItem, predicate.items, subject_of(predicate.fault)
    return Other, _blank(predicate.tree)


def _blank(tree: Any) -> Any:
    if isinstance(tree, tuple):
        return ("constant",) if tree[:1] == ("constant",) else tuple(map(_blank, tree))
    return tree
