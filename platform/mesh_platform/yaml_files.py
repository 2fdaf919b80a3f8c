"""Reading YAML that people wrote: dates stay text, and every error names its file and line."""

from pathlib import Path
from typing import Any

import yaml

from mesh_platform.errors import MeshError


class PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without implicit dates, because the JSON Schemas of the standards expect strings."""


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


def read_mapping(path: Path, error: type[MeshError]) -> dict[str, Any]:
    """Reads a YAML file that is a mapping. Raises `error` if the file is missing, invalid or no mapping."""
    if not path.is_file():
        raise error(f"{path} does not exist.", "Create the file, or remove what points to it.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise error(f"{path} is not YAML: {problem}.", "Correct the file.") from problem
    return parse_mapping(text, str(path), error)


def parse_mapping(text: str, name: str, error: type[MeshError]) -> dict[str, Any]:
    """Parses a YAML text that is a mapping. Messages call it `name`. Raises `error` if it is invalid or no mapping."""
    try:
        if line := too_deep(text):
            raise error(f"{name} is nested more than {DEPTH} deep in line {line}.", "Write it flatter.")
        document = yaml.load(text, Loader=PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:  # ValueError: a number has thousands of digits.
        raise error(f"{name} is not YAML: {' '.join(str(problem).split())}.", "Correct the file.") from problem
    if not isinstance(document, dict):
        raise error(f"{name} is empty or is not a mapping.", "Write it as key: value lines.")
    return document


KeyPath = tuple[str | int, ...]
"""The path to a part of a document, as keys and list positions from its root: `("schema", 0, "name")`."""
