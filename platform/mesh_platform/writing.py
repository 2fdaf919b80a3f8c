"""Writing a contract: a document becomes YAML that reads as the same document, with comments where they are wanted."""

from collections.abc import Mapping
from typing import Any

import yaml

from mesh_platform.positions import Place, read_text

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
