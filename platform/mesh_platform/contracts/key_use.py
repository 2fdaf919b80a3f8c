"""How a table says what becomes of each key of a document: executed, documentation only, or not executed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
    """The key beside it without which this one is not executed."""

    def use_in(self, parent: Mapping[str, Any]) -> tuple[Use, str]:
        """What becomes of it beside the other keys of `parent`, with the reason."""
        if self.overruled_by and parent.get(self.overruled_by) is not None:
            return Use.DOCUMENTED, f"{self.overruled_by} beside it decides"
        if self.needs and not parent.get(self.needs):
            return Use.IGNORED, f"without {self.needs} it means nothing"
        return self.use, self.says


# What tells the entries of a list apart, most telling first.
_TOLD_APART = {"quality": ("metric", "rule", "type"), "slaProperties": ("property",)}


def labels(key: str, entry: Any) -> list[str]:
    """The names under which the table may know an entry of the list `key`, most telling first; the last knows any."""
    said = entry if isinstance(entry, Mapping) else {}
    told = [said.get(name) for name in _TOLD_APART.get(key, ())]
    if key == "quality" and not said.get("type"):
        told.append("library")  # what a rule without a type is
    return [*(label for label in told if isinstance(label, str)), ""]
