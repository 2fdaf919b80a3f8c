"""YAML that a team has written, within bounds: dates stay text, no key occurs twice, and size and nesting are limited."""

import json
from typing import Any

import yaml


class PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without implicit dates, because the JSON Schemas of the standards expect strings.

    A key that a mapping has twice is an error. PyYAML would keep the last value, and a reader of the file may see the first:
    https://yaml.org/spec/1.2.2/#3213-node-comparison
    """

    def construct_document(self, node: yaml.Node) -> Any:
        self._refuse_repeated_keys(node)
        return super().construct_document(node)

    def _refuse_repeated_keys(self, document: yaml.Node) -> None:
        # Before anything is constructed: a merge (`<<`) adds keys to the node, which its own keys then override.
        pending, seen = [document], set()
        while pending:
            node = pending.pop()
            if isinstance(node, yaml.ScalarNode) or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                pending += node.value
                continue
            lines: dict[Any, int] = {}
            for key, value in node.value:
                pending += [key, value]
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                name = key.value if key.tag == "tag:yaml.org,2002:merge" else self.construct_object(key)
                if first := lines.get(name):
                    raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} is in line {first} and again in line {line}")
                lines[name] = line


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in PlainLoader.yaml_implicit_resolvers.items()
}

DEPTH = 100
"""The deepest nesting of lists and mappings: libyaml recurses, and deeper files could crash the process."""


LARGEST = 1_000_000
"""The most characters of a file: reading one of 1,000,000 takes seconds."""


def too_deep(text: str) -> int | None:
    """The first line that is nested deeper than DEPTH; None if there is none.

    Raises yaml.YAMLError for invalid YAML, and for a text of more than LARGEST characters.
    """
    if len(text) > LARGEST:
        raise yaml.MarkedYAMLError(problem=f"it has {len(text):,} characters; the most is {LARGEST:,}")
    depth = 0
    for event in yaml.parse(text, Loader=PlainLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                return event.start_mark.line + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


VALUES = 1_000_000
"""The most values of a document, each counted where an alias repeats it: a reader of the document meets every one."""


def is_json(document: Any) -> bool:
    """Whether a document holds only what JSON has: no .inf, no date, no set, and no key that is not a text.

    Aliases may repeat parts of it, but not one that contains itself, and not beyond VALUES.
    """
    try:
        return _count(document, {}) <= VALUES
    except (ValueError, TypeError, RecursionError):
        return False


def _count(part: Any, counted: dict[int, int | None]) -> int:
    """The number of values in a part, with itself. `counted` has None for each part that is being counted."""
    if not isinstance(part, (dict, list)):
        json.dumps(part, allow_nan=False)
        return 1
    if id(part) not in counted:
        counted[id(part)] = None
        if isinstance(part, dict) and not all(isinstance(key, str) for key in part):
            raise TypeError("a key is no text")
        parts = part.values() if isinstance(part, dict) else part
        counted[id(part)] = 1 + sum(_count(inner, counted) for inner in parts)
    if (count := counted[id(part)]) is None:
        raise ValueError("a part contains itself")
    return count
