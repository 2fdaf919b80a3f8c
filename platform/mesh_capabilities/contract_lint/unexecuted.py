"""Walking a contract key by key, to find what it says and the platform does not execute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh_capabilities.contract_lint.executed import BY_PATH
from mesh_capabilities.contract_lint.key_use import Use, labels, of_part
from mesh_platform.yaml_files import Place

_UNKNOWN = "the platform does not know this key"


@dataclass(frozen=True)
class Unexecuted:
    """One key of a document that is not executed."""

    place: Place
    path: str
    """The key as the table of executed keys spells it."""
    use: Use
    says: str


def unexecuted(document: Mapping[str, Any]) -> Iterator[Unexecuted]:
    """Every key of `document` that is not executed, in the order of the file; what stands below one is not repeated."""
    return _below(_with_elements(document), (), [""], {})


def _below(said: Mapping[str, Any], place: Place, paths: list[str], around: Mapping[str, Any]) -> Iterator[Unexecuted]:
    """`paths` are the spellings under which the table may know what is below, most telling first."""
    for key, value in said.items():
        spelled = [of_part(f"{path}{key}") for path in paths]
        known = next((BY_PATH[path] for path in spelled if path in BY_PATH), None)
        use, says = known.use_in(said, around) if known else (Use.IGNORED, _UNKNOWN)
        if use != Use.EXECUTED:
            yield Unexecuted((*place, key), known.path if known else spelled[-1], use, says)
        elif isinstance(value, Mapping):
            yield from _below(value, (*place, key), [f"{path}." for path in spelled], said)
        elif isinstance(value, list):
            yield from _entries(key, value, (*place, key), spelled, said)


def _entries(key: str, entries: list[Any], place: Place, paths: list[str], around: Mapping[str, Any]) -> Iterator[Unexecuted]:
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            continue  # plain values belong to the key that holds them
        spelled = [f"{path}[{label}]" for label in labels(key, entry) for path in paths]
        known = next((BY_PATH[path] for path in spelled if path in BY_PATH), None)
        use, says = known.use_in(entry, around) if known else (Use.EXECUTED, "")
        if known and use != Use.EXECUTED:
            yield Unexecuted((*place, number), known.path, use, says)
        else:
            yield from _below(entry, (*place, number), [f"{path}." for path in spelled], around)


def _with_elements(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with the default element in each service level that names none."""
    element, levels = document.get("slaDefaultElement"), document.get("slaProperties")
    if not element or not isinstance(levels, list):
        return document
    named = [{"element": element, **level} if isinstance(level, Mapping) else level for level in levels]
    return {**document, "slaProperties": named}
