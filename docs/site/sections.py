"""The handbook's chapters and sections, as `docs/handbook/sections.yaml` lists them."""

from dataclasses import dataclass
from pathlib import Path

import yaml

DOCS = Path(__file__).parents[1]
_LIST = DOCS / "handbook/sections.yaml"


@dataclass(frozen=True)
class Section:
    """One section of the handbook."""

    number: str
    """The numbers of chapter and section: `5.3`."""
    title: str
    page: str
    """The path of its page, relative to the folder `docs`."""
    written: bool
    runs: tuple[str, ...]
    """The parts of the repository that demonstrate the section, as paths from its root."""


@dataclass(frozen=True)
class Chapter:
    """A chapter with its sections."""

    number: int
    title: str
    sections: tuple[Section, ...]


def chapters() -> list[Chapter]:
    """All chapters, in order; none without a handbook."""
    if not _LIST.is_file():
        return []
    document = yaml.safe_load(_LIST.read_text(encoding="utf-8"))
    return [Chapter(number, chapter["chapter"], _sections(number, chapter)) for number, chapter in enumerate(document, start=1)]


def _sections(number: int, chapter: dict) -> tuple[Section, ...]:
    sections = []
    for at, entry in enumerate(chapter["sections"], start=1):
        page = entry.get("page") or f"{entry['title'].lower().replace(',', '').replace(' ', '-')}.md"
        sections.append(
            Section(
                f"{number}.{at}", entry["title"], f"handbook/{chapter['folder']}/{page}", "page" in entry, tuple(entry["runs"])
            )
        )
    return tuple(sections)
