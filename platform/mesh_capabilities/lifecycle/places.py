"""Where the parts of a YAML text stand, by line, so that one of them can be taken out or put in."""

import yaml

from mesh_platform.errors import LifecycleRefused
from mesh_platform.yaml_files import PlainLoader


def entry_of(text: str, key: str) -> tuple[yaml.Node, yaml.Node]:
    """The nodes of a key at the top of the text and of its value. Raises LifecycleRefused when it is not there."""
    document = yaml.compose(text, Loader=PlainLoader)
    for name, value in document.value:
        if name.value == key:
            return name, value
    raise LifecycleRefused(f"The descriptor does not say its {key}.", f"Add {key} to it.")


def node_of(text: str, key: str) -> yaml.Node:
    """The value of a key at the top of the text."""
    return entry_of(text, key)[1]


def block_end(node: yaml.Node) -> int:
    """The last line of a node. YAML itself ends a block only where the next one begins, comments included."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return block_end(last[1] if isinstance(last, tuple) else last)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") and node.end_mark.column == 0:
        return node.end_mark.line - 1
    return node.end_mark.line


class Lines:
    """A text by its lines, counted from 0."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)
        self.text = text

    def without(self, first: int, last: int) -> str:
        """Without these lines, both included, and without the blank ones before them if nothing follows."""
        before, after = self._lines[:first], self._lines[last + 1 :]
        while not after and before and not before[-1].strip():
            before.pop()
        return "".join([*before, *after])

    def with_after(self, line: int, more: str) -> str:
        """With `more`, whole lines, after the one of that number."""
        before = "".join(self._lines[: line + 1])
        return f"{before}{'' if before.endswith(chr(10)) else chr(10)}{more}{''.join(self._lines[line + 1 :])}"
