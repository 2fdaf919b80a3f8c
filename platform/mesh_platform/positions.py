"""A contract's file as its author sees it: what it says, and at which line it says it.

YAML marks: https://pyyaml.org/wiki/PyYAMLDocumentation, `Loader.compose`
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mesh_platform.yaml_files import PlainLoader, too_deep

Place = tuple[str | int, ...]
"""Where something stands in a document: the keys and list positions from its top, `("schema", 0, "name")`."""


@dataclass(frozen=True)
class Fault:
    """What keeps a file from being read as one plain mapping."""

    line: int
    found: str


@dataclass(frozen=True)
class Positioned:
    """What a file says, with the line of every key and every list item."""

    document: dict[str, Any]
    lines: Mapping[Place, int]
    faults: tuple[Fault, ...] = field(default=())

    def line(self, place: Place) -> int:
        """The line at which `place` stands; if the document has no such place, of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_positions(path: Path) -> Positioned:
    """The document in the YAML file `path`, and everything that is wrong with it as YAML.

    With faults the document may be empty or hold less than the file. Raises OSError when the file cannot be opened.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        return _broken(line, f"the byte {content[problem.start]:#04x} is not UTF-8; save the file in UTF-8")
    return read_text(text)


def read_text(text: str) -> Positioned:
    """The document in a YAML text, as `read_positions` gives it."""
    loader = None
    try:
        if line := too_deep(text):
            return _broken(line, "it is nested too deeply to be a contract")
        loader = PlainLoader(text)
        node = loader.get_single_node()
        if node is None:
            return _broken(1, "the file is empty")
        if not isinstance(node, yaml.MappingNode):
            return _broken(_line(node), "the file is no mapping; write it as key: value lines")
        lines: dict[Place, int] = {(): _line(node)}
        faults = tuple(_walk(node, (), lines, set()))
        return Positioned({} if faults else loader.construct_document(node), lines, faults)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        said = " ".join(f"{problem.context or ''} {problem.problem or ''}".split())
        return _broken(mark.line + 1 if mark else 1, _said(text, mark.line if mark else 0, said))
    except yaml.YAMLError as problem:
        return _broken(_line_of_character(text, problem), f"it is not YAML: {' '.join(str(problem).split())}")
    except (ValueError, OverflowError) as problem:  # a number with more digits than Python reads
        return _broken(1, f"a value cannot be read: {problem}")
    finally:
        if loader:
            loader.dispose()


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int], seen: set[int]) -> Iterator[Fault]:
    """Notes the line of everything below `node`, and yields what would be lost or mean something else when read."""
    if isinstance(node, yaml.ScalarNode):
        return
    if id(node) in seen:
        yield Fault(lines[place], "an alias repeats what stands elsewhere in the file; write it out where it is promised")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*place, index] = _line(item)
            yield from _walk(item, (*place, index), lines, seen)
        return
    keys: dict[str, int] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else None
        if name is None or key.tag != "tag:yaml.org,2002:str":
            shown = "a list or mapping" if name is None else f"{name!r}, which YAML reads as something else than text,"
            yield Fault(_line(key), f"{shown} is no key of a contract; put quotes around it if it is meant as text")
            continue
        if name in keys:
            yield Fault(_line(key), f"the key {name!r} stands in line {keys[name]} too; only one of the two would count")
            continue
        keys[name] = lines[*place, name] = _line(key)
        yield from _walk(value, (*place, name), lines, seen)


def _broken(line: int, found: str) -> Positioned:
    return Positioned({}, {}, (Fault(line, found),))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _said(text: str, line: int, problem: str) -> str:
    lines = text.splitlines()
    if line < len(lines) and "\t" in lines[line][: len(lines[line]) - len(lines[line].lstrip())]:
        return "a tab indents this line; YAML is indented with spaces"
    return f"it is not YAML: {problem}"


def _line_of_character(text: str, problem: yaml.YAMLError) -> int:
    position = getattr(problem, "position", 0)
    return text.count("\n", 0, position if isinstance(position, int) else 0) + 1
