"""The lines of the table of executed keys, and the matching of the keys of a contract to these lines."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PEOPLE = "for people"


class Use(StrEnum):
    """What the platform does with a key."""

    EXECUTED = "executed"
    DOCUMENTED = "documentation only"
    IGNORED = "not executed"


@dataclass(frozen=True)
class KeyUse:
    """One line of the table. The keys below a key that is not executed are not executed either."""

    path: str
    """From the top of the document: `schema[].properties[].unique`. The entries of a list may have names:
    `slaProperties[frequency].value`."""
    use: Use
    sentence: str
    """What executes it, or why it is not executed."""
    overruled_by: str = ""
    """The key beside it that makes this one documentation."""
    needs: str = ""
    """The key, beside it or in its entry, without which it is not executed."""
    only_words: Callable[[Mapping[str, Any], Mapping[str, Any]], str] | None = None
    """Called with the key's parent and grandparent: why it is documentation there; "" when it is executed."""

    def use_in(self, parent: Mapping[str, Any], around: Mapping[str, Any]) -> tuple[Use, str]:
        """Its use and the reason, in the mapping `parent`, which is in the mapping `around`."""
        if self.overruled_by and parent.get(self.overruled_by) is not None:
            return Use.DOCUMENTED, f"{self.overruled_by} overrules it"
        if self.needs and not parent.get(self.needs):
            return Use.IGNORED, f"it has no effect without {self.needs}"
        if self.only_words and (why := self.only_words(parent, around)):
            return Use.DOCUMENTED, why
        return self.use, self.sentence


def keys(use: Use, below: str, names: Mapping[str, str]) -> list[KeyUse]:
    """The lines of several keys below one path; `names` maps `"name other_name"` to a sentence."""
    return [KeyUse(f"{below}{name}", use, sentence) for group, sentence in names.items() for name in group.split()]


def own_property(below: str, name: str, sentence: str) -> list[KeyUse]:
    """The lines of `customProperties`, of which the platform executes the property `name`."""
    entry = f"{below}customProperties[{name}]"
    return [
        KeyUse(f"{below}customProperties", Use.EXECUTED, f"{name} is executed"),
        KeyUse(f"{below}customProperties[]", Use.DOCUMENTED, PEOPLE),
        KeyUse(entry, Use.EXECUTED, sentence),
        *keys(Use.EXECUTED, f"{entry}.", {"property value": sentence}),
        *keys(Use.DOCUMENTED, f"{entry}.", {"id description vendor": PEOPLE}),
    ]


# The keys by which the entries of a list are distinguished, most specific first.
_NAMED_BY = {"quality": ("metric", "rule", "type"), "slaProperties": ("property",), "customProperties": ("property",)}
_SAME = {
    "slaProperties": {"fy": "frequency", "ly": "latency", "freshness": "latency", "re": "retention"},
    "quality": {"duplicateCount": "duplicateValues", "validValues": "invalidValues"},
}
"""Synonyms, and the name that the table uses; a line with the synonym itself takes precedence."""


def labels(key: str, entry: Any) -> list[str]:
    """The names that the table may have for an entry of the list `key`, most specific first; "" matches any entry."""
    values = entry if isinstance(entry, Mapping) else {}
    names = [label for name in _NAMED_BY.get(key, ()) if isinstance(label := values.get(name), str)]
    if key == "slaProperties":
        names = [label.lower() for label in names]
    if key == "quality" and not values.get("type"):
        names.append("library")  # the default type
    known = [(label, _SAME.get(key, {}).get(label, label)) for label in names]
    return [*dict.fromkeys(word for words in known for word in words), ""]


_PART = re.compile(r"^(schema\[\]\.properties\[\])(?:\.items|\.properties\[\]|\.map\.key|\.map\.value)+\.")


def unnamed(path: str) -> str:
    """The path without the names of the entries of lists: `slaProperties[].value`."""
    return re.sub(r"\[[^]]*\]", "[]", path)


def of_part(path: str) -> str:
    """The path with `items` for every part of a column, at any depth: the table treats all parts alike."""
    return _PART.sub(r"\1.items.", path)
