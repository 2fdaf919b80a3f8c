"""Reading YAML as text that people wrote: no date is guessed, no error goes without its file and line."""

from pathlib import Path
from typing import Any

import yaml

from mesh_platform.errors import MeshError


class _PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without implicit dates: the standards' JSON Schemas ask for strings where YAML would make dates."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _PlainLoader.yaml_implicit_resolvers.items()
}


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
        said = yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as problem:
        raise error(f"{name} is not YAML: {' '.join(str(problem).split())}.", "Correct the file.") from problem
    if not isinstance(said, dict):
        raise error(f"{name} is empty or is not a mapping.", "Write it as key: value lines.")
    return said
