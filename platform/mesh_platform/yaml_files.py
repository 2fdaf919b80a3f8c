"""Reading YAML that people wrote: dates stay text, and every error names its file and line."""

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


LARGEST = 1_000_000
"""The most characters of a file: reading one of 1,000,000 takes seconds."""


def too_deep(text: str) -> int | None:
    """The line at which YAML goes deeper than DEPTH; None if it never does.

    Raises yaml.YAMLError for what is no YAML, and for a text of more than LARGEST characters.
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
