"""Additions to Python modules and README tables that people keep."""

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.insertion import add_input, add_port, add_source

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
        one, "shop/b", "One row per bee.", "bees", ["shop/a"]
    )
    two = "| product | port | one row is |\n|---|---|---|\n"
    assert add_port(two, "shop/b", "One row per bee.", "bees", []).endswith(f"| `bees` | {link} | a bee |\n")
    assert add_port("# No table\n", "shop/b", "One row per bee.", "bees", []) == "# No table\n"


def test_an_input_is_named_in_the_rows_of_its_ports_once():
    rows = "| [`shop/b`](x) | a bee | `shop/a` |\n| [`shop/c`](x) | y | |\n"
    table = f"| product and port | one row is | made of |\n|---|---|---|\n{rows}"
    more = add_input(table, {"shop/b", "shop/c"}, "sales/d")
    assert "| a bee | `shop/a`, `sales/d` |" in more and "| y | `sales/d` |" in more
    assert add_input(more, {"shop/b", "shop/c"}, "sales/d") == more
