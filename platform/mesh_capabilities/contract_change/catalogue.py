"""Every sort of change that a contract can undergo: its kind, what it does to either side, and the version bump it asks for."""

from dataclasses import dataclass
from enum import IntEnum


class Bump(IntEnum):
    """The part of a version number that has to grow, as https://semver.org names them."""

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
    """What it does to those who read the port."""
    producer: str
    """What it does to those who publish it."""


_READS_ON = "reads on as before"
_FREE = "nothing to do"
_HOLD = "has to hold more than before"
_LESS = "has less to hold"

CATALOGUE: dict[str, Sort] = {
    # columns
    "table removed": Sort("removed", Bump.major, "whatever reads it fails", _LESS),
    "table added": Sort("added", Bump.minor, "has more to read", _HOLD),
    "column removed": Sort("removed", Bump.major, "whatever names it fails", _LESS),
    "column added": Sort("added", Bump.minor, "has more to read", _HOLD),
    "column renamed": Sort("renamed", Bump.major, "whatever uses the old name fails", "has to deliver the new name"),
    "columns reordered": Sort("meaning", Bump.patch, "reads on, by name", "has to deliver the new order"),
    # types
    "type widened": Sort("widened", Bump.minor, "reads every old value as before; a cast to the old type may overflow", _LESS),
    "type narrowed": Sort("narrowed", Bump.major, "a strict reader refuses the type", "old values may not fit"),
    "type replaced": Sort("narrowed", Bump.major, "comparisons, joins and casts fail or mean something else", "has to convert"),
    "logical type changed": Sort("meaning", Bump.major, "reads the same values as something else", "means something else"),
    # what every row keeps
    "rule tightened": Sort("tightened", Bump.minor, _READS_ON, _HOLD),
    "rule loosened": Sort("loosened", Bump.major, "may meet values that it never met", _LESS),
    "rule replaced": Sort("meaning", Bump.major, "may meet values that it never met", "has to hold another rule"),
    "key tightened": Sort("tightened", Bump.minor, _READS_ON, _HOLD),
    "key loosened": Sort("loosened", Bump.major, "joins on the key may multiply rows", _LESS),
    "key replaced": Sort("meaning", Bump.major, "joins on the old key may multiply rows", "has to hold another key"),
    # rules that warn
    "warning tightened": Sort("tightened", Bump.minor, _READS_ON, "may be warned more often"),
    "warning loosened": Sort("loosened", Bump.minor, "is told of less", "is warned of less"),
    "warning replaced": Sort("meaning", Bump.minor, "is told of something else", "is warned of something else"),
    # meaning
    "unit changed": Sort("meaning", Bump.major, "the same figure says something else", "has to convert"),
    "grain changed": Sort("meaning", Bump.major, "counts and sums say something else", "has to deliver other rows"),
    "time zone changed": Sort("meaning", Bump.major, "the same time is another moment", "has to convert"),
    "format changed": Sort("meaning", Bump.major, "texts read otherwise", "has to write otherwise"),
    "classification raised": Sort("meaning", Bump.major, "may have to protect what it holds", "has to protect it"),
    "classification lowered": Sort("meaning", Bump.minor, _READS_ON, _LESS),
    "derivation changed": Sort("meaning", Bump.minor, "should check that it still means the same", "makes it otherwise"),
    # service
    "service improved": Sort("tightened", Bump.minor, _READS_ON, _HOLD),
    "service reduced": Sort("loosened", Bump.major, "waits longer, or finds less", _LESS),
    "service replaced": Sort("meaning", Bump.major, "cannot rely on what was said", "has to hold something else"),
    # life
    "deprecated": Sort("meaning", Bump.minor, "has to move on in time", "keeps it until the end it states"),
    "deprecation withdrawn": Sort("meaning", Bump.minor, "may stay", "keeps it"),
    "end postponed": Sort("loosened", Bump.minor, "has more time", "keeps it longer"),
    "end brought forward": Sort("tightened", Bump.major, "has less time than it was told", "keeps it for less long"),
    "promise withdrawn": Sort("removed", Bump.major, "has no promise any more", _LESS),
    "promise given": Sort("added", Bump.minor, "can rely on it", _HOLD),
    # access
    "access widened": Sort("loosened", Bump.minor, "can be let in by one more way", "has to grant it"),
    "access narrowed": Sort("tightened", Bump.major, "may be shut out", "has to withdraw it"),
    "place added": Sort("added", Bump.minor, "can read it there too", "has to serve it there"),
    "place changed": Sort("meaning", Bump.major, "finds nothing where it reads", "has to serve it elsewhere"),
    "price changed": Sort("meaning", Bump.major, "pays otherwise", "charges otherwise"),
    # who and how
    "identity changed": Sort("meaning", Bump.major, "declares a contract that is gone", "promises under another id"),
    "ownership changed": Sort("meaning", Bump.patch, "asks somebody else", "answers for it, or no longer does"),
    "layout changed": Sort("meaning", Bump.patch, _READS_ON, "has to write it otherwise"),
    "label changed": Sort("meaning", Bump.patch, _READS_ON, _FREE),
    "wording changed": Sort("wording", Bump.none, _READS_ON, _FREE),
    "unknown changed": Sort("meaning", Bump.major, "nobody can say what it means for it", "nobody can say what it asks for"),
}
"""By the name of the sort. The table in docs/contracts/change.md is made of this one."""


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a contract."""

    sort: str
    """A key of CATALOGUE."""
    place: str
    """Where it stands, as people say it: `status`, `the table`, `slaProperties frequency`."""
    sentence: str
    columns: tuple[str, ...] = ()
    """The columns, by their old names, whose readers are concerned; none means the table as a whole."""

    @property
    def kind(self) -> str:
        return CATALOGUE[self.sort].kind

    @property
    def bump(self) -> Bump:
        return CATALOGUE[self.sort].bump

    @property
    def harder(self) -> bool:
        """Whether data that were good enough to publish may be so no longer."""
        stricter = self.kind in ("added", "renamed", "tightened", "narrowed") or (self.kind, self.bump) == (
            "meaning",
            Bump.major,
        )
        return stricter and not self.sort.startswith("warning")

    @property
    def consumer(self) -> str:
        return CATALOGUE[self.sort].consumer

    @property
    def producer(self) -> str:
        return CATALOGUE[self.sort].producer
