"""Lines put into files that people keep."""

import pytest

from mesh_capabilities.scaffolding.insertion import add_before, add_entry
from mesh_capabilities.scaffolding.insertion_python import add_source
from mesh_capabilities.scaffolding.readme_row import add_input, add_port
from mesh_platform.errors import ScaffoldError


def test_an_entry_comes_last_and_comments_stay():
    text = "# Ports.\nports:\n  # the first\n  - name: a\n    note: >\n      Long.\n\n# Owners.\nowner: us\n"
    grown = text.replace("      Long.\n", "      Long.\n  - name: b\n    note: new\n")
    assert add_entry(text, ["ports"], ["name: b", "note: new"], "x.yaml") == grown


def test_an_entry_is_indented_as_its_neighbours():
    assert add_entry("a:\n- b: 1\nc: 2\n", ["a"], ["b: 3"], "x") == "a:\n- b: 1\n- b: 3\nc: 2\n"
    nested = "sources:\n  - name: raw\n    tables:\n      - name: x\n"
    assert add_entry(nested, ["sources", 0, "tables"], ["name: y"], "x") == nested + "      - name: y\n"


def test_an_empty_list_becomes_one_of_an_entry():
    assert add_entry("load_from: []\n", ["load_from"], ["b: 3"], "x") == "load_from:\n  - b: 3\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [1, 2]\n", "stands on one line"),
        ("b: 1\n", "x.yaml has no a"),
        ("a: text\n", "is no list"),
        ("a: [\n", "is not YAML"),
        ("", "x.yaml has no a"),
    ],
)
def test_a_file_without_such_a_list_is_refused_by_name(text, why):
    with pytest.raises(ScaffoldError, match=why):
        add_entry(text, ["a"], ["b"], "x.yaml")


def test_a_block_stands_before_its_key():
    assert add_before("a: 1\n\nb: 2\n", "b", ["c: 3"], "x") == "a: 1\n\nc: 3\n\nb: 2\n"
    with pytest.raises(ScaffoldError, match="x has no d"):
        add_before("a: 1\n", "d", ["c: 3"], "x")


HEAD = '"""Files."""\n\nfrom mesh_platform import CsvSource\n\n'


def test_a_source_is_declared_before_the_list_and_named_in_it():
    text = HEAD + "A = CsvSource()\n\nSOURCES = [A]  # all\nMORE = 1\n"
    assert add_source(text, "B", "B = CsvSource()", "x.py").endswith(
        "A = CsvSource()\n\nB = CsvSource()\n\nSOURCES = [A, B]\nMORE = 1\n"
    )


def test_the_first_source_of_a_domain_needs_no_type():
    assert add_source(HEAD + "SOURCES: list[CsvSource] = []\n", "B", "B = CsvSource()", "x.py").endswith("\nSOURCES = [B]\n")


def test_a_long_list_of_sources_has_a_line_for_each():
    names = [f"A_SOURCE_WITH_A_LONG_NAME_{number}" for number in range(5)]
    grown = add_source(HEAD + f"SOURCES = [{', '.join(names)}]\n", "B", "B = 1", "x.py")
    assert grown.endswith("    A_SOURCE_WITH_A_LONG_NAME_4,\n    B,\n]\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SOURCES = [\n", "line 1, is not Python"),
        (HEAD + "FILES = []\n", "no list SOURCES"),
        (HEAD + "SOURCES = list()\n", "no list SOURCES"),
        (HEAD + "B = 1\nSOURCES = []\n", "has a B already"),
        ("SOURCES = []\n", "does not import CsvSource"),
    ],
)
def test_a_module_that_is_otherwise_is_refused(text, why):
    with pytest.raises(ScaffoldError, match=why):
        add_source(text, "B", "B = CsvSource()", "x.py")


def test_a_port_gets_its_row_by_the_columns_that_the_table_has():
    link = "[`shop/b`](contracts/b.v1.odcs.yaml)"
    one = "| product and port | one row is | consumes |\n|---|---|---|\n| x | y | |\n\nEnd.\n"
    assert f"| x | y | |\n| {link} | a bee | `shop/a` |\n\nEnd." in add_port(
        one, "shop/b", "One row a bee.", "bees", ["shop/a"]
    )
    two = "| product | port | one row is |\n|---|---|---|\n"
    assert add_port(two, "shop/b", "One row a bee.", "bees", []).endswith(f"| `bees` | {link} | a bee |\n")
    assert add_port("# No table\n", "shop/b", "One row a bee.", "bees", []) == "# No table\n"


def test_an_input_is_named_in_the_rows_of_its_ports_once():
    rows = "| [`shop/b`](x) | a bee | `shop/a` |\n| [`shop/c`](x) | y | |\n"
    table = f"| product and port | one row is | made of |\n|---|---|---|\n{rows}"
    more = add_input(table, {"shop/b", "shop/c"}, "sales/d")
    assert "| a bee | `shop/a`, `sales/d` |" in more and "| y | `sales/d` |" in more
    assert add_input(more, {"shop/b", "shop/c"}, "sales/d") == more
