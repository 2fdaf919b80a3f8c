"""The corpus of changes: each pair of contracts made from the one base, with the verdicts that stand beside it.

Needs nothing but PyYAML, so that the peer's environment can read it too.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("pairs.yaml")

_KEYS = ("name", "id", "property", "role", "server", "channel")


@dataclass(frozen=True)
class Pair:
    """An old and a new contract, and what is to be said of them."""

    says: str
    old: dict[str, Any]
    new: dict[str, Any]
    changes: list[str]
    bump: str
    peer: dict[str, str]


def pairs() -> Iterator[Pair]:
    said = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for pair in said["pairs"]:
        old = edited(said["base"], pair.get("old", ()))
        yield Pair(pair["says"], old, edited(old, pair["edit"]), pair["changes"], pair["bump"], pair.get("peer", {}))


def edited(document: dict[str, Any], edits: list[dict[str, Any]]) -> dict[str, Any]:
    """A copy of the document with the edits made one after the other."""
    made = copy.deepcopy(document)
    for edit in edits:
        path = (edit.get("set") or edit.get("drop") or edit.get("add") or edit["move"]).split(".")
        if "add" in edit:
            _at(made, path).append(copy.deepcopy(edit["item"]))
            continue
        holder, key = _at(made, path[:-1]), path[-1]
        place = _index(holder, key) if isinstance(holder, list) else key
        if "set" in edit:
            holder[place] = copy.deepcopy(edit["to"])
        elif "drop" in edit:
            del holder[place]
        else:
            holder.insert(edit["to"], holder.pop(place))
    return made


def _at(document: Any, path: list[str]) -> Any:
    for part in path:
        match part:
            case "table":
                document = document["schema"][0]
            case "columns":
                document = document["schema"][0]["properties"]
            case "quality" if "schema" in document:
                document = document["schema"][0]["quality"]
            case _:
                document = document[_index(document, part) if isinstance(document, list) else part]
    return document


def _index(entries: list[dict[str, Any]], name: str) -> int:
    if name.isdigit():
        return int(name)
    return next(at for at, entry in enumerate(entries) if name in [entry.get(key) for key in _KEYS])
