"""Names that are near to those that a program reads from a place where any name is allowed.

A list of properties, or a folder of files, accepts every name, so one that is misspelt is ignored in silence. Two names are
near if they differ in case, punctuation or plural only, or in one letter; in two, if both have eight letters or more. An
exchange of neighbouring letters counts as one. That is stricter than `difflib`, which takes `predecessor` for `successor`:
what is near is refused here, and other names stay the writer's own.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.text import visible

_SHORTEST, _LONG = 3, 8
"""The letters of names of which one letter may differ, and of those of which two may."""


def near(name: str, known: Iterable[str]) -> list[str]:
    """The `known` names to which `name` is near, without itself."""
    return sorted(other for other in {*known} - {name} if any(map(_alike, _forms(name), _forms(other))))


def did_you_mean(names: Iterable[str]) -> str:
    """The way out of a name that is near to these."""
    return f"Did you mean {' or '.join(names)}?"


def _forms(name: str) -> tuple[str, str]:
    """The name without case and punctuation, as it is and in the singular."""
    text = "".join(filter(str.isalnum, name.casefold()))
    one = text.removesuffix("s")
    return text, f"{one[:-2]}y" if one.endswith("ie") else one


def _alike(one: str, other: str) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    most = 0 if longer < _SHORTEST else 1 if shorter < _LONG else 2
    return one == other or (longer - shorter <= most and _distance(one, other) <= most)


def _distance(one: str, other: str) -> int:
    """The number of letters to add, remove, replace, or exchange with the next one."""
    before, above = list[int](), list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, second in enumerate(other, 1):
            changes = [above[column] + 1, line[-1] + 1, above[column - 1] + (letter != second)]
            if row > 1 < column and (letter, second) == (other[column - 2], one[row - 2]):
                changes.append(before[column - 2] + 1)
            line.append(min(changes))
        before, above = above, line
    return above[-1]


def listed_properties(document: Any, key: str) -> Iterator[tuple[KeyPath, str]]:
    """The place and the `property` of each entry of the lists with this key, at any depth.

    Args:
        document: a document of YAML, whose depth is limited.
        key: the key of the lists.
    """
    steps = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for step, part in steps:
        for number, entry in enumerate(part if step == key and isinstance(part, list) else ()):
            if isinstance(entry, dict) and isinstance(name := entry.get("property"), str):
                yield (step, number), name
        for place, name in listed_properties(part, key):
            yield (step, *place), name


def misspelt_entries(
    document: Any, key: str, known: Collection[str], read_as: Callable[[str], str] = str
) -> Iterator[tuple[KeyPath, str, list[str]]]:
    """Those of the `listed_properties` that are near to a known one.

    Args:
        known: the properties that are read.
        read_as: the spelling in which a property is compared with them.

    Yields the place of each entry, its property, and the known ones to which it is near.
    """
    for place, name in listed_properties(document, key):
        if not {name, read_as(name)} & {*known} and (similar := near(name, known)):
            yield place, name, similar


def unread_files(folder: Path, file: str, folders: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str]]:
    """The files and folders of a folder that are not read, although their names are near to what is read there.

    Args:
        folder: it, which need not exist.
        file: the one file that is read in it.
        folders: the folders that are read in it, each with the endings of the files that are read there. The name of a folder
            without endings matters only while it is missing.

    Yields the path of each, from the folder, and the way out.
    """
    missing = {name for name, endings in folders.items() if endings or not _is_folder(folder / name)}
    owners = {ending: name for name, endings in folders.items() for ending in endings if ending.count(".") > 1}
    for entry in _entries(folder):
        name = entry.name
        if _is_folder(entry):
            if name not in folders and (similar := near(name, missing)):
                yield f"{visible(name)}/", did_you_mean(f"{other}/" for other in similar)
        elif name in missing:
            yield name, "A folder of this name is read."
        elif similar := near(name, [file]):
            yield visible(name), did_you_mean(similar)
        elif ending := _ending(name, owners):
            yield visible(name), f"Such files are read in {owners[ending]}/, with the ending {ending}."
        elif similar := [of for of in missing if _ending(name, folders[of], 1) and _forms(of)[1] == _forms(Path(name).stem)[1]]:
            yield visible(name), f"Files of this kind are read in the folder {similar[0]}/."
    for below, endings in folders.items():
        for entry in _entries(folder / below) if endings else ():
            name = entry.name
            if _is_folder(entry):
                if any(_ending(inner.name, endings) and not _is_folder(inner) for inner in _entries(entry)):
                    yield f"{below}/{visible(name)}/", f"The files of {below}/ itself are read, and none of folders in it."
            elif way_out := _misspelt(name, endings):
                yield f"{below}/{visible(name)}", way_out


def _ending(name: str, endings: Iterable[str], dots: int = 0) -> str | None:
    """The ending that the file has, or to which its own is near; with `dots`, only so many parts are compared."""
    for alike in (str.__eq__, lambda own, of: near(own, [of])):
        for ending in endings:
            number = dots or ending.count(".")
            own, of = (".".join(text.split(".")[-number:]).casefold().replace("yml", "yaml") for text in (name, ending))
            if name.count(".") >= number and alike(own, of):
                return ending
    return None


def misspelt_endings(folder: Path, endings: Collection[str]) -> Iterator[tuple[str, str]]:
    """The files below a folder whose ending is near to one of those that are read there, in any case of letters.

    Yields the path of each, from the folder, and the way out.
    """
    for path in _entries(folder):
        if _is_folder(path):
            yield from ((f"{visible(path.name)}/{file}", way_out) for file, way_out in misspelt_endings(path, endings))
        elif way_out := _misspelt(path.name.casefold(), endings):
            yield visible(path.name), way_out


def _misspelt(name: str, endings: Collection[str]) -> str | None:
    """The way out of a file whose ending is near to one of these; None if it has one of them, or none that is near."""
    if name.endswith(tuple(endings)) or not _ending(name, endings, 1):
        return None
    return f"The files that are read there end in {_ending(name, endings) or ' or '.join(endings)}."


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - `Path.is_dir` raises an error below a folder that may not be read


def _entries(folder: Path) -> list[Path]:
    """What people put into a folder: no hidden files and no copies of an editor. Nothing of a folder that cannot be read."""
    try:
        names = sorted(folder.iterdir()) if _is_folder(folder) else []
    except OSError:
        return []  # whoever reads its files says why
    return [path for path in names if not path.name.startswith((".", "#")) and not path.name.endswith("~")]
