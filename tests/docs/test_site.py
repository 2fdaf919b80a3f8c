"""The site of the documents: it builds, holds every section, says what is true of the code, and fetches nothing."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN_CHAPTERS = (1, 2, 3, 4, 5, 6)


def module(name):
    """A module of docs/site, which is no package."""
    sys.path.insert(0, str(DOCS / "site"))
    try:
        spec = importlib.util.spec_from_file_location(name, DOCS / "site" / f"{name}.py")
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[name] = loaded
        spec.loader.exec_module(loaded)
        return loaded
    finally:
        sys.path.remove(str(DOCS / "site"))


@pytest.fixture(scope="module")
def chapters():
    return module("sections").chapters()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_pages_made_from_the_code_are_as_the_code_makes_them():
    assert module("refresh").stale() == [], ".venv/bin/python docs/site/refresh.py --refresh writes them"


def test_the_handbook_has_the_eleven_chapters_with_their_forty_four_sections(chapters):
    assert [len(chapter.sections) for chapter in chapters] == [3, 3, 5, 5, 4, 4, 5, 4, 3, 3, 5]


def test_chapters_whose_subject_runs_here_are_written(chapters):
    for number in WRITTEN_CHAPTERS:
        assert [section.number for section in chapters[number - 1].sections if not section.written] == []
    assert all(section.written for section in chapters[10].sections[:3])


def test_a_written_section_has_its_page_and_every_page_a_section(chapters):
    written = {section.page for chapter in chapters for section in chapter.sections if section.written}
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("handbook/*/*.md")}
    assert there == written


def test_what_shows_a_section_is_in_the_repository(chapters):
    named = [path for chapter in chapters for section in chapter.sections for path in section.runs]
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_no_page_is_filler(chapters):
    """Each shows something that runs, or gives a table, a checklist or a template."""
    bare = []
    for chapter in chapters:
        for section in chapter.sections:
            if section.written:
                text = (DOCS / section.page).read_text(encoding="utf-8")
                if not re.search(r"^```console|^\| |^\* \[ \]|^```markdown", text, re.MULTILINE):
                    bare.append(section.page)
    assert bare == []


def test_the_site_has_a_page_for_every_section_and_says_which_are_not_written(site, chapters):
    for chapter in chapters:
        for section in chapter.sections:
            page = (site / section.page).with_suffix(".html").read_text(encoding="utf-8")
            assert ("This section is not written yet" in page) is not section.written


def test_the_site_fetches_nothing_from_elsewhere(site):
    loads = re.compile(
        r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=\"(?:https?:)?//|<link\b(?![^>]*rel=\"canonical\")[^>]*\bhref=\"(?:https?:)?//"
    )
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 80
    assert [page.relative_to(site).as_posix() for page in pages if loads.search(page.read_text(encoding="utf-8"))] == []
    styles = [
        path
        for path in site.rglob("*.css")
        if re.search(r"url\(\s*[\"']?https?:|@import\s+[\"']?https?:", path.read_text(encoding="utf-8"))
    ]
    assert styles == []
