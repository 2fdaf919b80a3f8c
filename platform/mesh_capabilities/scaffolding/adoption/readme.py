"""Chapters of the repository's README that an adopted one keeps, as they read without the sample company."""

import re

from mesh_platform.errors import ScaffoldError

KEPT = {"tree": "The tree", "flow": "How one product flows", "verbs": "The command line"}


def kept_chapters(text: str) -> dict[str, str]:
    """The text below each kept heading, by the name under which the template asks for it.

    Raises ScaffoldError for a chapter that the README does not have.
    """
    chapters = {}
    for name, heading in KEPT.items():
        parts = re.split(rf"^## {re.escape(heading)}$", text, flags=re.MULTILINE)
        if len(parts) != 2:
            raise ScaffoldError(f"README.md has no chapter '{heading}'.", "Give it back, or adopt an untouched repository.")
        chapters[name] = parts[1].split("\n## ")[0].strip("\n")
    return chapters
