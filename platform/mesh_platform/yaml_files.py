"""Reading YAML that people wrote: every error names its file and line."""

from pathlib import Path
from typing import Any

import yaml

from mesh_isolation.team_files import UnreadableFile, read_team_text
from mesh_isolation.yaml_bounds import DEPTH, PlainLoader, too_deep
from mesh_platform.errors import MeshError


def read_mapping(path: Path, error: type[MeshError]) -> dict[str, Any]:
    """Reads a YAML file that is a mapping. Raises `error` if the file is missing, unreadable, invalid or no mapping."""
    try:
        return parse_mapping(read_team_text(path), str(path), error)
    except UnreadableFile as problem:
        raise error(problem.found, problem.way_out) from problem


def parse_mapping(text: str, name: str, error: type[MeshError]) -> dict[str, Any]:
    """Parses a YAML text that is a mapping. Messages call it `name`. Raises `error` if it is invalid or no mapping."""
    try:
        if line := too_deep(text):
            raise error(f"{name} is nested more than {DEPTH} deep in line {line}.", "Write it flatter.")
        document = yaml.load(text, Loader=PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:  # ValueError: a number has thousands of digits.
        reason = " ".join(str(problem).replace('"<unicode string>", ', "").split())
        raise error(f"{name} is not YAML: {reason}.", "Correct the file.") from problem
    if not isinstance(document, dict):
        raise error(f"{name} is empty or is not a mapping.", "Write it as key: value lines.")
    return document
