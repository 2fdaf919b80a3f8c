"""What `mesh new` remembers in a domain's folder: which templates, in which version, with which answers."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from mesh_capabilities.scaffolding.growth import Grown
from mesh_platform.errors import ScaffoldError
from mesh_platform.yaml_files import parse_mapping

RECORD = ".scaffold.yaml"
_HEAD = "# What `mesh new` wrote for this domain, from which version of the templates; `mesh update` reads it.\n"


def record_of(domain: str) -> str:
    """Where a domain's record stands, from the repository's root."""
    return f"domains/{domain}/{RECORD}"


def read_record(root: Path, domain: str) -> list[Grown]:
    """What grew from templates in the domain, in order; empty for one that was written by hand. Raises ScaffoldError."""
    path = root / record_of(domain)
    if not path.is_file():
        return []
    said = parse_mapping(path.read_text(encoding="utf-8"), record_of(domain), ScaffoldError)
    try:
        return [Grown(tuple(one["parts"]), int(one["version"]), dict(one["answers"])) for one in said["grown"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise ScaffoldError(f"{record_of(domain)} is not as `mesh new` writes it.", "Take it back from git.") from problem


def written_record(grown: Iterable[Grown]) -> str:
    """The record's text."""
    entries = [{"parts": list(one.parts), "version": one.version, "answers": dict(one.answers)} for one in grown]
    return _HEAD + yaml.safe_dump({"grown": entries}, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
