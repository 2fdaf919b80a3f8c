"""YAML that people wrote: read without guessing dates, with the line of every value, written again as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mesh_platform.errors import MeshError


class PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without implicit dates: the standards' JSON Schemas ask for strings where YAML would make dates."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in PlainLoader.yaml_implicit_resolvers.items()
}

DEPTH = 100
"""How deep lists and mappings may be nested: libyaml recurses, and a file of brackets would take the process with it."""


def too_deep(text: str) -> int | None:
    """The line at which YAML goes deeper than DEPTH; None if it never does. Raises yaml.YAMLError for what is no YAML."""
    depth = 0
    for event in yaml.parse(text, Loader=PlainLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                return event.start_mark.line + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def read_mapping(path: Path, error: type[MeshError]) -> dict[str, Any]:
    """The mapping that a YAML file holds. Raises `error` when the file is missing, broken or something else."""
    if not path.is_file():
        raise error(f"{path} does not exist.", "Create the file, or remove what points to it.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise error(f"{path} is not YAML: {problem}.", "Correct the file.") from problem
    return parse_mapping(text, str(path), error)


def parse_mapping(text: str, name: str, error: type[MeshError]) -> dict[str, Any]:
    """The mapping that a YAML text holds; `name` says in messages which text. Raises `error` when it holds none."""
    try:
        if line := too_deep(text):
            raise error(f"{name} is nested more than {DEPTH} deep in line {line}.", "Write it flatter.")
        said = yaml.load(text, Loader=PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:  # a number of thousands of digits, or too deep
        raise error(f"{name} is not YAML: {' '.join(str(problem).split())}.", "Correct the file.") from problem
    if not isinstance(said, dict):
        raise error(f"{name} is empty or is not a mapping.", "Write it as key: value lines.")
    return said


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


_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: lists indented, nothing abbreviated by an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # Outside double quotes PyYAML writes these as line ends, and another one is read back.
    style = '"' if any(character in text for character in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_text(document: Mapping[str, Any], comments: Mapping[Place, str] | None = None) -> str:
    """`document` as YAML, in its own order, explicit nulls and all.

    Args:
        document: what a contract's file says.
        comments: what to say above the line of a place; `()` is the top of the file. Line breaks make several lines.
    """
    text = yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _commented(text, comments) if comments else text


def _commented(text: str, comments: Mapping[Place, str]) -> str:
    said = read_text(text)
    lines = text.split("\n")
    for place, comment in sorted(comments.items(), key=lambda item: said.line(item[0]), reverse=True):
        number = said.line(place) - 1
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        lines[number:number] = [f"{indent}# {line}".rstrip() for line in comment.splitlines()]
    return "\n".join(lines)
