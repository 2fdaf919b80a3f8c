"""The promises of a contract about its data: the very rules that an audit executes, and which of two promises more."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import cached_property, partial
from itertools import pairwise
from math import floor, isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mesh_isolation.bounds import Bound, is_number
from mesh_isolation.column_types import WHOLE, decimal_places
from mesh_isolation.predicates import AnyOf, Query, Uneven, columns_within, implies, possible, subject_of
from mesh_platform.contract.column import Column, SetAside, read_column
from mesh_platform.contract.document import key_rules, rules_of_columns
from mesh_platform.contract.open_names import stated
from mesh_platform.contract.options import option_rules
from mesh_platform.contract.quality import blocks, given_name, kind_of, name_of, quality_rule
from mesh_platform.contract.relationships import relationship_rules
from mesh_platform.contract.rule import CHANGE_OF_ROWS, Rule
from mesh_platform.contract.service_levels import service_level_rules
from mesh_platform.contract.values import typed_all
from mesh_platform.errors import ContractError

TABLE = "the table"

NOWHERE = Path("/-")
"""The place of a contract that belongs to no mesh: references to other contracts lead nowhere."""

PROSE = {
    *("description", "businessImpact", "dimension", "method", "tags", "authoritativeDefinitions"),
    *("id", "name", "scheduler", "schedule", "customProperties"),
}
"""The keys of a quality rule that its audit does not read, or reads for messages only."""


@dataclass(frozen=True)
class Promise:
    """What one or several rules of a contract hold together: a measure of the data, and the values of it that pass."""

    place: str
    """The column, or `the table`."""
    title: str
    """What promises it, in words: `amount`, `the rule few_missing of amount`."""
    sentence: str
    sort: str
    """rule, key, service, or type for what the type of the column ensures."""
    check: str
    """The name of the check, without that of a quality rule."""
    columns: tuple[str, ...]
    blocks: bool
    how: str
    """How it is measured: a kind of `Rule.subject`, or `written` for what no audit of this platform can execute."""
    what: Any
    """What is measured, in a form that can be compared."""
    bounds: tuple[Bound, ...] = (Bound(),)
    percent: bool = False
    set_aside: tuple[SetAside, ...] | None = None
    """What may be set aside: at most one number of rows and one share, and as many as both allow; None for no row."""

    def passes(self, value: Any) -> bool:
        """Whether every bound allows the measured value."""
        return all(_allows(bound, value) for bound in self.bounds)

    @cached_property
    def zero(self) -> bool:
        """Whether nothing measured is the only value that passes."""
        values = _values((self,)) if self.counts else []
        return bool(values) and [value for value in values if self.passes(value)] == [0]

    @property
    def empty(self) -> bool:
        """Whether all data keep it."""
        values = _values((self,)) if self.counts or self.compares else []
        return (bool(values) and all(map(self.passes, values))) or (self.zero and self.what == AnyOf())

    @property
    def counts(self) -> bool:
        """Whether a number of rows is measured."""
        return self.how in ("rows", "repeated", "unreferenced") or (isinstance(self.what, Query) and self.what.counts)

    @property
    def compares(self) -> bool:
        """Whether the change of a number of rows is measured, in percent: nothing falls by more than 100."""
        return self.how == "value" and self.what[:1] == (CHANGE_OF_ROWS,)

    @property
    def bound(self) -> str:
        """The values that pass, in words."""
        return " and ".join(dict.fromkeys(map(str, self.bounds)))

    @cached_property
    def shape(self) -> Any:
        """What the promise is about, without its limits: an old and a new form of one promise have the same shape."""
        match self.how:
            case "rows":
                return self.how, subject_of(self.what)
            case "repeated":
                return (self.how,)
            case "written":
                return self.how, self.what[:2]
        return self.how, self.title if self.how in ("query", "custom") else self.columns


def _allows(bound: Bound, value: Any) -> bool:
    return not bound.incomparable(value) and bound.allows(value)


def _values(promises: Iterable[Promise]) -> list[Any]:
    """Measured values, one from each part of the range that no bound of the promises divides.

    A bound tells none of two values of the same part apart, so what holds for these values holds for all.
    """
    promises = list(promises)
    operands = (bound.operand for promise in promises for bound in promise.bounds)
    ends = [end for operand in operands for end in (operand if isinstance(operand, list) else [operand])]
    others = [end for end in ends if not is_number(end)]
    ends = sorted({Fraction(str(end) if isinstance(end, float) else end) for end in ends if is_number(end) and isfinite(end)})
    if promises[0].percent:
        ends = sorted({Fraction(0), *(end for end in ends if 0 <= end <= 100), Fraction(100)})
        values = sorted({*ends, *((low + high) / 2 for low, high in pairwise(ends))})
        return values[:-1] if promises[0].how == "repeated" else values  # the first row of a key is no repetition
    if promises[0].counts:
        return sorted(
            {
                *map(Fraction, (0, 1)),
                *(Fraction(floor(end) + step) for end in ends for step in (-1, 0, 1) if floor(end) + step >= 0),
            }
        )
    if promises[0].compares:
        ends = sorted({Fraction(-100), *(end for end in ends if end > -100)})
        return [*ends, *((low + high) / 2 for low, high in pairwise(ends)), ends[-1] + 1]
    numbers = [ends[0] - 1, *ends, *((low + high) / 2 for low, high in pairwise(ends)), ends[-1] + 1] if ends else []
    return [*numbers, *(_others(others) if others else [])]


def _others(ends: Sequence[Any]) -> list[Any]:
    """Values of a range of times or texts; texts have no order here, so that any other one stands for all others."""
    if not all(isinstance(end, timedelta) for end in ends):
        return [*ends, "".join(map(str, ends)) + "-"]
    ends = sorted(set(ends))
    size = abs(ends[-1]) + abs(ends[0])
    return [ends[0] - size, *ends, *(low + (high - low) / 2 for low, high in pairwise(ends)), ends[-1] + size]


def ensures(one: Promise, other: Promise) -> bool:
    """Whether all data that keep `one` keep `other`. False also means that it is not known."""
    if one.how != other.how:
        return False
    if one.how in ("custom", "written"):
        return one.what == other.what
    less, more = _within(other, one), _within(one, other)
    if not (less or more):
        return False
    if one.zero and less and other.counts:
        return other.passes(0)
    if one.percent != other.percent:
        return False
    values = _values((one, other))
    # Where it counts less, other may measure every smaller value, and where it counts more, every greater one.
    return all(
        other.passes(its)
        for value in values
        if one.passes(value)
        for its in ([value] if less and more else [its for its in values if (its <= value if less else its >= value)])
    )


def _within(one: Promise, other: Promise) -> bool:
    """Whether `one` never measures more than `other`: every row that it counts is one that the other counts."""
    if one.how == "rows":
        return implies(one.what, other.what)
    # A key with more columns has fewer repetitions.
    return one.what >= other.what if one.how == "repeated" else one.what == other.what


class Index:
    """Promises by what they measure, to find those that may ensure another one without comparing each with each."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        self._by_key: dict[Any, dict[int, Promise]] = {}
        for promise in promises:
            for key in _keys(promise):
                self._by_key.setdefault(key, {})[id(promise)] = promise

    def near(self, promise: Promise) -> list[Promise]:
        """The promises of which one may ensure the given one, or the other way round."""
        keys = [*_keys(promise), *([("rows", "")] if promise.how == "rows" else [])]
        if ("rows", "") in _keys(promise):
            keys = [key for key in self._by_key if key[0] == "rows"]
        return list({number: one for key in keys for number, one in self._by_key.get(key, {}).items()}.values())


def _keys(promise: Promise) -> list[Any]:
    if promise.how == "rows":
        return [("rows", column) for column in columns_within(promise.what)] or [("rows", "")]
    return [(promise.how, None if promise.how == "repeated" else promise.what)]


def held(promise: Promise, others: Index) -> bool:
    """Whether one of the other promises ensures this one."""
    return any(ensures(other, promise) for other in others.near(promise))


def together(promises: Iterable[Promise]) -> list[Promise]:
    """The same promises, with one for all that measure the same, one for each condition on a row, and none that is empty."""
    grouped: dict[Any, Promise] = {}
    for promise in promises:
        if promise.zero:  # a share of nothing is a number of nothing
            promise = replace(promise, bounds=(Bound(),), percent=False)
        key = (promise.how, promise.what, promise.percent)
        if first := grouped.get(key):
            bounds = (*first.bounds, *promise.bounds)
            promise = replace(first, bounds=bounds, set_aside=_fewest(first.set_aside, promise.set_aside))
        grouped[key] = promise
    apart: dict[Any, Promise] = {}
    for part in (part for promise in grouped.values() for part in _parts(promise) if not part.empty):
        key = (part.how, part.what, part.percent, part.zero)
        first = apart.setdefault(key, part)
        apart[key] = replace(first, set_aside=_fewest(first.set_aside, part.set_aside))
    forbidden = [part.what for part in apart.values() if part.zero and part.how == "rows"]
    return [
        replace(part, what=possible(part.what, forbidden)) if part.zero and part.how == "rows" else part
        for part in apart.values()
    ]


def _fewest(one: tuple[SetAside, ...] | None, other: tuple[SetAside, ...] | None) -> tuple[SetAside, ...] | None:
    """What may be set aside if two rules are about the same rows: what both allow."""
    if one is None or other is None:
        return None
    least: dict[bool, SetAside] = {}
    for aside in (*one, *other):
        least[aside.percent] = min(aside, least.get(aside.percent, aside), key=lambda part: part.limit)
    return tuple(least[percent] for percent in sorted(least))


def _parts(promise: Promise) -> Iterator[Promise]:
    """One promise for each predicate that no row may make true."""
    if not promise.zero:
        yield promise
        return
    parts = promise.what.parts if isinstance(promise.what, AnyOf) else (promise.what,)
    yield from (replace(promise, what=part, bounds=(Bound(),)) for part in parts)


def promises_of(
    document: Mapping[str, Any],
    names: Mapping[str, str],
    place: tuple[Path, Path] = (NOWHERE, NOWHERE),
    types: Mapping[str, str] = MappingProxyType({}),
) -> list[Promise]:
    """The promises of a contract with one table.

    Args:
        document: the contract.
        names: the columns that have another name in the contract with which it is compared.
        place: the contract's file, and the root of its repository.
        types: the types of data, by column, for columns that leave their width open.

    A part that no audit can execute is a promise as it is written: equal to the same part, and to nothing else.
    """
    return list(_Reading(document, names, place, types).promises())


class _Reading:
    """A contract that is read."""

    def __init__(
        self, document: Mapping[str, Any], names: Mapping[str, str], place: tuple[Path, Path], types: Mapping[str, str]
    ) -> None:
        self._document, self._table, self._names, self._place = document, document["schema"][0], names, place
        self._entries = {str(entry.get("name")): entry for entry in self._table.get("properties") or []}
        read = {name: _of_type(column_of_entry(entry), types.get(name)) for name, entry in self._entries.items()}
        self._columns = {name: _without_impossible(column) for name, column in read.items()}

    def promises(self) -> Iterator[Promise]:
        key = tuple(name for name, entry in self._entries.items() if entry.get("primaryKey"))
        flagged = (
            self._columns[name] or Column(name, "", required=bool(entry.get("required")), unique=bool(entry.get("unique")))
            for name, entry in self._entries.items()
        )
        for rule in key_rules(tuple(flagged), key):
            is_key = rule.check == "primary_key"
            yield self._promise(rule, "the key" if is_key else rule.columns[0], "key" if is_key else "rule")
        for name, column in self._columns.items():
            rules = partial(rules_of_columns, [column], option_rules) if column else None
            yield from self._read(rules, name, _written_options(self._entries[name]))
        for level in self._document.get("slaProperties") or []:
            rules = partial(service_level_rules, {**self._document, "slaProperties": [level]}, self._columns)
            yield from self._read(rules, f"slaProperties {level.get('property')}", {}, "service")
        for place, part in ((TABLE, self._table), *self._entries.items()):
            for entry in part.get("relationships") or []:
                yield from self._relationship(entry, place)
            for entry in part.get("quality") or []:
                if kind_of(entry) != "text":
                    yield from self._quality(entry, place, key)

        yield from self._types()

    def _types(self) -> Iterator[Promise]:
        """What the types of numbers ensure. It is no rule, but a rule that says the same promises nothing more."""
        for name, column in self._columns.items():
            places = (0, 0) if column and column.type in WHOLE else decimal_places(column.type) if column else None
            if places:
                what = Uneven(("column", self._names.get(name, name).casefold()), Fraction(1, 10 ** places[1]))
                sentence = f"{name} is {column.type}"
                yield Promise(name, name, sentence, "type", "", (name,), True, "rows", what)

    @property
    def _name(self) -> str:
        return str(self._table.get("name"))

    def _relationship(self, entry: Mapping[str, Any], place: str) -> Iterator[Promise]:
        """Reads one relationship as if it were the only one: another that cannot be executed costs it nothing."""
        parts = ({**part, "relationships": [entry] if name == place else []} for name, part in self._entries.items())
        table = {**self._table, "relationships": [entry] if place == TABLE else [], "properties": list(parts)}
        rules, written = partial(relationship_rules, table, self._columns, *self._place), [entry.get("from"), entry.get("to")]
        blocking = blocks(next(iter(stated(entry, "severity")), None))
        yield from self._read(rules, place, {"relationship": written}, blocking=blocking)

    def _quality(self, entry: dict[str, Any], place: str, key: tuple[str, ...]) -> Iterator[Promise]:
        plain = {**entry, "description": None}  # its sentence states the bound
        if column := self._columns.get(place):
            arguments = entry.get("arguments") or {}
            plain |= {"arguments": _with_possible(arguments, column)} if arguments else {}
            plain = _with_possible(plain, column)  # ODCS 3.0
        rules = partial(self._quality_rules, plain, place, key)
        written = {key: value for key, value in entry.items() if key not in PROSE and key != "severity"}
        title, blocking = f"the rule {name_of(entry)} of {place}", blocks(entry.get("severity"))
        yield from self._read(rules, place, {given_name(entry) or "rule": written}, title=title, blocking=blocking)

    def _quality_rules(self, entry: dict[str, Any], place: str, key: tuple[str, ...]) -> Iterator[Rule]:
        if place != TABLE and not self._columns[place]:
            raise ContractError(f"{place} is no column that a port can store")
        yield quality_rule(
            entry, self._name, {name: it for name, it in self._columns.items() if it}, self._columns.get(place), key
        )

    def _read(
        self,
        rules: Callable[[], Iterable[Rule]] | None,
        place: str,
        written: Mapping[str, Any],
        sort: str = "rule",
        title: str = "",
        blocking: bool = True,
    ) -> Iterator[Promise]:
        """The promises of rules; those of the declarations `written`, by their keys, if no audit can execute the rules."""
        try:
            if rules is not None:
                yield from [self._promise(rule, place, sort, title) for rule in rules() if _measures(rule)]
                return
        except (ContractError, AttributeError, KeyError):  # a column that it needs cannot be read
            pass
        for key, value in written.items():
            text = json.dumps(value, sort_keys=True, default=str)
            what = (self._names.get(place, place), key, text)
            columns = (place,) if place in self._entries else ()
            sentence = f"{key} of {place} is {text}"
            yield Promise(place, title or place, sentence, sort, "", columns, blocking, "written", what)

    def _promise(self, rule: Rule, place: str, sort: str, title: str = "") -> Promise:
        how, what = rule.subject(self._names)
        check, sentence = "" if title else rule.check, rule.sentence.rstrip(".")
        words = (place, title or place, sentence, sort, check, rule.columns, rule.blocks)
        return Promise(*words, how, what, (rule.bound,), rule.percent, (rule.set_aside,) if rule.set_aside else None)


def _measures(rule: Rule) -> bool:
    """Whether data can break the rule."""
    return bool(rule.measure != "0" or rule.query or rule.custom or rule.compared)


def _with_possible(arguments: Mapping[str, Any], column: Column) -> dict[str, Any]:
    """The arguments of a rule without valid values that no value of the column equals."""
    listed = arguments.get("validValues")
    return {**arguments, "validValues": _possible(listed, column.type)} if isinstance(listed, list) else {**arguments}


def _without_impossible(column: Column | None) -> Column | None:
    return replace(column, enum=tuple(_possible(column.enum, column.type))) if column and column.enum else column


def _possible(values: Iterable[Any], kind: str) -> Sequence[Any]:
    """The values that a column of a type can have, or all if it can have none of them: lint says what is wrong with others."""
    values = list(values)
    try:
        kept = [value for value in values if value is None or typed_all([value], kind, lenient=True)]
    except ContractError:  # a boolean, where a text was meant
        return values
    return kept or values


def _of_type(column: Column | None, kind: str | None) -> Column | None:
    return column.fitted(kind) if column and kind else column


def column_of_entry(entry: Mapping[str, Any]) -> Column | None:
    """The column of an entry; None for one that no port can store."""
    try:
        return read_column(dict(entry))
    except ContractError:
        return None


_UNREAD = ("format", "timezone", "defaultTimezone")
"""Options that are no rule when they cannot be executed, but say what the values mean."""


def _written_options(entry: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: value for key, value in (entry.get("logicalTypeOptions") or {}).items() if key not in _UNREAD}
    return options | ({"enum": entry["enum"]} if entry.get("enum") else {})
