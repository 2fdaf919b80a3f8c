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
    """Of chapter and section: `5.3`."""
    title: str
    page: str
    """The path of its page, from the folder `docs`."""
    written: bool
    runs: tuple[str, ...]
    """The parts of the repository that show what it speaks of, as paths from its root."""


@dataclass(frozen=True)
class Chapter:
    """A chapter with its sections."""

    number: int
    title: str
    sections: tuple[Section, ...]


def chapters() -> list[Chapter]:
    """All of them, in order; none where there is no handbook."""
    if not _LIST.is_file():
        return []
    said = yaml.safe_load(_LIST.read_text(encoding="utf-8"))
    return [Chapter(number, chapter["chapter"], _sections(number, chapter)) for number, chapter in enumerate(said, start=1)]


def _sections(number: int, chapter: dict) -> tuple[Section, ...]:
    sections = []
    for at, said in enumerate(chapter["sections"], start=1):
        page = said.get("page") or f"{said['title'].lower().replace(',', '').replace(' ', '-')}.md"
        sections.append(
            Section(
                f"{number}.{at}", said["title"], f"handbook/{chapter['folder']}/{page}", "page" in said, tuple(said["runs"])
            )
        )
    return tuple(sections)
