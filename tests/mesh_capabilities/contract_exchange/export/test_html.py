"""The page: all of the promise, nothing from anywhere else, and no text that becomes markup."""

from html.parser import HTMLParser

import pytest

from mesh_capabilities.contract_exchange.html import html

EMPTY = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """What a browser finds in a page: elements with their attributes, and the texts; every element closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"] and data.strip():
            self.texts.append(data.strip())


@pytest.fixture
def page(things):
    return Page(html(things))


def test_the_page_tells_the_whole_promise(page, things):
    told = " ".join(page.texts)
    for column in things.contract.columns:
        assert column.name in told
        assert column.description in told
    own = [rule.sentence for rule in things.contract.rules if rule.check not in ("primary_key", "required", "unique")]
    assert [sentence for sentence in own if sentence not in told] == []
    for words in (
        "shop/things",
        "shop.things.v1",
        "#data-shop",
        "The things are nice.",
        "books/sales, owned by books",
        "key, part 1 of 2",
    ):
        assert words in told


@pytest.mark.parametrize("made", ["things", "hostile"])
def test_the_page_needs_nothing_else(request, made):
    text = html(request.getfixturevalue(made))
    page = Page(text)
    assert {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "a", "form"} == set()
    attributes = {name for _, said in page.elements for name in said}
    assert attributes <= {"lang", "charset", "name", "content", "http-equiv", "class", "scope"}
    assert "url(" not in text
    assert "@import" not in text


def test_no_text_of_a_contract_becomes_markup(hostile):
    page = Page(html(hostile))
    for column in hostile.contract.columns:
        assert column.name in page.texts
        assert column.description in page.texts


def test_a_contract_that_stands_alone_has_a_page_too(things):
    alone = type(things)(things.contract, things.document)
    assert "Owned by" not in " ".join(Page(html(alone)).texts)
