"""The handbook: its sections, their pages, and what of the repository shows them."""

import re

import pytest

from support.documents import ROOT, site_module

DOCS = ROOT / "docs"
WRITTEN_CHAPTERS = (1, 2, 3, 4, 5, 6)


@pytest.fixture(scope="module")
def chapters():
    return site_module("sections").chapters()


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
