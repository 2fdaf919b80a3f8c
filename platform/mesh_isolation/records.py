"""Documents in JSON that the platform keeps for itself, read as what they should be.

A disk, a person or an interrupted process may have changed them: such a file can be anything, a pipe as well. Whoever reads a
cache goes on without it; whoever reads anything else names the file.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mesh_isolation.team_files import UnreadableFile, read_team_text
from mesh_isolation.text import whole_number

LARGEST_RECORD = 100_000_000
"""The most bytes of such a file."""
_AT_ANY_PLACE = Path("/")
_WAY_OUT = "Restore it from a backup, or remove it."


def read_own_text(path: Path) -> str:
    """The text of a file that the platform keeps for itself; a link may lead anywhere. Raises UnreadableFile."""
    return read_team_text(path, _AT_ANY_PLACE, LARGEST_RECORD)


def text_or_none(path: Path) -> str | None:
    """The text of such a file; None if it cannot be read, whatever the reason."""
    with suppress(UnreadableFile):
        return read_own_text(path)
    return None


def who_holds(holder: Path) -> str:
    """The process in the file of a lock, for a message."""
    number = whole_number(text_or_none(holder))
    return "another process" if number is None else f"process {number}"


def read_record(path: Path, kind: Any, way_out: str = _WAY_OUT) -> Any:
    """The document in a file, as `shaped` returns it. Raises UnreadableFile with the way out if it is no such document."""
    try:
        return shaped(parse_json(read_own_text(path)), kind)
    except ValueError as problem:
        raise UnreadableFile(path, f"is damaged: {problem}", way_out) from None
    except UnreadableFile as problem:
        problem.way_out = way_out
        raise


def read_cache(path: Path, kind: Any) -> Any | None:
    """The document of a cache; None if there is none, or if it cannot be read as one, whatever the reason."""
    with suppress(UnreadableFile):
        return read_record(path, kind)
    return None


def parse_json(text: str) -> Any:
    """The document that a text writes. Raises ValueError, also for one that is nested too deeply to be read."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise ValueError(f"it is not JSON: {problem}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def shaped(value: Any, kind: Any) -> Any:
    """A document as a value of a type: a dataclass from its fields, a tuple from a list, a time from its text.

    Args:
        value: what `parse_json` returns.
        kind: the type: `Any`, a type of JSON, a union, a list, tuple or mapping of types, a time, a dataclass, or a named
            tuple, which is written as a list, or as a text for its method `parse`.

    Raises ValueError for a value of another type, for a field that is missing, and for one that the dataclass does not have.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any or kind in (str, int, float, bool, NoneType) and type(value) is kind:
        return value
    if origin in (Union, UnionType):
        for part in parts:
            with suppress(ValueError):
                return shaped(value, part)
    elif origin in (list, Sequence) and isinstance(value, list):
        return [shaped(part, parts[0]) for part in value]
    elif origin is tuple and isinstance(value, list) and (parts[-1] is ... or len(parts) == len(value)):
        return tuple(shaped(part, parts[0] if parts[-1] is ... else parts[at]) for at, part in enumerate(value))
    elif origin in (dict, Mapping) and isinstance(value, dict):
        return {shaped(name, parts[0]): shaped(part, parts[1]) for name, part in value.items()}
    elif kind is datetime and isinstance(value, str):
        if (moment := datetime.fromisoformat(value)).tzinfo:
            return moment
    elif is_dataclass(kind) and isinstance(value, dict):
        return _built(kind, value)
    elif hasattr(kind, "_fields"):
        return _named(kind, value)
    raise ValueError(f"it has a value of the type {type(value).__name__} where {_name_of(kind)} belongs")


def _built(kind: Any, value: Mapping[str, Any]) -> Any:
    kinds = _kinds_of(kind)
    if unknown := sorted(value.keys() - kinds.keys()):
        raise ValueError(f"it has the unknown key {unknown[0]!r}")
    try:
        return kind(**{name: shaped(part, kinds[name]) for name, part in value.items()})
    except TypeError:
        raise ValueError(f"it lacks a key of {_name_of(kind)}") from None


def _named(kind: Any, value: Any) -> Any:
    if isinstance(value, str) and hasattr(kind, "parse"):
        try:
            return kind.parse(value)
        except Exception as problem:
            raise ValueError(str(problem)) from None
    if not isinstance(value, list) or len(value) != len(kind._fields):
        raise ValueError(f"it has {type(value).__name__} where {_name_of(kind)} belongs")
    return kind(*(shaped(part, part_kind) for part, part_kind in zip(value, _kinds_of(kind).values())))


@cache
def _kinds_of(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _name_of(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)
