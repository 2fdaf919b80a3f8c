"""Text of a team that tries to be more than text: in a terminal, on a page of the portal, in Dagster's Markdown, in YAML."""

import ast
import hashlib
import io
import json
import random
import re
import time
import unicodedata
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from mesh_isolation import terminal as output
from mesh_isolation.text import plain, visible
from mesh_platform.build.port_graph import PortModel
from mesh_platform.dagster.checks import check_specs
from mesh_platform.dagster.specs import described_ports, port_spec
from mesh_platform.product.offer import load_offer

ROOT = Path(__file__).parents[2]

# Who: a team, by its descriptors, its contracts or its rows. Through what: a text that a person reads. What must stop it:
# `visible` for hidden characters, `styled` for Rich's markup, `plain` for Markdown, autoescape for HTML.
SIGNS = {
    "clears the screen": "\x1b[2J",
    "sets the window's title": "\x1b]0;pwned\x07",
    "a command in eight bits": "\x9b31m",
    "writes a link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "overwrites the line": "good\rbad",
    "deletes a letter": "ab\x08c",
    "turns the reading order": "invoice\u202efdp.exe",
    "isolates": "\u2066x\u2069",
    "hides a space": "pay\u200bpal",
    "joins": "a\u2060b",
    "a byte order mark": "\ufeffx",
    "tags": "x\U000e0041\U000e0042",
    "a soft hyphen": "ex\u00adample",
    "a letter without a shape": "a\u3164b",
    "a line separator": "a\u2028b",
    "the end of a sequence": "\x9c",
}
MARKUP = {
    "a closing tag": "[/x]",
    "colours": "[bold red]approved[/]",
    "a link of the terminal": "[link=http://evil.example]here[/link]",
    "an open tag": "[bold",
    "an emoji": ":skull:",
    "a backslash before the end": "x\\",
    "placeholders": "{} {0} {x!r}",
    "a placeholder of ours": "\0",
}
TEXTS = {**SIGNS, **MARKUP}


def hidden(text: str) -> set[str]:
    """The characters of a printed text that no reader would see; Rich's own new lines and spaces are seen."""
    return {c for c in text if c not in "\n\t" and not c.isprintable() and unicodedata.category(c) != "Zs"} | (
        {"\u3164"} & {*text}
    )


def state(root: Path) -> str:
    """A digest of all files of a repository and of its published ports; not of caches."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    files = [path for path in paths if path.relative_to(root).parts[0] != ".mesh" or path.is_relative_to(root / ".mesh/ports")]
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


def flat(text: str) -> str:
    """A printed text without the line breaks of narrow columns."""
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_a_team_has_written_reaches_the_terminal_as_text(text, shop, publish_shop, call):
    quoted = text.replace("'", "''")
    publish_shop(f"(1, 1, '{quoted}')" if "\0" not in text else "(1, 1, 'x')")
    for domain, port in (("shop", "things"), ("books", "sales")):
        shop.domain_file(domain, channel=f"#{text}", description=text)
        columns = [{"name": "id", "physicalType": "INTEGER", "primaryKey": True, "description": text}]
        columns += [{"name": "price", "physicalType": "DECIMAL(10,2)"}, {"name": "note", "physicalType": "VARCHAR"}]
        shop.contract(port, domain, columns, description={"purpose": text})
        shop.product(port, domain, description={"purpose": text}, team={"name": domain, "description": text})
    before = state(shop.root)
    name = text.replace('"', '""').replace("\0", "")
    for words in (
        ("products",),
        ("show", "shop/things"),
        ("status",),
        ("history", "shop/things"),
        ("query", f'select 1 as "{name}", note from shop.things'),
        ("query", "select id from shop.things where note = 'nothing'"),
        ("show", f"shop/{name}"),
        ("query", f"select {name}"),
        ("run", name),
    ):
        result = call(*words)
        assert hidden(result.output) == set(), words
        assert "Unexpected error" not in str(result.exception or ""), words
        assert type(result.exception).__name__ not in ("MarkupError", "KeyError", "IndexError", "ValueError"), words
    assert flat(visible(" ".join(text.split()))) in flat(call("products").stdout) or "\0" in text
    document = call("products", "--json").stdout
    assert hidden(document) == set()
    purposes = {row["purpose"] for row in json.loads(document)}
    assert purposes == {" ".join(text.split())} or "\0" in text, "the document holds the text itself"
    assert state(shop.root) == before


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_on_a_terminal_with_colours_the_only_sequences_are_those_of_the_platform(text):
    to = io.StringIO()
    terminal = output.Terminal(file=to, force_terminal=True, color_system="standard", width=300, highlight=False)
    terminal.print("[bold]{}[/] and {}", text, text)
    terminal.print("{} {}{}", output.styled("[red]{}[/]", text), text, text)
    listing = output.table(text, "b")
    output.add_row(listing, text, 1)
    terminal.print(listing)
    printed = re.sub(r"\x1b\[[0-9;]*m", "", to.getvalue())
    assert hidden(printed) == set()
    assert printed.count(visible(text)) == 7
    assert {*re.findall(r"\x1b\[([0-9;]*)m", to.getvalue())} <= {"0", "1", "31"}


def test_two_texts_side_by_side_make_no_markup():
    assert output.styled("{}{} {}", "[re", "d]x", "[/]").plain == "[red]x [/]"
    assert output.styled("[bold]{}[/]", "\\").plain == "\\"


@pytest.mark.parametrize("seed", range(20))
def test_no_composition_of_texts_is_markup_or_hidden(seed):
    choose = random.Random(seed)
    pieces = [*TEXTS.values(), "[", "]", "\\", "[/]", "[red]", "{", "}", "\n", "x"]
    for _ in range(200):
        values = ["".join(choose.choices(pieces, k=choose.randint(1, 4))) for _ in range(3)]
        text = output.styled("[bold]{}[/]{}{}", *values)
        assert text.plain == "".join(map(visible, values))
        assert [(span.start, span.end) for span in text.spans] in ([], [(0, len(visible(values[0])))])


PRINTERS = {"print", "styled", "status", "Tree"}
"""What reads markup, beside `update` of a status and `add` of a tree."""


def prints(tree):
    """Every call that reads its first argument as markup."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in PRINTERS or (name, owner) in (("update", "status"), ("add", "tree"), ("add", "branch"), ("add", "to")):
                yield node


def is_literal(node):
    if isinstance(node, ast.IfExp):
        return is_literal(node.body) and is_literal(node.orelse)
    return isinstance(node, ast.Constant)


def refused(source: str) -> list[int]:
    """The lines where a value stands inside of markup: an f-string or a sum that is printed, a template that is no literal."""
    calls = [call for call in prints(ast.parse(source)) if not isinstance(call.args[0], ast.Starred)]
    return [
        call.lineno
        for call in calls
        if isinstance(call.args[0], (ast.JoinedStr, ast.BinOp))
        or (getattr(call.func, "id", "") == "styled" and not is_literal(call.args[0]))
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "platform").rglob("*.py")), ids=lambda path: path.stem)
def test_markup_stands_in_literals_only(path):
    assert refused(path.read_text(encoding="utf-8")) == [], "hand the value over as an argument"


@pytest.mark.parametrize(
    "line", ['out.print(f"[bold]{name}[/]")', 'out.print("[bold]" + name)', "styled(name)", 'Tree(f"{x}")']
)
def test_a_value_inside_of_markup_would_be_refused(line):
    assert refused(line) == [1]


MARKDOWN = {
    "an image": "![i](http://evil.example/x.png)",
    "an image by reference": "![i][r]\n\n[r]: http://evil.example/x.png",
    "a link": "[here](http://evil.example)",
    "a link that runs": "[here](javascript:alert(1))",
    "an autolink": "<http://evil.example/a>",
    "a bare address": "see http://evil.example/b.",
    "a bare name": "see www.evil.example",
    "a mail address": "a@evil.example",
    "HTML": "<img src=http://evil.example/c.png onerror=alert(1)><script>alert(1)</script>",
    "an entity": "![i]&#40;http:&#47;&#47;evil.example/d.png) &lt;b&gt; http&#58;//evil.example",
    "an escape": "\\![i](http://evil.example/e.png) \\\\![i](http://evil.example/f.png)",
    "an image between backticks": "`![i](http://evil.example/g.png) ``![i](http://evil.example/h.png)` `",
    "an address in a table": "| a |\n|---|\n| `![i](http://evil.example/i.png|x)` |",
    "a footnote": "[^1]\n\n[^1]: http://evil.example",
    "a fence": "~~~\nx\n~~~\n```\n![i](http://evil.example/j.png)",
    "the reading order": "![i](http://evil.example/\u202ek.png)",
}
GFM = re.compile(r"https?://|www\.|[-.\w+]+@[-\w]+\.", re.I)
"""What GitHub's Markdown, which Dagster renders, makes a link of without any sign: https://github.github.com/gfm/#autolinks-extension-"""


def loads(markdown: str) -> list[str]:
    """What a renderer of Markdown would make a link, an image or HTML of."""
    inline = [
        token
        for block in MarkdownIt("commonmark").enable("table").parse(markdown)
        for token in [block, *(block.children or ())]
    ]
    found = [token.type for token in inline if token.type in ("image", "link_open", "html_inline", "html_block")]
    # Neighbours are one text, and so is what entities and escapes make.
    texts = "".join(token.content if token.type in ("text", "text_special") else "\n" for token in inline)
    return [*found, *GFM.findall(texts)]


@pytest.mark.parametrize("text", MARKDOWN.values(), ids=MARKDOWN)
def test_markdown_of_a_team_loads_nothing_and_links_to_nothing(text):
    assert loads(text) or "\\" in text or "`" in text or "javascript" in text, "the attempt would not have worked"
    assert loads(plain(text)) == []
    assert hidden(plain(text)) == set()


@pytest.mark.parametrize("seed", range(20))
def test_no_composition_of_markdown_loads_anything(seed):
    choose = random.Random(seed)
    pieces = [
        *MARKDOWN.values(),
        "`",
        "``",
        "\\",
        "[",
        "](",
        "<",
        "|",
        "\n",
        "\n\n",
        "    ",
        "* ",
        "> ",
        "http://evil.example",
        "&#91;",
    ]
    for _ in range(300):
        text = "".join(choose.choices(pieces, k=choose.randint(1, 6)))
        assert loads(plain(text)) == [], text
        assert loads(f"**Grain.** {plain(text)}\n\n{plain(text)}") == [], text


GRAPH = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), ())}
IMAGE = "![i](http://evil.example/x.png)\u202e"


def written(value) -> list[str]:
    """Every string inside of what Dagster gets."""
    if isinstance(value, str):
        return [value]
    if hasattr(value, "columns"):
        value = [(column.name, column.type, column.description) for column in value.columns]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in written(part)]
    return [text for part in value for text in written(part)] if isinstance(value, (list, tuple, set, frozenset)) else []


@pytest.mark.parametrize("stage", ["active", "draft", "proposed", "retired"])
def test_no_text_of_a_descriptor_or_a_contract_reaches_dagster_as_markdown(company, stage):
    domain = company.domain(description=IMAGE, channel=f"#{IMAGE}")
    company.product("things", description={"purpose": IMAGE}, status=stage)
    columns = [{"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True, "description": IMAGE}]
    quality = [
        {"type": "text", "description": IMAGE},
        {"type": "sql", "name": "sql", "description": IMAGE, "query": "SELECT count(*) FROM {object}", "mustBeGreaterThan": -1},
    ]
    company.contract("things", columns=columns, quality=quality, description={"purpose": IMAGE, "usage": IMAGE})
    offer = load_offer(domain)
    built = "things" in offer.contracts and offer.product_of("things").stage.built
    specs = [port_spec(offer, GRAPH, "things")] if built else described_ports(offer)
    checks = list(check_specs(offer, GRAPH["things"])) if built else []
    descriptions = [spec.description for spec in (*specs, *checks)]
    assert any("evil.example" in text for text in descriptions)
    for text in descriptions:
        assert loads(text) == []
        assert hidden(text) == set()
    for spec in specs:
        assert {character for text in written(dict(spec.metadata)) for character in hidden(text)} == set()
        columns = spec.metadata.get("dagster/column_schema")
        assert all(loads(column.description) == [] for column in (columns.columns if columns else ()))


YAML = {
    "a bomb of aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{n}: &{n} [{','.join(f'*{p}' for _ in range(9))}]\n" for p, n in zip("abcdefgh", "bcdefghi")),
    "a knot": "id: &x\n  a: *x\n",
    "an object of Python": "!!python/object/apply:os.system ['touch pwned']",
    "a name of Python": "id: !!python/name:os.system",
    "a depth": "[" * 100_000,
    "a depth of mappings": "a: " + "{a: " * 5_000,
    "a number of a million digits": "id: " + "9" * 1_000_000,
    "not UTF-8": b"id: \xff\xfe",
    "NUL": "id: a\0b",
    "a list": "- a\n",
    "nothing": "",
    "two documents": "id: a\n---\nid: b\n",
    "a merge of everything": "a: &a {x: 1}\nb: {<<: [*a, *a, *a], <<: *a}\n",
    "a key that is a list": "? [a, b]\n: x\n",
    "a tag that nobody knows": "id: !evil x\n",
}


@pytest.mark.parametrize("content", YAML.values(), ids=YAML)
@pytest.mark.parametrize("place", ["contracts/things.v1.odcs.yaml", "products/things.odps.yaml", "domain.yaml"])
def test_a_hostile_file_is_one_sentence_within_seconds(content, place, shop, command):
    target = shop.root / "domains/shop" / place
    target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    before, start = state(shop.root), time.monotonic()
    done = command("products", cwd=shop.root)
    assert time.monotonic() - start < 20
    assert done.returncode in (0, 1)
    assert "Unexpected error" not in done.stderr, done.stderr
    assert done.returncode == 0 or "✘" in done.stdout + done.stderr
    assert state(shop.root) == before
    assert not list(shop.root.rglob("pwned"))


NAMES = [
    "../../outside",
    "a/b",
    "/etc/passwd",
    "..",
    ".",
    "a\\b",
    "a\nb",
    "A",
    "main",
    "class",
    "a\u202eb",
    "a b",
    "a;b",
    "$(touch pwned)",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_a_path_or_a_command_is_refused_before_anything_is_written(name, shop, command):
    for file in (shop.contract("things"), shop.product("things")):
        document = yaml.safe_load(file.read_text(encoding="utf-8")) | {"name": name}
        for port in document.get("outputPorts", ()):
            port["name"] = name
        file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    before = state(shop.root.parent)
    for words in (("products",), ("show", f"shop/{name}"), ("status",)):
        done = command(*words, cwd=shop.root)
        assert done.returncode != 0, (words, done.stdout)
        assert "Unexpected error" not in done.stderr
        assert hidden(done.stdout + done.stderr) == set()
    assert state(shop.root.parent) == before
    assert not list(shop.root.parent.rglob("pwned*"))
