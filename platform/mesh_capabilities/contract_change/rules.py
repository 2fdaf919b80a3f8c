"""The changes of types and promises: whether the new contract allows fewer values, more values, or others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mesh_capabilities.contract_change.promises import PROSE, Index, Promise, ensures, held, together
from mesh_capabilities.contract_change.sorts import Change
from mesh_isolation.column_types import WIDTHS, Type, accepts, decimal_places, type_in_words
from mesh_isolation.limits import SetAside
from mesh_isolation.predicates import Among
from mesh_platform.contract.quality import kind_of, name_of

_LADDERS = (("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), ("FLOAT", "DOUBLE"))
"""Each type holds every value of the types before it, and compares them in the same way."""


def type_changes(name: str, old: Mapping[str, Any], before: Type, new: Mapping[str, Any], after: Type) -> list[Change]:
    """The change of the type of a column or of a part of one; the parts of a nested type have changes of their own.

    Args:
        name: the column's name in the old contract.
        old: its entry in the old contract.
        before: its type there.
        new: its entry in the new contract.
        after: its type there.
    """
    if _outer(before) != _outer(after):
        wider, narrower = ("loosened", "tightened") if {before, after} & {*WIDTHS} else ("widened", "narrowed")
        sort = f"type {wider if _holds(after, before) else narrower if _holds(before, after) else 'replaced'}"
        was, now = (type_in_words(str(kind)) for kind in (before, after))
        return [Change(sort, name, f"{name} was {was} and is {now}{_EFFECTS.get(sort, '')}", (name,))]
    logical = (old.get("logicalType"), new.get("logicalType"))
    if logical[0] != logical[1] and None not in logical:
        return [Change("logical type changed", name, f"{name} meant a {logical[0]} and means a {logical[1]}", (name,))]
    return []


_EFFECTS = {"type widened": ", which holds all old values", "type narrowed": ", which does not hold all old values"}


def _outer(kind: Type) -> Any:
    return kind if isinstance(kind, str) else type(kind)


def _holds(wider: Type, narrower: Type) -> bool:
    if not (isinstance(wider, str) and isinstance(narrower, str)):
        return False
    if {wider, narrower} & {*WIDTHS}:
        return accepts(wider, narrower)
    for ladder in _LADDERS:
        if wider in ladder and narrower in ladder:
            return ladder.index(wider) >= ladder.index(narrower)
    if (wide := decimal_places(wider)) and (narrow := decimal_places(narrower)):
        (digits, scale), (fewer, coarser) = wide, narrow
        return scale >= coarser and digits - scale >= fewer - coarser
    return False


def promise_changes(old: Sequence[Promise], new: Sequence[Promise], names: Mapping[str, str]) -> Iterator[Change]:
    """The changes between the promises of two versions of a table.

    Args:
        old: the promises of the old contract, without those about removed columns alone.
        new: the promises of the new one, without those about added columns alone.
        names: the name of each column of the new contract in the old one.
    """
    blocking, warning = (
        [[promise for promise in side if promise.blocks is blocks] for side in (old, new)] for blocks in (True, False)
    )
    warned = [together(side) for side in warning]
    yield from _changes(*map(together, blocking), names, *map(Index, warned))
    everything = [together([*alike, *others]) for alike, others in zip(blocking, warning)]
    yield from _warning_changes(warned, everything, names)
    yield from _set_aside_changes(*map(together, blocking), names)
    yield from _new_names(old, new)


def _new_names(old: Sequence[Promise], new: Sequence[Promise]) -> Iterator[Change]:
    """A quality rule that measures the same under another name."""
    before, after = ({promise.title: promise for promise in side if promise.title != promise.place} for side in (old, new))
    same: dict[Any, Promise] = {}
    for promise in after.values():
        if promise.title not in before:
            same.setdefault((promise.how, promise.what), promise)
    for title in before.keys() - after.keys():
        one = before[title]
        if other := same.get((one.how, one.what)):
            yield Change("wording changed", one.place, f"{title} is now {other.title}", one.columns)


def _changes(
    old: list[Promise], new: list[Promise], names: Mapping[str, str], warned_before: Index, warned_now: Index
) -> Iterator[Change]:
    lost, gained = _lost_and_gained(old, new, old, new)
    for before, after in _paired(lost, gained, old, new):
        if before and not after and held(before, warned_now):
            yield Change("rule loosened", before.place, f"{_subject(before)} now warns; it blocked before", before.columns)
        elif after and not before and held(after, warned_before):
            columns = _in_old(after.columns, names)
            yield Change("rule tightened", after.place, f"{_subject(after)} now blocks; it warned before", columns)
        else:
            yield _change(before, after, lost, names)


def _warning_changes(
    warned: list[list[Promise]], everything: list[list[Promise]], names: Mapping[str, str]
) -> Iterator[Change]:
    lost, gained = _lost_and_gained(*warned, *everything)
    for before, after in _paired(lost, gained, *warned):
        yield _change(before, after, lost, names, "warning")


_Ones = dict[int, Promise]
"""Promises by their `id`: to compare two by their parts takes long."""


def _ones(promises: Iterable[Promise]) -> _Ones:
    return {id(promise): promise for promise in promises}


def _lost_and_gained(
    old: list[Promise], new: list[Promise], all_old: list[Promise], all_new: list[Promise]
) -> tuple[_Ones, _Ones]:
    """The promises that no longer hold, and the new ones. What a type ensures is compared with the types."""
    pairs = ((old, Index(all_new)), (new, Index(all_old)))
    return tuple(_ones(one for one in side if one.sort != "type" and not held(one, others)) for side, others in pairs)


Pair = tuple[Promise | None, Promise | None]


class _Left:
    """Promises that are not yet matched, by what one has to have in common with its earlier form."""

    def __init__(self, promises: Iterable[Promise]) -> None:
        self._order: dict[int, int] = {}
        self._by_key: dict[Any, _Ones] = {}
        for promise in promises:
            self._order[id(promise)] = len(self._order)
            for key in _forms(promise):
                self._by_key.setdefault(key, {})[id(promise)] = promise

    def forms(self, promise: Promise) -> list[Promise]:
        """Those that may be another form of a promise, in their order."""
        found = {number: one for key in _forms(promise) for number, one in self._by_key.get(key, {}).items()}
        return sorted(found.values(), key=lambda one: self._order[id(one)])

    def remove(self, promise: Promise | None) -> None:
        for key in _forms(promise) if promise else ():
            self._by_key.get(key, {}).pop(id(promise), None)


def _forms(promise: Promise) -> list[Any]:
    """Two promises with one of these in common belong to one named rule, or judge the same part of the data."""
    named = [(promise.sort, "of the name", promise.title)] if promise.title != promise.place else []
    return [(promise.sort, promise.shape), *named]


def _paired(lost: _Ones, gained: _Ones, old: list[Promise], new: list[Promise]) -> Iterator[Pair]:
    """Each lost promise with the one that took its place, if there is one, and each gained promise with the one before."""
    fresh, weaker = _Left(gained.values()), _Left(one for one in new if id(one) not in gained)
    stricter, taken = _Left(one for one in old if id(one) not in lost), set()
    for before in lost.values():
        after = next((one for one in weaker.forms(before) if ensures(before, one)), None)
        after = after or _alike(before, fresh.forms(before)) or _key_among(new, before)
        for left in (fresh, weaker):
            left.remove(after)
        taken.add(id(after))
        yield before, after
    for after in (one for one in gained.values() if id(one) not in taken):
        before = next((one for one in stricter.forms(after) if ensures(after, one)), None)
        stricter.remove(before)
        yield before, after


def _alike(promise: Promise, others: Iterable[Promise]) -> Promise | None:
    """The one of the others, which may be another form of the promise, that is most alike, though neither ensures the other."""
    near = [other for other in others if promise.how != "repeated" or _about_key(promise, other)]
    return max(near, key=lambda other: (other.title == promise.title, other.place == promise.place), default=None)


def _key_among(new: list[Promise], before: Promise) -> Promise | None:
    """The new primary key, in place of an old one."""
    return next((one for one in new if one.sort == "key"), None) if before.sort == "key" else None


def _about_key(one: Promise, other: Promise) -> bool:
    return one.sort == "key" or one.title == other.title


def _change(
    before: Promise | None,
    after: Promise | None,
    lost: _Ones,
    names: Mapping[str, str],
    rank: str = "",
) -> Change:
    direction = "tightened" if id(before) not in lost else "replaced" if after and not ensures(before, after) else "loosened"
    promise = before or after
    columns = before.columns if before else _in_old(after.columns, names)
    if promise.sort == "key":
        return Change(f"key {direction}", promise.place, _key_sentence(before, after), columns)
    if promise.sort == "service":
        if before and after and promise.how == "rows":  # older rows were promised to be there, and to be gone
            direction = "replaced"
        direction = {"tightened": "improved", "loosened": "reduced"}.get(direction, direction)
    return Change(f"{rank or promise.sort} {direction}", promise.place, _sentence(before, after), columns)


def _in_old(columns: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names[column] for column in columns if column in names)


def _key_sentence(before: Promise | None, after: Promise | None) -> str:
    was, now = (f"({', '.join(key.columns)})" if key else "not stated" for key in (before, after))
    return f"the primary key was {was} and is {now}"


def _subject(promise: Promise) -> str:
    return promise.title if promise.title != promise.place else f"the promise that {promise.sentence}"


def _sentence(before: Promise | None, after: Promise | None) -> str:
    if not (before and after):
        return _one_sided(before or after, "now" if after else "no longer")
    if isinstance(before.what, Among) and isinstance(after.what, Among) and before.what.outside and after.what.outside:
        more, fewer = (
            sorted(map(after.what.written, part))
            for part in (after.what.listed - before.what.listed, before.what.listed - after.what.listed)
        )
        parts = [f"now allows {', '.join(more)}"] * bool(more) + [f"no longer allows {', '.join(fewer)}"] * bool(fewer)
        return f"{after.title} {' and '.join(parts)}"
    if before.what == after.what and before.percent == after.percent and before.title == after.title != after.place:
        return f"{after.title} passed what {before.bound} and now passes what {after.bound}"
    if before.title == after.title != after.place:
        return f"{after.title} measures something else"
    return f"it was promised that {before.sentence}; now it is promised that {after.sentence}"


def _one_sided(promise: Promise, when: str) -> str:
    if promise.check in ("required", "unique"):
        return f"{promise.place} is {when} {promise.check}"
    if promise.title != promise.place:
        return f"{promise.title} is {'new' if when == 'now' else 'gone'}"
    return f"it is {when} promised that {promise.sentence}"


def _set_aside_changes(old: list[Promise], new: list[Promise], names: Mapping[str, str]) -> Iterator[Change]:
    """The changes of how many rows that break a rule may be missing. A rule that only warns sets none aside.

    Rules are matched by what they judge: they are the same, equivalent, or about one part of the data with other limits.
    Of rows that no rule judged, none could be missing.
    """
    by_subject, near, forms = {(one.how, one.what): one for one in old}, Index(old), _Left(old)
    for now in new:
        before = by_subject.get((now.how, now.what))
        before = before or next((one for one in near.near(now) if ensures(one, now) and ensures(now, one)), None)
        before = before or _alike(now, forms.forms(now))
        asides = before.set_aside if before else None, now.set_aside
        tighter, looser = _allows_no_more(asides[1], asides[0]), _allows_no_more(asides[0], asides[1])
        if tighter and looser:
            continue
        sort = "service improved" if tighter else "service reduced" if looser else "service replaced"
        was, is_now = (" and ".join(map(str, aside or ["no row"])) for aside in asides)
        one, columns = before or now, before.columns if before else _in_old(now.columns, names)
        yield Change(sort, one.place, f"of {_subject(one)}, {was} could be set aside, and {is_now} can be", columns)


def _allows_no_more(one: tuple[SetAside, ...] | None, other: tuple[SetAside, ...] | None) -> bool:
    """Whether the first never lets more rows be set aside than the second: each of its limits is below one of the same kind."""
    if one is None or not all(part.limit for part in one):
        return True
    return bool(other) and all(any(own.percent == part.percent and own.limit <= part.limit for own in one) for part in other)


_WORDING = PROSE - {"customProperties"}


def wording_changes(
    place: str, old: list[dict[str, Any]], new: list[dict[str, Any]], columns: tuple[str, ...]
) -> Iterator[Change]:
    """The changes of the words of two `quality` lists, and of the rules in them that are documentation.

    Args:
        place: the column's name, or `the table`.
        columns: the column, as a tuple; empty for the table.
    """
    before, after = _by_name(old), _by_name(new)
    for name in (*before, *(name for name in after if name not in before)):
        one, other = before.get(name), after.get(name)
        title = f"the rule {name} of {place}"
        texts = [kind_of(rule) == "text" for rule in (one, other) if rule]
        if all(texts):
            title += ", which is documentation,"
        if one and other and any(one.get(key) != other.get(key) for key in _WORDING):
            yield Change("wording changed", place, f"{title} is worded differently", columns)
        elif texts == [True]:
            yield Change("wording changed", place, f"{title} is {'gone' if one else 'new'}", columns)


def _by_name(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules by id, else name, else metric; a second rule with the same name gets an apostrophe."""
    named: dict[str, dict[str, Any]] = {}
    for rule in rules:
        name = str(rule.get("id") or name_of(rule))
        while name in named:
            name += "'"
        named[name] = rule
    return named
