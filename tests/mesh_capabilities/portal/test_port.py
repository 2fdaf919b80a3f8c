"""What a port's part of a page is made of: code to read it, its promise, its versions, its rows, its terms."""

import pytest

from mesh_capabilities.portal.glossary import terms
from mesh_capabilities.portal.history import history
from mesh_capabilities.portal.promise import sentences
from mesh_capabilities.portal.reading import readings
from mesh_capabilities.portal.samples import Sampler
from mesh_capabilities.portal.words import span
from mesh_platform.home import MeshHome


def test_a_port_can_be_read_in_six_ways():
    ways = readings("sales/orders", ".mesh/ports/sales/orders/v1", "sales.orders.v1", "1.2.0")
    assert [way.key for way in ways] == ["sql", "python", "pandas", "polars", "dbt", "spark"]
    code = {way.key: "".join(part.code.striptags() for part in way.parts) for way in ways}
    assert "MESH" not in str(ways)
    assert "select * from sales.orders limit 5" in code["sql"]
    assert "contractId: sales.orders.v1" in code["dbt"] and "version: 1.2.0" in code["dbt"]


@pytest.mark.parametrize("evil", ['"; rm -rf ~; echo "', "'; drop table x; --", "$(reboot)", "`reboot`", "a\nb", "{files!r}"])
def test_code_that_people_copy_keeps_its_quotes_whatever_a_port_is_called(evil):
    for way, plain in zip(readings(f"sales/{evil}", "p", "c", "1.0.0"), readings("sales/plain", "p", "c", "1.0.0")):
        for part, like in zip(way.parts, plain.parts):
            # Quotes, dollars and lines are as many as with a plain name: none of the name's own is among them.
            code, expected = part.code.striptags(), like.code.striptags()
            assert {mark: part.code.unescape().count(mark) for mark in "'`$\n"} == {
                mark: like.code.unescape().count(mark) for mark in "'`$\n"
            }, code
            assert code.count('"') == expected.count('"')


def test_rules_that_say_the_same_of_several_columns_are_one_sentence(shop):
    for column in ("order_id", "city"):
        about = {"kind": "required", "columns": [column], "severity": "error", "source": "contract"}
        shop.add("rules", contract="sales.orders.v1", port="sales/orders", rule=f"required_{column}", sentence="…", **about)
    asked = {"kind": "expectation", "severity": "warning", "source": "finance/revenue"}
    shop.add(
        "rules", contract="sales.orders.v1", port="sales/orders", rule="r", sentence="there are rows; it relies on it", **asked
    )
    said = list(sentences(shop.tables["contracts"][0], shop.tables["rules"]))
    assert [one.said for one in said] == [
        "Never null: order_id, city",
        "There are rows",
        "There is a new version at least every day.",
    ]
    assert (said[1].warns, said[1].asked_by) == (True, "finance/revenue")


def test_a_version_says_what_changed_since_the_one_before(shop):
    port = shop.tables["ports"][0]
    shop.tables["versions"][1] |= {"rows": 31}
    shop.tables["versions"][2] |= {"rows": 31, "contract_version": "1.1.0", "contract_digest": "b" * 64}
    shop.tables["versions"][3] |= {"rows": 30, "contract_version": "1.1.0", "contract_digest": "b" * 64, "rolled_back_to": 0}
    for version, number in ((2, 7), (3, 8)):
        keys = {"port": "sales/orders", "major": 1, "version": version}
        shop.add("version_inputs", **keys, input="a/b", input_major=1, input_version=number)
    told = {entry.row["version"]: entry.changes for entry in history(shop.facts(), port, None)}
    assert told == {
        0: ["The first version that is known."],
        1: ["1 row more."],
        2: ["Contract 1.0.0 became 1.1.0."],
        3: ["Rolled back to version 0.", "1 row fewer.", "Newer inputs: a/b 7 → 8."],
    }


@pytest.mark.parametrize("classification", ["personal", "sensitive-personal", "confidential", None, "", "PUBLIC", "unheard of"])
def test_a_column_is_withheld_unless_its_classification_lets_anybody_see_it(shop, classification, tmp_path):
    shop.column("sales/orders", "name", classification=classification)
    columns = [row for row in shop.tables["columns"] if row["port"] == "sales/orders"]
    sample = Sampler(MeshHome(tmp_path)).take(shop.tables["ports"][0], columns)
    assert [name for name, _ in sample.withheld] == ["name"]


def test_a_port_whose_data_cannot_be_read_says_so_instead_of_rows(shop, tmp_path):
    columns = [row for row in shop.tables["columns"] if row["port"] == "sales/orders"]
    sample = Sampler(MeshHome(tmp_path)).take(shop.tables["ports"][0], columns)
    assert sample.rows == () and "sales/orders" in sample.problem


def test_the_glossary_has_the_terms_of_the_contracts_and_the_columns_that_ports_share(shop):
    shop.column("finance/revenue", "net", business_name="Net revenue", glossary_term="Net revenue")
    found = terms(shop.facts())
    assert {name: (term.named, term.count) for name, term in found.items()} == {
        "Net revenue": (True, 1),
        "order_id": (False, 2),
    }


@pytest.mark.parametrize(
    ("seconds", "said"), [(86_400, "1 day"), (90_000, "25 hours"), (7_200, "2 hours"), (5_400, "90 minutes"), (1, "1 second")]
)
def test_a_span_of_time_is_said_as_people_say_it(seconds, said):
    assert span(seconds) == said
