"""The templates: rendering them with answers, and the record of the answers in a domain's folder."""

import json
import tempfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.growth import Rendering
from mesh_capabilities.scaffolding.new_names import code_span, markdown_line, scalar
from mesh_isolation.text_formats import mail_url
from mesh_platform.yaml_files import parse_mapping

TEMPLATES = Path(__file__).parent / "templates"


def newest_version() -> int:
    """The version of the templates that `mesh new` uses."""
    return max(versions())


def versions() -> list[int]:
    """All versions of the templates; earlier ones stay, because `mesh update` renders them again."""
    return sorted(int(folder.name.removeprefix("v")) for folder in TEMPLATES.glob("v[0-9]*"))


def render(parts: Iterable[str], answers: Mapping[str, Any], version: int | None = None) -> dict[str, str]:
    """The files that parts of the templates render to.

    Args:
        parts: folders of the templates, like `domain`; the files of all parts are returned together.
        answers: the values of the templates' variables.
        version: the version of the templates; None for the newest.

    Returns: text by path from the repository's root. Raises ScaffoldError for a version that does not exist.
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
        values = json.loads(answers)
        # Each text as it is written into a file: `yaml.title`. Jinja knows no quoting of YAML or Markdown.
        texts = {key: value for key, value in values.items() if isinstance(value, str)}
        written_as = {"yaml": scalar, "markdown": markdown_line, "code": code_span}
        values |= {kind: {key: quoted(text) for key, text in texts.items()} for kind, quoted in written_as.items()}
        values["yaml"]["mailto"] = scalar(mail_url(texts.get("address", "")))
        run_copy(str(folder), to, data={**values, "part": part}, defaults=True, quiet=True)
        written = sorted(path for path in Path(to).rglob("*") if path.is_file())
        return {path.relative_to(to).as_posix(): path.read_text(encoding="utf-8") for path in written}


RECORD = ".scaffold.yaml"
_HEAD = "# What `mesh new` wrote for this domain, from which version of the templates; `mesh update` reads it.\n"


def record_of(domain: str) -> str:
    """The path of a domain's record, from the repository's root."""
    return f"domains/{domain}/{RECORD}"


def read_renderings(root: Path, domain: str) -> list[Rendering]:
    """The renderings of a domain, oldest first; empty for one that was written by hand. Raises ScaffoldError."""
    path = root / record_of(domain)
    if not path.is_file():
        return []
    document = parse_mapping(path.read_text(encoding="utf-8"), record_of(domain), ScaffoldError)
    try:
        return [Rendering(tuple(entry["parts"]), int(entry["version"]), dict(entry["answers"])) for entry in document["grown"]]
    except (KeyError, TypeError, ValueError) as problem:
        raise ScaffoldError(f"{record_of(domain)} is not as `mesh new` writes it.", "Restore it from git.") from problem


def written_record(grown: Iterable[Rendering]) -> str:
    """The record's text."""
    entries = [
        {"parts": list(rendering.parts), "version": rendering.version, "answers": dict(rendering.answers)}
        for rendering in grown
    ]
    return _HEAD + yaml.safe_dump({"grown": entries}, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
