"""Hand-written YAML, for several capabilities: the line of every value, editing in place, and writing.

Marks of nodes: https://pyyaml.org/wiki/PyYAMLDocumentation, `yaml.compose`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mesh_isolation.numbers import WrittenInteger, WrittenNumber
from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.team_files import read_bytes
from mesh_isolation.yaml_bounds import PlainLoader, misread_text, too_deep
from mesh_platform.errors import MeshError
from mesh_platform.yaml_files import parse_mapping


@dataclass(frozen=True)
class Fault:
    """A reason why a file cannot be read as one plain mapping."""

    line: int
    found: str


@dataclass(frozen=True)
class Positioned:
    """The document of a file, with the line of every key and every list item."""

    document: dict[str, Any]
    lines: Mapping[KeyPath, int]
    misread: Mapping[KeyPath, tuple[str, str]] = field(default_factory=dict)
    """The values without quotes that YAML does not read as the text that is written: this text, and what YAML reads."""
    faults: tuple[Fault, ...] = field(default=())

    def line(self, place: KeyPath) -> int:
        """The line of `place`; if the document has no such place, the line of the nearest enclosing place."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_positions(path: Path) -> Positioned:
    """The document in the YAML file `path`, and every fault in its YAML.

    With faults the document may be empty or hold less than the file. Raises UnreadableFile when the file is not read.
    """
    content = read_bytes(path)
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
        lines: dict[KeyPath, int] = {(): _line(node)}
        misread: dict[KeyPath, tuple[str, str]] = {}
        faults = tuple(_walk(node, (), lines, misread, set()))
        return Positioned({} if faults else loader.construct_document(node), lines, misread, faults)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        message = " ".join(f"{problem.context or ''} {problem.problem or ''}".split())
        return _broken(mark.line + 1 if mark else 1, _explained(text, mark.line if mark else 0, message))
    except yaml.YAMLError as problem:
        return _broken(_line_of_character(text, problem), f"it is not YAML: {' '.join(str(problem).split())}")
    except (ValueError, OverflowError) as problem:  # a number with more digits than Python reads
        return _broken(1, f"a value cannot be read: {problem}")
    finally:
        if loader:
            loader.dispose()


def _walk(
    node: yaml.Node,
    place: KeyPath,
    lines: dict[KeyPath, int],
    misread: dict[KeyPath, tuple[str, str]],
    seen: set[int],
) -> Iterator[Fault]:
    """Records the line of every node below `node` and what YAML misreads, and yields what a reader would lose."""
    if isinstance(node, yaml.ScalarNode):
        if reads := misread_text(node):
            misread[place] = node.value, reads
        return
    if id(node) in seen:
        yield Fault(lines[place], "an alias repeats what stands elsewhere in the file; write it out where it is promised")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*place, index] = _line(item)
            yield from _walk(item, (*place, index), lines, misread, seen)
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
        yield from _walk(value, (*place, name), lines, misread, seen)


def _broken(line: int, problem: str) -> Positioned:
    return Positioned({}, {}, faults=(Fault(line, problem),))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _explained(text: str, line: int, problem: str) -> str:
    lines = text.splitlines()
    if line < len(lines) and "\t" in lines[line][: len(lines[line]) - len(lines[line].lstrip())]:
        return "a tab indents this line; YAML is indented with spaces"
    return f"it is not YAML: {problem}"


def _line_of_character(text: str, problem: yaml.YAMLError) -> int:
    position = getattr(problem, "position", 0)
    return text.count("\n", 0, position if isinstance(position, int) else 0) + 1


@dataclass(frozen=True)
class YamlText:
    """A YAML text that is edited in place: comments, order and layout of everything else stay as they are.

    Every method returns a new text. Each result is read back. If it is not exactly the expected document, `error` is
    raised, so a wrong guess about the layout never damages a file.
    """

    text: str
    name: str
    """The file, for messages."""
    error: type[MeshError]

    @property
    def document(self) -> dict[str, Any]:
        """The document of the text. Raises `error` when it is not a mapping."""
        return parse_mapping(self.text, self.name, self.error)

    def with_value(self, place: KeyPath, value: str) -> "YamlText":
        """The text with another plain value at `place`."""
        _, node, _ = self._find(place)
        start, end = node.start_mark.index, node.end_mark.index
        return self._checked(f"{self.text[:start]}{value}{self.text[end:]}", place, lambda _old, _new: _value_of([value]))

    def with_item(self, place: KeyPath, item: Sequence[str]) -> "YamlText":
        """The text with one more item at the end of the list, or key at the end of the mapping, at `place`.

        Args:
            place: the place of the list or the mapping.
            item: the lines of the item, without indentation and without a dash.
        """
        _, node, column = self._find(place)
        if not isinstance(node, yaml.CollectionNode):
            raise self.error(f"{_path(place)} in {self.name} is no list and no mapping.", "Correct the file.")
        is_list, lines = isinstance(node, yaml.SequenceNode), self.text.splitlines()
        first, others = ("- ", "  ") if is_list else ("", "")
        start = node.start_mark.line
        if node.flow_style and not node.value and lines[start].rstrip()[node.start_mark.column :] in ("[]", "{}"):
            lines[start] = lines[start].rstrip()[: node.start_mark.column].rstrip()
            last, column = start, column + 2
        elif node.flow_style:
            end = node.end_mark.index - 1
            entry = f"{{{', '.join(item)}}}" if is_list else ", ".join(item)
            edited = f"{self.text[:end]}{', ' if node.value else ''}{entry}{self.text[end:]}"
            return self._checked(edited, place, lambda old, new: _grown(old, new, item))
        else:
            last, column = _last_line(node), node.start_mark.column
            while last and not lines[last].strip():  # a folded text includes the blank lines after it
                last -= 1
        indent = " " * column
        more = [f"{indent}{others if at else first}{line}" for at, line in enumerate(item)]
        lines[last + 1 : last + 1] = ["", *more] if _is_spaced(node, lines) else more
        return self._checked("\n".join(lines) + "\n", place, lambda old, new: _grown(old, new, item))

    def with_block(self, block: Sequence[str], before: str = "") -> "YamlText":
        """The text with one more top-level key, as lines: before the key `before`, or else at the end."""
        if before:
            lines, at = self.text.splitlines(), self._find((before,))[0].start_mark.line
            edited = "\n".join([*lines[:at], *block, "", *lines[at:]]) + "\n"
        else:
            edited = "\n".join([self.text.rstrip(), "", *block]) + "\n"
        return self._checked(edited, (), lambda old, new: _grown(old, new, block))

    def without(self, place: KeyPath) -> "YamlText":
        """The text without the item or the key at `place`; a list that loses its only item becomes an empty list."""
        key, node, _ = self._find(place)
        lines, above, last = self.text.splitlines(keepends=True), place[:-1], place[-1]
        start = (key or node).start_mark.line
        before, after = lines[:start], lines[_last_line(node) + 1 :]
        if after and not after[0].strip() and before and not before[-1].strip():
            after = after[1:]
        while not after and before and not before[-1].strip():
            before.pop()
        if key is None and len(self._find(above)[1].value) == 1:
            before[-1] = f"{before[-1].rstrip()} []\n"
        return self._checked("".join([*before, *after]), above, lambda old, _new: _without(old, last))

    def _find(self, place: KeyPath) -> tuple[yaml.Node | None, yaml.Node, int]:
        """The node of the key at `place`, or None in a list; the node of its value; the column of the nearest key."""
        _ = self.document  # raises if the text is not YAML
        key, node, column = None, yaml.compose(self.text, Loader=PlainLoader), 0
        for step in place:
            if isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
                key, node = None, node.value[step]
                continue
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            key, node = next(((name, value) for name, value in pairs if name.value == step), (None, None))
            if key is None:
                raise self.error(f"{self.name} has no {_path(place)}.", "Add it to the file.")
            column = key.start_mark.column
        return key, node, column

    def _checked(self, text: str, place: KeyPath, change: Callable[[Any, Any], Any]) -> "YamlText":
        """The text, if only the value at `place` has changed, and it equals `change(old value, new value)`."""
        edited = YamlText(text, self.name, self.error)
        try:
            if edited.document == _changed(self.document, edited.document, place, change):
                return edited
        except (MeshError, KeyError, IndexError, TypeError):
            pass
        raise self.error(
            f"{self.name} is written in a way that cannot be edited line by line.",
            f"Write {_path(place) or 'its keys'} with one entry below the other, or change the file by hand.",
        )


def _changed(old: Any, new: Any, place: KeyPath, change: Callable[[Any, Any], Any]) -> Any:
    """The old document changed at `place` and nowhere else, not even at an alias of the same value."""
    if not place:
        return change(old, new)
    copy = old.copy()
    copy[place[0]] = _changed(old[place[0]], new[place[0]], place[1:], change)
    return copy


def _grown(old: list | dict, new: list | dict, item: Sequence[str]) -> list | dict | None:
    """The old list or mapping with one more item; None if the new one does not have exactly one item more."""
    if len(new) != len(old) + 1:
        return None
    try:
        value = _value_of(item)
    except yaml.YAMLError:  # the item refers to anchors, so its value is known only within the text
        value = new[-1] if isinstance(new, list) else dict([list(new.items())[-1]])
    return {**old, **value} if isinstance(old, dict) else [*old, value]


def _without(old: list | dict, step: str | int) -> list | dict:
    if isinstance(old, dict):
        return {key: value for key, value in old.items() if key != step}
    return [*old[:step], *old[step + 1 :]]


def _value_of(lines: Sequence[str]) -> Any:
    return yaml.load("\n".join(lines), Loader=PlainLoader)


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, of the last value below a node. A block of YAML extends to the next one, comments included."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    ends_before = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return node.end_mark.line - ends_before


def _is_spaced(node: yaml.CollectionNode, lines: Sequence[str]) -> bool:
    """Whether a blank line separates the last two items of a list or a mapping."""
    if len(node.value) < 2:
        return False
    last = node.value[-1]
    return not lines[(last[0] if isinstance(last, tuple) else last).start_mark.line - 1].strip()


def _path(place: KeyPath) -> str:
    return ".".join(map(str, place))


_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """YAML in the usual layout: lists are indented, and no value is an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # Outside double quotes, PyYAML writes these characters as line ends, and reads back a different character.
    style = '"' if any(character in text for character in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _as_written(dumper: _Dumper, number: WrittenInteger | WrittenNumber) -> yaml.ScalarNode:
    kind = "float" if isinstance(number, WrittenNumber) else "int"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", number.text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(WrittenNumber, _as_written)
_Dumper.add_representer(WrittenInteger, _as_written)


def yaml_text(document: Mapping[str, Any], comments: Mapping[KeyPath, str] | None = None) -> str:
    """`document` as YAML, in its own order, including explicit nulls.

    Args:
        document: the document of a contract.
        comments: the comments by the place below them; `()` is the top of the file. A comment can have several lines.
    """
    text = yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _commented(text, comments) if comments else text


def _commented(text: str, comments: Mapping[KeyPath, str]) -> str:
    positions = read_text(text)
    lines = text.split("\n")
    for place, comment in sorted(comments.items(), key=lambda item: positions.line(item[0]), reverse=True):
        number = positions.line(place) - 1
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        lines[number:number] = [f"{indent}# {line}".rstrip() for line in comment.splitlines()]
    return "\n".join(lines)
