"""The sorts of contract changes: for each, the required version bump and the effect on consumers and producer."""

from dataclasses import dataclass
from enum import IntEnum


class Bump(IntEnum):
    """The part of a version number that has to increase: https://semver.org."""

    none = 0
    patch = 1
    minor = 2
    major = 3


@dataclass(frozen=True)
class Sort:
    """One sort of change."""

    kind: str
    """removed, added, renamed, narrowed, widened, tightened, loosened, meaning or wording."""
    bump: Bump
    consumer: str
    """The effect on consumers."""
    producer: str
    """The effect on the producer."""


_NOTHING = "not affected"
_MORE = "must guarantee more"
_LESS = "may guarantee less"

SORTS: dict[str, Sort] = {
    # columns
    "table removed": Sort("removed", Bump.major, "queries on it fail", _LESS),
    "table added": Sort("added", Bump.minor, "can read more", _MORE),
    "column removed": Sort("removed", Bump.major, "queries that name it fail", _LESS),
    "column added": Sort("added", Bump.minor, "can read more", _MORE),
    "column renamed": Sort("renamed", Bump.major, "queries that use the old name fail", "must deliver the new name"),
    "columns reordered": Sort("meaning", Bump.patch, "not affected when it reads by name", "must deliver the new order"),
    # types
    "type widened": Sort("widened", Bump.minor, "reads all old values; a cast to the old type may overflow", _LESS),
    "type narrowed": Sort("narrowed", Bump.major, "a strict reader refuses the type", "old values may not fit"),
    "type replaced": Sort("narrowed", Bump.major, "comparisons, joins and casts fail or change meaning", "must convert"),
    "type loosened": Sort("loosened", Bump.major, "may read another type: comparisons, joins and casts can fail", _LESS),
    "type tightened": Sort("tightened", Bump.minor, _NOTHING, "must deliver the stated type"),
    "logical type changed": Sort("meaning", Bump.major, "the same values mean something else", "must deliver the new meaning"),
    # rules that block
    "rule tightened": Sort("tightened", Bump.minor, _NOTHING, _MORE),
    "rule loosened": Sort("loosened", Bump.major, "may read values that were excluded before", _LESS),
    "rule replaced": Sort("meaning", Bump.major, "may read values that were excluded before", "must guarantee another rule"),
    "key tightened": Sort("tightened", Bump.minor, _NOTHING, _MORE),
    "key loosened": Sort("loosened", Bump.major, "joins on the key may multiply rows", _LESS),
    "key replaced": Sort("meaning", Bump.major, "joins on the old key may multiply rows", "must guarantee another key"),
    # rules that warn
    "warning tightened": Sort("tightened", Bump.minor, _NOTHING, "may get more warnings"),
    "warning loosened": Sort("loosened", Bump.minor, "may see fewer warnings", "may get fewer warnings"),
    "warning replaced": Sort("meaning", Bump.minor, "sees another warning", "gets another warning"),
    # meaning
    "unit changed": Sort("meaning", Bump.major, "the same number means something else", "must convert"),
    "grain changed": Sort("meaning", Bump.major, "counts and sums mean something else", "must deliver other rows"),
    "partition changed": Sort("meaning", Bump.major, "may find other rows, and other days to read", "must build other days"),
    "purpose changed": Sort("meaning", Bump.major, "may not use the data as before", "must process it as stated"),
    "time zone changed": Sort("meaning", Bump.major, "the same time is another instant", "must convert"),
    "format changed": Sort("meaning", Bump.major, "parsing fails or changes meaning", "must write the new format"),
    "classification raised": Sort("meaning", Bump.major, "may have to protect its copies", "must protect it"),
    "classification lowered": Sort("meaning", Bump.minor, _NOTHING, _LESS),
    "derivation changed": Sort("meaning", Bump.minor, "should check that the meaning is the same", "computes it differently"),
    # service
    "service improved": Sort("tightened", Bump.minor, _NOTHING, _MORE),
    "service reduced": Sort("loosened", Bump.major, "waits longer, or finds less data", _LESS),
    "service replaced": Sort("meaning", Bump.major, "cannot rely on the old level", "must guarantee another level"),
    # lifecycle
    "deprecated": Sort("meaning", Bump.minor, "must migrate before the end", "serves it until the stated end"),
    "deprecation withdrawn": Sort("meaning", Bump.minor, "need not migrate", "serves it without an end"),
    "end postponed": Sort("loosened", Bump.minor, "has more time to migrate", "serves it longer"),
    "end brought forward": Sort("tightened", Bump.major, "has less time to migrate than announced", "serves it less long"),
    "promise withdrawn": Sort("removed", Bump.major, "cannot rely on it any more", _LESS),
    "promise given": Sort("added", Bump.minor, "can rely on it", _MORE),
    # access
    "access widened": Sort("loosened", Bump.minor, "has one more way to get access", "must grant it"),
    "access narrowed": Sort("tightened", Bump.major, "may lose access", "must revoke it"),
    "place added": Sort("added", Bump.minor, "can also read it there", "must also serve it there"),
    "place changed": Sort("meaning", Bump.major, "finds nothing at the old place", "must serve it at the new place"),
    "price changed": Sort("meaning", Bump.major, "pays another price", "charges another price"),
    # identity and labels
    "identity changed": Sort("meaning", Bump.major, "declares a contract that no longer exists", "publishes under another id"),
    "ownership changed": Sort("meaning", Bump.patch, "has another contact", "another team is responsible"),
    "layout changed": Sort("meaning", Bump.patch, _NOTHING, "must write another layout"),
    "label changed": Sort("meaning", Bump.patch, _NOTHING, _NOTHING),
    "wording changed": Sort("wording", Bump.none, _NOTHING, _NOTHING),
    "unknown changed": Sort("meaning", Bump.major, "the effect is not known", "the effect is not known"),
}
"""Every sort of change, by its name. The table in docs/contracts/change.md shows this one."""


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a contract."""

    sort: str
    """A key of SORTS."""
    place: str
    """What changed: `status`, `the table`, `slaProperties frequency`."""
    sentence: str
    columns: tuple[str, ...] = ()
    """The affected columns, by their old names; none means the whole table."""

    @property
    def kind(self) -> str:
        return SORTS[self.sort].kind

    @property
    def bump(self) -> Bump:
        return SORTS[self.sort].bump

    @property
    def harder(self) -> bool:
        """Whether data that could be published before may be refused now."""
        stricter = self.kind in ("added", "renamed", "tightened", "narrowed") or (self.kind, self.bump) == (
            "meaning",
            Bump.major,
        )
        return stricter and not self.sort.startswith("warning")

    @property
    def consumer(self) -> str:
        return SORTS[self.sort].consumer

    @property
    def producer(self) -> str:
        return SORTS[self.sort].producer
