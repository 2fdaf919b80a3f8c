"""The templates: rendering them with answers, and the record of the answers in a domain's folder."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from mesh_capabilities.scaffolding.growth import Grown
from mesh_platform.errors import ScaffoldError
from mesh_platform.yaml_files import parse_mapping

TEMPLATES = Path(__file__).parent / "templates"


def newest_version() -> int:
    """The version of the templates that `mesh new` uses."""
    return max(versions())


def versions() -> list[int]:
    """Every version of the templates that there has been; earlier ones stay, so that `mesh update` knows what they wrote."""
    return sorted(int(folder.name.removeprefix("v")) for folder in TEMPLATES.glob("v[0-9]*"))


def render(parts: Iterable[str], answers: Mapping[str, Any], version: int | None = None) -> dict[str, str]:
    """The files that parts of the templates become.

    Args:
        parts: folders of the templates, like `domain`; a later one's files come beside those of an earlier one.
        answers: what the templates ask for.
        version: of the templates; None for the newest.

    Returns: text by path from the repository's root. Raises ScaffoldError for a version that is not there.
    """
    folder = TEMPLATES / f"v{version or newest_version()}"
    if not folder.is_dir():
        raise ScaffoldError(
            f"There are no templates of version {version}; this platform has {', '.join(map(str, versions()))}.",
            "Use a platform at least as new as the one that wrote the files.",
        )
    files: dict[str, str] = {}
    for part in parts:
        files |= _rendered(folder, part, json.dumps(answers, sort_keys=True))
    return files


@lru_cache(maxsize=64)
def _rendered(folder: Path, part: str, answers: str) -> dict[str, str]:
    """One part; the answers come as JSON, so that the same part with the same answers is rendered once."""
    from copier import run_copy

    with tempfile.TemporaryDirectory(prefix="mesh-new-") as to:
        run_copy(str(folder), to, data={**json.loads(answers), "part": part}, defaults=True, quiet=True)
        written = sorted(path for path in Path(to).rglob("*") if path.is_file())
        return {path.relative_to(to).as_posix(): path.read_text(encoding="utf-8") for path in written}


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
