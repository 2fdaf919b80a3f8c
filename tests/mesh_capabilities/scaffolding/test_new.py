"""What `mesh new` writes: few files, everything that the gates ask for, and nothing over what is there."""

import json

import pytest
import yaml

from mesh_capabilities.contract_lint.lint import LintLevel, lint_file
from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.patterns import units_of
from mesh_platform.errors import MeshError, UnknownPort
from mesh_platform.product.offer import load_offer

SUBSCRIBE = ("new", "subscription", "books", "<-", "shop/things")


def added(before, after):
    return {path for path in after if path not in before}


def changed(before, after):
    return {path for path in before if before[path] != after.get(path)}


def test_a_domain_changes_no_shared_file_but_for_a_line_in_the_registry(mesh_new, files):
    before = files()
    mesh_new("new", "domain", "logistics", "--title", "Logistics", "--owner", "team:movers", "--channel", "#move")
    after = files()
    assert changed(before, after) == {"workspace.yaml"}
    line = "  - python_module: {module_name: logistics.definitions, location_name: logistics}\n"
    assert after["workspace.yaml"] == before["workspace.yaml"] + line
    assert all(path.startswith(("domains/logistics/", "dbt_projects/logistics/")) for path in added(before, after))
    said = yaml.safe_load(after["domains/logistics/domain.yaml"])
    assert (said["owner"], said["channel"]) == ("team:movers", "#move")
    assert all("«" not in text and "»" not in text for text in after.values())


@pytest.mark.parametrize("name", ["alpha", "logistics", "zeta"])
def test_a_domain_is_formatted_as_the_linter_wants_it(mesh_new, files, name):
    mesh_new("new", "domain", name)
    lines = files()[f"domains/{name}/{name}/definitions.py"].splitlines()
    imports = [line for line in lines if line.startswith("from ")]
    assert imports == sorted(imports) and len(imports) == 2


def test_a_source_aligned_product_states_what_every_product_has_to_state(grown, mesh_new, project):
    mesh_new("new", "product", "books/order_entries", "--pattern", "source-aligned")
    offer = load_offer(project().domains["books"])
    contract = offer.contracts["order_entries"]
    assert offer.products["order_entries"].tags == ("source-aligned",)
    assert contract.primary_key == ("order_entry_id",)
    assert contract.grain == "One row per order entry."
    assert {column.classification for column in contract.columns} == {"internal"}
    assert contract.freshness.days == 1
    said = yaml.safe_load((grown.root / "domains/books/products/order_entries.odps.yaml").read_text("utf-8"))
    assert said["support"][0]["url"] == "mailto:data-books@example.com"
    assert {entry["property"] for entry in said["customProperties"]} == {"tier"}
    rows = (grown.root / "domains/books/samples/order_entries.csv").read_text("utf-8").splitlines()
    assert rows[0].split(",") == [column.name for column in contract.columns]
    assert len(rows) == 25 and all(row.startswith("sample-") for row in rows[1:])


def test_a_source_and_a_contract_state_how_far_the_volume_may_change(mesh_new, project, files):
    mesh_new("new", "product", "books/order_entries", "--pattern", "source-aligned")
    mesh_new("new", "product", "books/sales_days", "--pattern", "aggregate", "--from", "shop/things")
    sources: dict = {}
    exec(files()["domains/books/books/ingestion.py"], sources)
    (source,) = sources["SOURCES"]
    assert (str(source.aside), str(source.change)) == ("0 rows", "-50 % to +50 %")
    contracts = load_offer(project().domains["books"]).contracts
    (rule,) = (rule for rule in contracts["order_entries"].rules if rule.compared)
    assert (rule.check, rule.blocks, str(rule.bound)) == ("keeps_its_rows", True, "is at least -50")
    assert not any(rule.compared for rule in contracts["sales_days"].rules)


def test_what_is_read_of_another_domain_is_declared(grown, mesh_new, project, files):
    mesh_new("new", "product", "books/sales_days", "--pattern", "aggregate", "--from", "shop/things")
    offer = load_offer(project().domains["books"])
    assert [str(one.address) for one in offer.products["sales_days"].inputs] == ["shop/things"]
    assert "asset_key: [shop, things]" in files()["dbt_projects/books/models/inputs/shop.yml"]
    assert offer.contracts["sales_days"].column_names == ["day", "thing_count"]


def test_a_consumer_takes_over_only_what_is_open_to_all(mesh_new, project):
    mesh_new(*SUBSCRIBE)
    contract = load_offer(project().domains["books"]).contracts["shop_things"]
    assert contract.column_names == ["id", "sold_at", "colour", "days_before_newest"]
    assert contract.columns[2].description == "Red: or blue."


def test_an_amount_is_taken_over_with_its_currency_or_not_at_all(grown, mesh_new, project):
    def amount(name, currency):
        said = [{"property": "currencyColumn", "value": currency}]
        return {"name": name, "physicalType": "DECIMAL(12,2)", "customProperties": said}

    key = {"name": "id", "physicalType": "INTEGER", "primaryKey": True}
    others = [{"name": f"text_{number}", "physicalType": "VARCHAR"} for number in range(6)]
    secret = {"name": "secret", "physicalType": "VARCHAR", "classification": "personal"}
    currency = {"name": "currency", "physicalType": "VARCHAR"}
    grown.contract("things", "shop", [key, amount("paid", "currency"), amount("due", "secret"), *others, secret, currency])
    mesh_new(*SUBSCRIBE)
    contract = load_offer(project().domains["books"]).contracts["shop_things"]
    assert contract.column_names == ["id", "paid", "text_0", "text_1", "text_2", "currency"]
    assert units_of(yaml.safe_load(contract.text)) == {"paid": {"currencyColumn": "currency"}}


def test_two_spellings_of_a_subscription_write_the_same(mesh_new, files):
    mesh_new(*SUBSCRIBE)
    one = files()
    mesh_new("undo")
    mesh_new("new", "subscription", "books", "--from", "shop/things")
    assert files() == one


def test_a_subscription_may_come_to_a_product_that_is_there(mesh_new, files, project):
    mesh_new("new", "product", "books/entries", "--pattern", "source-aligned")
    before = files()
    mesh_new(*SUBSCRIBE, "--product", "entries")
    after = files()
    record, page, descriptor = (
        f"domains/books/{name}" for name in (".scaffold.yaml", "README.md", "products/entries.odps.yaml")
    )
    assert changed(before, after) == {record, page, descriptor}
    assert len(added(before, after)) == 4
    product = load_offer(project().domains["books"]).products["entries"]
    assert [str(one.address) for one in product.inputs] == ["shop/things"]
    assert [str(one.address) for one in product.outputs] == ["books/entries", "books/shop_things"]


def test_a_port_comes_to_its_product(mesh_new, project):
    mesh_new("new", "product", "books/entries", "--pattern", "source-aligned")
    mesh_new("new", "port", "books/entries/daily_entries")
    product = load_offer(project().domains["books"]).products["entries"]
    assert [output.address.port for output in product.outputs] == ["entries", "daily_entries"]
    assert product.inputs == ()


def test_every_contract_that_is_written_is_in_order(grown, mesh_new):
    mesh_new("new", "product", "books/entries", "--pattern", "source-aligned")
    mesh_new("new", "product", "books/daily", "--pattern", "aggregate", "--from", "books/entries")
    mesh_new(*SUBSCRIBE)
    for path in sorted(grown.root.glob("domains/books/contracts/*.yaml")):
        found = lint_file(path, grown.root)
        assert found.of(LintLevel.ERROR) == found.of(LintLevel.WARNING) == [], path


def test_a_dry_run_shows_the_tree_and_writes_nothing(mesh_new, files):
    before = files()
    shown = mesh_new(*SUBSCRIBE, "--dry-run").stdout
    assert "+ shop_things.sql" in shown and "would be written" in shown
    assert files() == before


def test_a_pattern_that_does_not_exist_is_a_bad_command_line(mesh_new, files):
    before = files()
    with pytest.raises(AssertionError, match="'potato' is not one of 'source-aligned'"):
        mesh_new("new", "product", "books/x", "--pattern", "potato")
    assert files() == before


@pytest.mark.parametrize(
    ("words", "error", "why"),
    [
        (["product", "books", "--pattern", "aggregate"], ScaffoldError, "'books' is not of the form domain/product"),
        (["product", "nowhere/x", "--pattern", "source-aligned"], UnknownPort, "There is no domain 'nowhere'"),
        (["product", "books/x", "--pattern", "aggregate"], ScaffoldError, "Name it: --from"),
        (["product", "books/x", "--pattern", "source-aligned", "--from", "shop/things"], ScaffoldError, "and no port"),
        (["product", "books/x", "--pattern", "aggregate", "--from", "shop/nothing"], UnknownPort, "Did you mean shop/things"),
        (["product", "books/x", "--pattern", "aggregate", "--from", "shop"], UnknownPort, "not a port address"),
        (["port", "books/nothing/x"], ScaffoldError, "books has no product 'nothing'"),
        (["subscription", "nowhere", "<-", "shop/things"], UnknownPort, "There is no domain 'nowhere'"),
        (["subscription", "shop", "<-", "shop/things"], ScaffoldError, "belongs to shop itself"),
        (["subscription", "books", "<-", "shop/things", "--product", "x"], ScaffoldError, "books has no product 'x'"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out_and_nothing_is_written(mesh_new, files, words, error, why):
    before = files()
    with pytest.raises(error, match=why):
        mesh_new("new", *words)
    assert files() == before


def test_two_domains_cannot_be_made_to_consume_each_other(mesh_new):
    mesh_new(*SUBSCRIBE)
    with pytest.raises(ScaffoldError, match="shop cannot consume books, because books consumes shop"):
        mesh_new("new", "subscription", "shop", "<-", "books/shop_things")


def test_a_file_that_is_there_is_never_written_over(grown, mesh_new, files):
    grown.write("dbt_projects/books/models/ports/shop_things.sql", "select 1\n")
    before = files()
    with pytest.raises(ScaffoldError, match="shop_things.sql exists already"):
        mesh_new(*SUBSCRIBE)
    assert files() == before


def test_a_key_that_is_personal_is_not_copied(grown, mesh_new):
    columns = [{"name": "id", "physicalType": "INTEGER", "primaryKey": True, "classification": "personal"}]
    grown.contract("things", "shop", columns)
    with pytest.raises(MeshError, match="its key id is neither public nor internal"):
        mesh_new(*SUBSCRIBE)


def test_with_json_one_document_says_what_was_written(mesh_new):
    said = json.loads(mesh_new(*SUBSCRIBE, "--json").stdout)
    assert (said["what"], said["written"], said["ports"]) == ("subscription books <- shop/things", True, ["books/shop_things"])
    assert "dbt_projects/books/models/inputs/shop.yml" in [one["file"] for one in said["made"]]
    assert said["changed"] == ["domains/books/README.md"]
    undone = json.loads(mesh_new("undo", "--json").stdout)
    assert undone["undone"] and len(undone["removed"]) == len(said["made"])
    assert json.loads(mesh_new("update", "--json").stdout)["domains"] == []
