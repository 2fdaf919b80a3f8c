"""Lines put into files that people keep: comments, order and everything else in them stay as they are."""

from collections.abc import Sequence

import yaml

from mesh_platform.errors import ScaffoldError
from mesh_platform.yaml_files import PlainLoader


def add_entry(text: str, at: Sequence[str | int], entry: Sequence[str], name: str) -> str:
    """The YAML text with one entry more at the end of a list.

    Args:
        text: the file's.
        at: the keys and positions that lead to the list.
        entry: the entry's lines, as they would stand at the left margin, without the dash.
        name: the file's, for messages.

    Raises ScaffoldError when there is no such list, or it stands on one line with entries in it.
    """
    node, column = _find(text, at, name)
    lines = text.splitlines()
    if node.flow_style:
        if node.value or not lines[node.start_mark.line].rstrip().endswith("[]"):
            raise ScaffoldError(f"The list {_path(at)} in {name} stands on one line.", "Write it as one line an entry.")
        lines[node.start_mark.line] = lines[node.start_mark.line].rstrip().removesuffix("[]").rstrip()
        last, column = node.start_mark.line, column + 2
    else:
        last, column = _last_line(node), node.start_mark.column
        while last and not lines[last].strip():  # a folded text takes the blank lines after it for its own
            last -= 1
    indent = " " * column
    new = [f"{indent}{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(entry)]
    return "\n".join([*lines[: last + 1], *new, *lines[last + 1 :]]) + "\n"


def has_key(text: str, key: str) -> bool:
    """Whether the YAML text has a key at its top."""
    node = yaml.compose(text, Loader=PlainLoader)
    return isinstance(node, yaml.MappingNode) and any(name.value == key for name, _ in node.value)


def add_before(text: str, key: str, block: Sequence[str], name: str) -> str:
    """The YAML text with lines before a key of its top. Raises ScaffoldError when it has no such key."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(f"{key}:"):
            return "\n".join([*lines[:number], *block, "", *lines[number:]]) + "\n"
    raise ScaffoldError(f"{name} has no {key}.", "Correct the file.")


def _find(text: str, at: Sequence[str | int], name: str) -> tuple[yaml.SequenceNode, int]:
    """The list, and the column of the key that it stands at."""
    try:
        node = yaml.compose(text, Loader=PlainLoader)
    except yaml.YAMLError as problem:
        raise ScaffoldError(f"{name} is not YAML: {' '.join(str(problem).split())}.", "Correct the file.") from problem
    column = 0
    for step in at:
        found = None
        if isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
            found = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    found, column = value, key.start_mark.column
        if found is None:
            raise ScaffoldError(f"{name} has no {_path(at)}.", "Correct the file.")
        node = found
    if not isinstance(node, yaml.SequenceNode):
        raise ScaffoldError(f"{_path(at)} in {name} is no list.", "Correct the file.")
    return node, column


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, in which the last value below a node stands: what follows may be comments of something else."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    ends_before = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return node.end_mark.line - ends_before


def _path(at: Sequence[str | int]) -> str:
    return ".".join(map(str, at))
