"""What people type comes back from every file that it is written into: YAML, Markdown, TOML, Python and SQL."""

import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser

import duckdb
import jinja2
import markdown as python_markdown
import pytest
import yaml
from dagster._core.utils import is_valid_email
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.adoption import _with_name as with_name
from mesh_capabilities.scaffolding.new_domain import is_owner, new_domain
from mesh_capabilities.scaffolding.new_names import code_span, column_sql, markdown_line, one_line, scalar
from mesh_capabilities.scaffolding.new_port import new_product
from mesh_capabilities.scaffolding.rendering import RECORD
from mesh_isolation.text_formats import has_format, mail_address, mail_url
from mesh_platform.project import Project

HOSTILE = [
    "Logistics: parcels", "Parcels #1", "# Parcels", "C#", "- parcels", "* a", "+ a", "1. parcels", "2) x",
    "> quote", "yes", "NULL", "~", "=", "? a", "! a", "!!! note", "it's", "a \"quoted\" one", "back\\slash",
    "back`tick", "``", "{{ 7 * 7 }}", "{% raw %}", "«domain»", "«% if x %»", "a | b", "a: b: c", "x:",
    "2024-01-01", "1e5", "0x1F", "[link](to)", "![x](y)", "<b>bold</b>", "&amp;", "&lt;", "A & B",
    "*stars* _under_ __two__", "😀 Logistics 👨‍👩‍👧", "Ünïcödé", "a\nb", "a\r\n\tb", "  spaces  ", "{: .class }",
    "a {: #id }", "---", "===", "%TAG", "@x", "`", "<!-- x -->", "https://example.com", "\\#", "a\\", "|", "&x y",
    "*anchor", "#",
]  # fmt: skip
PRINTABLE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=20)
MARKS = st.text(st.sampled_from(list("-#:'\"\\`{}[]()<>|*_!&%@~=?+.,1 aä😀«»\n\t")), min_size=1, max_size=12)
TYPED = st.one_of(st.sampled_from(HOSTILE), MARKS, PRINTABLE).filter(lambda text: text.strip() and "\ufeff" not in text)


class Text(HTMLParser):
    """The text of an HTML page, and its elements."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.text, self.elements = "", set()
        self.feed(html)

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attrs):
        self.elements.add((tag, *attrs))


def shown(line):
    """What a line of Markdown shows, with the extensions of the site."""
    page = Text(python_markdown.markdown(line, extensions=["admonition", "attr_list", "tables"]))
    return " ".join(page.text.split()), page.elements


def normal(text):
    return " ".join(text.split())


@settings(max_examples=150, deadline=None)
@given(TYPED)
def test_a_scalar_is_read_back_from_yaml_as_it_was_typed(text):
    assert yaml.safe_load(f"key:\n  - title: {scalar(text)}\n    next: 1\n") == {"key": [{"title": normal(text), "next": 1}]}


@settings(max_examples=150, deadline=None)
@given(TYPED)
def test_a_line_of_markdown_shows_the_text_and_no_element(text):
    line = markdown_line(normal(text))
    assert shown(f"# {line}") == (normal(text), {("h1",)})
    assert shown(line) == (normal(text), {("p",)})
    text = normal(text)
    if not set(text) & {"`", "\\"}:  # Python-Markdown has no escape for these in code
        assert shown(f"**Owner**: {code_span(text)}, more")[0] == f"Owner: {text}, more"


@settings(max_examples=80, deadline=None)
@given(TYPED.filter(lambda text: "\r" not in text))
def test_a_column_of_any_name_is_selected_by_its_name(text):
    sql = jinja2.Environment().from_string(f"select 1 as {column_sql(text)}").render()
    assert duckdb.sql(sql).columns == [text]


@pytest.fixture(scope="module")
def ordinary():
    """Names that templates write without quotes."""
    return ["Logistics", "team:movers", "One row per order.", "mailto:data-x@example.com", "order_id"]


def test_ordinary_texts_are_written_as_they_are(ordinary):
    assert [scalar(text) for text in ordinary] == ordinary
    assert [markdown_line(text) for text in ("Logistics", "Parcels, and more.", "A & B")] == [
        "Logistics",
        "Parcels, and more.",
        "A & B",
    ]
    assert [column_sql(name) for name in ("id", "order", "Order Date")] == ["id", '"order"', '"Order Date"']


@pytest.mark.parametrize("text", ["a\x00b", "a\x07", "\x1b[31mred", "a\x7f", "\ud83d", "\ufffe"])
def test_what_no_text_file_can_hold_is_refused(text):
    with pytest.raises(ScaffoldError, match=r"The title has the character U\+[0-9A-F]{4}, which cannot be printed"):
        one_line(text, "The title")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TYPED, TYPED, TYPED)
@example("Logistics: parcels", "x: y #1", "- a: b #c")
@example("{{ 7 * 7 }} «domain» «% if x %»", "«title» `` `x`", '"#quoted"')
def test_every_file_of_a_domain_gives_back_what_was_typed(project, title, owner, channel):
    created = new_domain(project(), "logistics", title, f"team:{owner}", channel).created
    title, owner, channel = normal(title), normal(f"team:{owner}"), normal(channel)
    domain = yaml.safe_load(created["domains/logistics/domain.yaml"])
    assert (domain["title"], domain["owner"], domain["channel"]) == (title, owner, channel)
    assert normal(domain["description"]) == f"{title}: what the team knows and others need."
    readme = created["domains/logistics/README.md"].splitlines()
    assert shown(readme[0]) == (title, {("h1",)})
    assert shown(readme[2]) == (f"{title}: what the team knows and others need.", {("p",)})
    assert tomllib.loads(created["domains/logistics/pyproject.toml"])["project"]["name"] == "mesh-domain-logistics"
    for path, text in created.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
        elif path.endswith((".yml", ".yaml")):
            assert yaml.safe_load(text), path
    (rendering,) = yaml.safe_load(created[f"domains/logistics/{RECORD}"])["grown"]
    assert (rendering["answers"]["title"], rendering["answers"]["owner"]) == (title, owner)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TYPED, TYPED)
@example("movers: north #1", "#data: x")
def test_contract_and_descriptor_give_back_the_team_and_the_channel(project, team, channel):
    mesh = project()
    team, channel = normal(team), normal(channel)
    books = replace(mesh.domains["books"], owner=f"team:{team}", channel=channel)
    created = new_product(Project(mesh.root, {"books": books}), "books/orders", "source-aligned", None).created
    for path in ("domains/books/contracts/orders.v1.odcs.yaml", "domains/books/products/orders.odps.yaml"):
        document = yaml.safe_load(created[path])
        assert (document["team"]["name"], document["support"][0]["channel"]) == (team, channel)
        assert document["support"][0]["url"] == "mailto:data-books@example.com"


@settings(max_examples=40, deadline=None)
@given(TYPED)
def test_the_name_of_a_mesh_is_read_back_from_its_toml(name):
    name = normal(name)
    toml = with_name('[project]\nname = "x"\ndescription = "y"\n', name, "slug", describe=True)
    assert (
        tomllib.loads(toml)["project"]["description"]
        == f"The data mesh of {name}: domains, data products and enforced contracts."
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"owner": "movers"}, "'movers' is no owner"),
        ({"owner": "team:"}, "'team:' is no owner"),
        ({"address": "nobody"}, "'nobody' is no mail address"),
        ({"address": "a@b.c> x"}, "is no mail address"),
        ({"address": "a..b@example.com"}, "is no mail address"),
        ({"address": ".a@example.com"}, "is no mail address"),
        ({"address": "a@-example.com"}, "is no mail address"),
        ({"owner": "a..b@example.com"}, "is no owner"),
        ({"owner": "anna@localhost"}, "is no owner"),
    ],
)
def test_an_owner_and_an_address_that_nobody_could_use_are_refused(project, words, why):
    with pytest.raises(ScaffoldError, match=re.escape(why)):
        new_domain(project(), "logistics", **words)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "n"])
def test_a_word_that_yaml_reads_as_something_else_is_no_name(project, word):
    with pytest.raises(ScaffoldError, match="belongs to"):
        new_domain(project(), word)


ADDRESSES = [
    *("o'neil@example.com", '"a b"@example.com', "50%off@example.com", "a+b@[192.0.2.1]", "anna@localhost"),
    "a&b=c?@example.com",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_any_form_is_in_the_descriptors_as_a_url_that_gives_it_back(address):
    url = mail_url(address)
    assert has_format(url, "uri")
    assert mail_address(url) == address


@settings(max_examples=200, deadline=None, database=None)
@given(st.from_regex(r"[A-Za-z0-9.%+'-]{1,5}@[A-Za-z0-9.-]{1,8}", fullmatch=True) | st.text(max_size=8))
@example("-@0.AA")
@example("%x@example.com")
def test_an_owner_that_is_accepted_is_one_to_dagster_and_to_the_rules_of_contracts(address):
    if is_owner(address):
        assert is_valid_email(address)
        assert has_format(address, "email")
