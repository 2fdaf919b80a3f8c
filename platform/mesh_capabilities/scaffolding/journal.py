"""What `mesh new` wrote, in order, with the digests of what it left behind: the last of it can be taken back."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mesh_capabilities.scaffolding.growth import Growth
from mesh_platform.home import MeshHome


@dataclass(frozen=True)
class Written:
    """One growth that was written."""

    what: str
    domain: str
    ports: tuple[str, ...]
    at: str
    made: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of each file it made."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each file it changed, the text before and the SHA-256 after."""


def write(growth: Growth, root: Path, home: MeshHome) -> Written:
    """Writes the growth into the repository, and notes it."""
    made = {path: digest(text) for path, text in growth.made.items()}
    edited = {path: (before, digest(after)) for path, (before, after) in growth.edited.items()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    written = Written(growth.what, growth.domain, growth.ports, at, made, edited)
    # Noted first: whoever is killed between the files can still take back those that are there.
    keep(home, [*entries(home), written])
    for path, text in {**growth.made, **{path: after for path, (_, after) in growth.edited.items()}}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return written


def entries(home: MeshHome) -> list[Written]:
    """What was written and not taken back, the last one last; none where the note is missing or damaged."""
    try:
        said = json.loads(home.grown.read_text(encoding="utf-8"))
        return [
            Written(
                one["what"],
                one["domain"],
                tuple(one["ports"]),
                one["at"],
                one["made"],
                {path: (before, after) for path, (before, after) in one["edited"].items()},
            )
            for one in said
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def keep(home: MeshHome, written: list[Written]) -> None:
    """Notes what was written, in place of the note before."""
    home.root.mkdir(parents=True, exist_ok=True)
    beside = home.grown.with_suffix(".new")
    beside.write_text(json.dumps([asdict(one) for one in written], indent=1, ensure_ascii=False), encoding="utf-8")
    beside.replace(home.grown)


def digest(text: str) -> str:
    """The SHA-256 of a text as it stands in its file."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
