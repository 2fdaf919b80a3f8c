"""What a port's part of a page is made of: code to read it, its promise, its versions, its rows, its terms."""

import pytest

from mesh_capabilities.portal.glossary import terms
from mesh_capabilities.portal.port_page import promises, version_entries
from mesh_capabilities.portal.reading_guide import Sampler, readings
from mesh_capabilities.portal.view import span
from mesh_platform.home import MeshHome


def test_a_port_can_be_read_in_six_ways():
    ways = readings("sales/orders", ".mesh/ports/sales/orders/v1", "sales.orders.v1", "1.2.0")
    assert [way.key for way in ways] == ["sql", "python", "pandas", "polars", "dbt", "spark"]
    code = {way.key: "".join(part.code.striptags() for part in way.parts) for way in ways}
    assert "MESH" not in str(ways)
    assert "select * from sales.orders limit 5" in code["sql"]
    assert "contractId: sales.orders.v1" in code["dbt"] and "version: 1.2.0" in code["dbt"]


@pytest.mark.parametrize("evil", ['"; rm -rf ~; echo "', "'; drop table x; --", "$(reboot)", "`reboot`", "a\nb", "{files!r}"])
def test_code_to_copy_keeps_its_quotes_whatever_the_name_of_the_port(evil):
    for way, plain in zip(readings(f"sales/{evil}", "p", "c", "1.0.0"), readings("sales/plain", "p", "c", "1.0.0")):
        for part, like in zip(way.parts, plain.parts):
            # Quotes, dollars and lines are as many as with a plain name: none of the name's own is among them.
            code, expected = part.code.striptags(), like.code.striptags()
            assert {mark: part.code.unescape().count(mark) for mark in "'`$\n"} == {
                mark: like.code.unescape().count(mark) for mark in "'`$\n"
            }, code
            assert code.count('"') == expected.count('"')


def test_rules_with_the_same_sentence_for_several_columns_become_one(shop):
    for column in ("order_id", "city"):
        about = {"kind": "required", "columns": [column], "severity": "error", "source": "contract"}
        shop.add("rules", contract="sales.orders.v1", port="sales/orders", rule=f"required_{column}", sentence="…", **about)
    asked = {"kind": "expectation", "severity": "warning", "source": "finance/revenue"}
    shop.add(
        "rules", contract="sales.orders.v1", port="sales/orders", rule="r", sentence="there are rows; it relies on it", **asked
    )
    promised = list(promises(shop.tables["contracts"][0], shop.tables["rules"]))
    assert [promise.text for promise in promised] == [
        "Never null: order_id, city",
        "There are rows",
        "A new version is published at least every day.",
    ]
    assert (promised[1].warns, promised[1].asked_by) == (True, "finance/revenue")


def test_a_version_lists_its_changes_since_the_version_before(shop):
    port = shop.tables["ports"][0]
    shop.tables["versions"][1] |= {"rows": 31}
    shop.tables["versions"][2] |= {"rows": 31, "contract_version": "1.1.0", "contract_digest": "b" * 64}
    shop.tables["versions"][3] |= {"rows": 30, "contract_version": "1.1.0", "contract_digest": "b" * 64, "rolled_back_to": 0}
    for version, number in ((2, 7), (3, 8)):
        keys = {"port": "sales/orders", "major": 1, "version": version}
        shop.add("version_inputs", **keys, input="a/b", input_major=1, input_version=number)
    changes = {entry.row["version"]: entry.changes for entry in version_entries(shop.facts(), port, None)}
    assert changes == {
        0: ["First known version."],
        1: ["1 row more."],
        2: ["Contract 1.0.0 → 1.1.0."],
        3: ["Rolled back to version 0.", "1 row fewer.", "Newer inputs: a/b 7 → 8."],
    }


@pytest.mark.parametrize("classification", ["personal", "sensitive-personal", "confidential", None, "", "PUBLIC", "unheard of"])
def test_a_column_is_withheld_unless_it_is_public_or_internal(shop, classification, tmp_path):
    shop.column("sales/orders", "name", classification=classification)
    columns = [row for row in shop.tables["columns"] if row["port"] == "sales/orders"]
    sample = Sampler(MeshHome(tmp_path)).take(shop.tables["ports"][0], columns)
    assert [name for name, _ in sample.withheld] == ["name"]


def test_a_port_whose_data_cannot_be_read_has_a_problem_instead_of_rows(shop, tmp_path):
    columns = [row for row in shop.tables["columns"] if row["port"] == "sales/orders"]
    sample = Sampler(MeshHome(tmp_path)).take(shop.tables["ports"][0], columns)
    assert sample.rows == () and "sales/orders" in sample.problem


def test_the_glossary_has_business_terms_and_shared_column_names(shop):
    shop.column("finance/revenue", "net", business_name="Net revenue", glossary_term="Net revenue")
    glossary = terms(shop.facts())
    assert {name: (term.named, term.count) for name, term in glossary.items()} == {
        "Net revenue": (True, 1),
        "order_id": (False, 2),
    }


@pytest.mark.parametrize(
    ("seconds", "text"), [(86_400, "1 day"), (90_000, "25 hours"), (7_200, "2 hours"), (5_400, "90 minutes"), (1, "1 second")]
)
def test_a_time_span_is_written_in_its_largest_unit(seconds, text):
    assert span(seconds) == text
