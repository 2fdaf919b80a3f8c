"""Objects that foreign code declares in the sandbox, passed on as plain data and built again by their own classes.

The code can send anything: what arrives is data of a hostile sender, whatever the sandbox's side of this module would send.
"""

import os
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from mesh_isolation.records import shaped
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import brief, brief_repr, described, visible
from mesh_isolation.tracebacks import trace_error

_HIDDEN = "While it is imported, code of a domain sees the files of its own domain, and no environment variable. "
_LONGEST_NAME, _LONGEST_SENTENCE = 100, 2_000


def import_foreign(name: str, root: Path, package: str, owner: str, passed: type[Exception]) -> ModuleType:
    """Imports a module of foreign code, in the sandbox.

    Args:
        name: the module.
        root: the repository.
        package: the folder of its package, as messages show it: relative to the repository.
        owner: what does not load if the module does not.
        passed: exceptions that are raised as they are.

    Raises UnreadableFile, which names the file and the line in the package, whatever else the module raises.
    """
    folder = f"{root / package}{os.sep}"
    try:
        return import_module(name)
    except passed:
        raise
    except BaseException as problem:
        trace_error(problem)
        steps = [(step.filename, step.lineno) for step in traceback.extract_tb(problem.__traceback__)]
        hidden = isinstance(problem, OSError) or isinstance(problem, KeyError) and steps[-1][0] in ("<frozen os>", os.__file__)
        steps += [(problem.filename or "", problem.lineno)] if isinstance(problem, SyntaxError) else []
        places = [f"{package}/{file[len(folder) :]}, line {line}, " for file, line in steps if file.startswith(folder)]
        reason = f"does not load: {places[-1] if places else ''}{described(problem)}"
        way_out = f"{_HIDDEN if hidden else ''}Correct it; --debug shows the traceback."
        raise UnreadableFile(owner, reason, way_out) from problem


def plain_fields(instance: Any, owner: str) -> dict[str, Any]:
    """The fields of an instance of a dataclass that differ from their defaults, as values that JSON can hold.

    Raises UnreadableFile, which names the owner and the field, for a value that is no text, number, list or mapping of these.
    """

    def plain(value: Any, name: str) -> Any:
        if value is None or isinstance(value, (str, int, float)):
            return value
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {key: plain(part, name) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(part, name) for part in value]
        reason = f"has a {type(value).__name__} in its field {name}"
        raise UnreadableFile(owner, reason, "Declare texts, numbers, and lists and mappings of these.")

    if not is_dataclass(instance):
        raise UnreadableFile(owner, "is no dataclass", "Declare a source whose class is one.")
    stated = {field.name: (getattr(instance, field.name), field.default) for field in fields(instance)}
    return {name: plain(value, name) for name, (value, default) in stated.items() if value is not default and value != default}


def built_from(kind: Any, stated: Mapping[str, Any]) -> Any:
    """An instance of a dataclass from its fields, as `plain_fields` gives them.

    Raises ValueError, which names the field, for one that is missing, unknown, or not of its declared type. Raises what the
    class raises.
    """
    if any(re.search("[\0\ud800-\udfff]", text) for text in _texts_in(stated)):
        raise ValueError("has a text with a null character or half a character")
    kinds, known = get_type_hints(kind), [field.name for field in fields(kind) if field.init]
    values = {}
    for name, value in stated.items():
        if name not in known:
            raise ValueError(f"has no field {name[:80]!r}")
        try:
            values[name] = shaped(value, kinds[name])
        except ValueError as problem:
            raise ValueError(f"has another {name} than declared: {problem}") from None
    needed = [field.name for field in fields(kind) if field.init and field.default is field.default_factory is MISSING]
    if missing := [name for name in needed if name not in values]:
        raise ValueError(f"has no {missing[0]}")
    return kind(**values)


def check_identifiers(*names: str) -> None:
    """Raises ValueError for a name that is no identifier. It may become the name of a file, a table or an asset."""
    for name in names:
        if not name.isidentifier() or len(name) > _LONGEST_NAME:
            raise ValueError(f"has the name {readable(name)!r}, which is no identifier of at most {_LONGEST_NAME} characters")


def shared_name(sources: Iterable[Any]) -> str | None:
    """The asset or table that two sources make, with both; None if all differ. Case makes no difference, as in DuckDB."""
    owners: dict[tuple[str, str], Any] = {}
    for source in sources:
        for kind, name in [*(("table", table) for table in source.tables), ("asset", source.asset_name)]:
            if other := owners.get((kind, name.lower())):
                return f"{kind} '{brief(name)}': {_called(other)} and {_called(source)}"
            owners[kind, name.lower()] = source
    return None


def _called(source: Any) -> str:
    stated = [getattr(source, part, None) for part in ("table", "file")]
    return f"{type(source).__name__}({', '.join(brief_repr(part) for part in stated if part)})"


def readable(text: object) -> str:
    """The text of a hostile sender as a part of a message: of a limited length, and with every character to be seen."""
    shown = visible(text)
    return shown if len(shown) <= _LONGEST_SENTENCE else f"{shown[:_LONGEST_SENTENCE]}…"


def _texts_in(value: Any) -> Iterator[str]:
    """Every text in a value of JSON, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield key
            yield from _texts_in(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts_in(part)
