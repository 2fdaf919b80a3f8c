"""Editing a descriptor in place: its status or one custom property changes, every comment and every line break stays."""

from typing import Any

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.yaml_text import YamlText

PROPERTIES = "customProperties"


def with_status(text: str, status: str) -> str:
    """The descriptor with another status."""
    return _descriptor(text).with_value(("status",), status).text


def with_property(text: str, name: str, value: str) -> str:
    """The descriptor with one value for the custom property `name`, which replaces an existing value or is added."""
    descriptor = _descriptor(without_property(text, name))
    item = [f"property: {name}", f"value: {value}"]
    if PROPERTIES in descriptor.document:
        return descriptor.with_item((PROPERTIES,), item).text
    return descriptor.with_block([f"{PROPERTIES}:", f"  - {item[0]}", f"    {item[1]}"]).text


def without_property(text: str, name: str) -> str:
    """The descriptor without the custom property `name`; unchanged when it has none."""
    descriptor = _descriptor(text)
    named = [_is_named(entry, name) for entry in descriptor.document.get(PROPERTIES) or ()]
    if named and all(named):
        return descriptor.without((PROPERTIES,)).text
    for at in reversed(range(len(named))):
        if named[at]:
            descriptor = descriptor.without((PROPERTIES, at))
    return descriptor.text


def _descriptor(text: str) -> YamlText:
    return YamlText(text, "The descriptor", LifecycleRefused)


def _is_named(entry: Any, name: str) -> bool:
    return isinstance(entry, dict) and entry.get("property") == name
