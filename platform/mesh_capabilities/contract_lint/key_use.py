"""How a table says what becomes of each key of a document: executed, documentation only, or not executed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PEOPLE = "for people"


class Use(StrEnum):
    """What becomes of a key."""

    EXECUTED = "executed"
    DOCUMENTED = "documentation only"
    IGNORED = "not executed"


@dataclass(frozen=True)
class Key:
    """One line of the table. What stands below a key that is not executed shares its fate."""

    path: str
    """From the top of the document: `schema[].properties[].unique`; a list of different things names the thing:
    `slaProperties[frequency].value`."""
    use: Use
    says: str
    """What executes it, or why nothing does."""
    overruled_by: str = ""
    """The key beside it in whose presence this one is documentation."""
    needs: str = ""
    """The key without which this one is not executed: beside a key, in an entry of a list."""
    only_words: Callable[[Mapping[str, Any], Mapping[str, Any]], str] | None = None
    """From what the key stands in, and what that stands in, to why it is documentation there; "" where it is not."""

    def use_in(self, parent: Mapping[str, Any], around: Mapping[str, Any]) -> tuple[Use, str]:
        """What becomes of it beside the other keys of `parent`, which stands in `around`; with the reason."""
        if self.overruled_by and parent.get(self.overruled_by) is not None:
            return Use.DOCUMENTED, f"{self.overruled_by} beside it decides"
        if self.needs and not parent.get(self.needs):
            return Use.IGNORED, f"without {self.needs} it means nothing"
        if self.only_words and (why := self.only_words(parent, around)):
            return Use.DOCUMENTED, why
        return self.use, self.says


def keys(use: Use, below: str, said: Mapping[str, str]) -> list[Key]:
    """The lines of several keys below one path; `said` is `"name other_name" → sentence`."""
    return [Key(f"{below}{name}", use, says) for names, says in said.items() for name in names.split()]


def own_property(below: str, name: str, says: str) -> list[Key]:
    """The lines of `customProperties` of which the platform executes the one called `name`."""
    entry = f"{below}customProperties[{name}]"
    return [
        Key(f"{below}customProperties", Use.EXECUTED, f"{name} is executed"),
        Key(f"{below}customProperties[]", Use.DOCUMENTED, PEOPLE),
        Key(entry, Use.EXECUTED, says),
        *keys(Use.EXECUTED, f"{entry}.", {"property value": says}),
        *keys(Use.DOCUMENTED, f"{entry}.", {"id description vendor": PEOPLE}),
    ]


# What tells the entries of a list apart, most telling first.
_TOLD_APART = {"quality": ("metric", "rule", "type"), "slaProperties": ("property",), "customProperties": ("property",)}
_SAME = {
    "slaProperties": {"fy": "frequency", "ly": "latency", "freshness": "latency", "re": "retention"},
    "quality": {"duplicateCount": "duplicateValues", "validValues": "invalidValues"},
}
"""Other words for one thing, and the one that the table knows; a line for the other word comes first."""


def labels(key: str, entry: Any) -> list[str]:
    """The names under which the table may know an entry of the list `key`, most telling first; the last knows any."""
    said = entry if isinstance(entry, Mapping) else {}
    told = [label for name in _TOLD_APART.get(key, ()) if isinstance(label := said.get(name), str)]
    if key == "slaProperties":
        told = [label.lower() for label in told]
    if key == "quality" and not said.get("type"):
        told.append("library")  # what a rule without a type is
    known = [(label, _SAME.get(key, {}).get(label, label)) for label in told]
    return [*dict.fromkeys(word for words in known for word in words), ""]


_PART = re.compile(r"^(schema\[\]\.properties\[\])(?:\.items|\.properties\[\]|\.map\.key|\.map\.value)+\.")


def of_part(path: str) -> str:
    """The path with one word, `items`, for every part of a column, however deep it lies: the table treats them all alike."""
    return _PART.sub(r"\1.items.", path)
