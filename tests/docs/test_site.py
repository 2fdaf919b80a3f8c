"""The site of the documents: it builds, its pages are those of the code, and it fetches nothing."""

import re

from support.documents import ROOT, site_module

DOCS = ROOT / "docs"


def test_pages_made_from_the_code_are_as_the_code_makes_them():
    assert site_module("refresh").stale() == [], ".venv/bin/python docs/site/refresh.py --refresh writes them"


def test_the_site_fetches_nothing_from_elsewhere(site):
    loads = re.compile(
        r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=\"(?:https?:)?//|<link\b(?![^>]*rel=\"canonical\")[^>]*\bhref=\"(?:https?:)?//"
    )
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    assert [page.relative_to(site).as_posix() for page in pages if loads.search(page.read_text(encoding="utf-8"))] == []
    styles = [
        path
        for path in site.rglob("*.css")
        if re.search(r"url\(\s*[\"']?https?:|@import\s+[\"']?https?:", path.read_text(encoding="utf-8"))
    ]
    assert styles == []
