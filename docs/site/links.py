"""Pages of the repository as pages of the site, and links between the two that work in both places."""

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
ABOVE = "repository"
"""The folder of the site for pages from outside `docs`; each keeps its path."""

_OUTSIDE = ("*.md", "domains/*/README.md", "examples/*/README.md", "bench/README.md")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")


def outside() -> list[str]:
    """The repository's own pages: those at its top, the domains', the examples' and the benchmark's."""
    paths = [path for pattern in _OUTSIDE for path in ROOT.glob(pattern)]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the repository's own pages to the site."""
    for path in outside():
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, f"{ABOVE}/{path}", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links within the repository into links within the site; a link to a file that is not a page becomes plain text."""
    here = page.file.src_uri
    own = here.removeprefix(f"{ABOVE}/") if here.startswith(f"{ABOVE}/") else f"docs/{here}"

    def linked(match: re.Match) -> str:
        image, text, target, anchor = match.groups(default="")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        there = os.path.normpath(PurePosixPath(own).parent / target)
        there = f"{there}/README.md" if (ROOT / there / "README.md").is_file() else there
        site = there.removeprefix("docs/") if there.startswith("docs/") else f"{ABOVE}/{there}"
        if files.get_file_from_path(site) is None:
            return text
        return f"{image}[{text}]({os.path.relpath(site, PurePosixPath(here).parent)}{anchor})"

    return _LINK.sub(linked, markdown)
