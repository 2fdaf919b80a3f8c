"""Editing a descriptor in place: one value or one custom property changes, every comment and every line break stays.

YAML marks: https://pyyaml.org/wiki/PyYAMLDocumentation, `yaml.compose`
"""

from typing import Any

import yaml

from mesh_capabilities.lifecycle.places import Lines, block_end, entry_of, node_of
from mesh_platform.errors import ContractError, LifecycleRefused
from mesh_platform.yaml_files import parse_mapping

PROPERTIES = "customProperties"


def with_status(text: str, status: str) -> str:
    """The descriptor with another status."""
    node = node_of(text, "status")
    start, end = node.start_mark.index, node.end_mark.index
    return _checked(text[:start] + status + text[end:], _said(text) | {"status": status})


def with_property(text: str, name: str, value: str) -> str:
    """The descriptor with one value for the custom property `name`, in place of the one it had or as a further one."""
    wanted, entries = _said(text), _entries(text)
    changed = [entry for entry in entries if entry.get("property") != name]
    if len(changed) < len(entries):
        text = without_property(text, name)
    changed.append({"property": name, "value": value})
    return _checked(_appended(text, name, value), wanted | {PROPERTIES: changed})


def without_property(text: str, name: str) -> str:
    """The descriptor without the custom property `name`; unchanged when it has none."""
    entries = _entries(text)
    kept = [entry for entry in entries if entry.get("property") != name]
    if len(kept) == len(entries):
        return text
    wanted = {key: value for key, value in _said(text).items() if key != PROPERTIES or kept}
    lines = Lines(text)
    sequence = node_of(text, PROPERTIES)
    if not kept:
        key = entry_of(text, PROPERTIES)[0]
        return _checked(lines.without(key.start_mark.line, block_end(sequence)), wanted)
    for item, entry in reversed(list(zip(sequence.value, entries))):
        if entry.get("property") == name:
            lines = Lines(lines.without(item.start_mark.line, block_end(item)))
    return _checked(lines.text, wanted | {PROPERTIES: kept})


def _appended(text: str, name: str, value: str) -> str:
    lines = Lines(text)
    if PROPERTIES not in _said(text):
        return f"{lines.text.rstrip()}\n\n{PROPERTIES}:\n  - property: {name}\n    value: {value}\n"
    sequence = node_of(text, PROPERTIES)
    if sequence.flow_style:
        end = sequence.end_mark.index - 1
        comma = ", " if sequence.value else ""
        return f"{text[:end]}{comma}{{property: {name}, value: {value}}}{text[end:]}"
    indent = " " * sequence.start_mark.column
    return lines.with_after(block_end(sequence), f"{indent}- property: {name}\n{indent}  value: {value}\n")


def _entries(text: str) -> list[dict[str, Any]]:
    entries = _said(text).get(PROPERTIES) or []
    return [entry for entry in entries if isinstance(entry, dict)]


def _said(text: str) -> dict[str, Any]:
    return parse_mapping(text, "the descriptor", ContractError)


def _checked(text: str, wanted: dict[str, Any]) -> str:
    """`text` if it says what it should and nothing else. Raises LifecycleRefused: a guess must not spoil a file."""
    try:
        if _said(text) == wanted:
            return text
    except (ContractError, yaml.YAMLError):
        pass
    raise LifecycleRefused(
        "The descriptor is written in a way that cannot be edited line by line.",
        f"Write `status` on a line of its own and {PROPERTIES} as a list with one entry below the other.",
    )
