"""Reading product descriptors: a valid one becomes a product, an invalid one is refused with the name of its file."""

import pytest

from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import PortReference, load_product

FILE = r"things\.odps\.yaml"


@pytest.fixture
def load(company):
    return lambda **keys: load_product(company.product(**keys), company.root)


def reference(name="orders", contract_id="sales.orders.v1", version="1.0.0"):
    return {"name": name, "version": version, "contractId": contract_id}


def test_a_valid_descriptor_says_what_the_product_is(load):
    product = load(
        version="2.1.0",
        tags=["daily", "core"],
        description={"purpose": "  To have\n  things. "},
        inputPorts=[reference(), reference("leads", "marketing.leads.v12", "12.0.1")],
        ports=["things", "parts"],
        team={"name": "warehouse"},
    )
    assert (product.name, product.domain, product.version, product.status) == ("things", "shop", "2.1.0", "active")
    assert (product.purpose, product.owner, product.tags) == ("To have things.", "warehouse", ("daily", "core"))
    assert product.inputs == (
        PortReference(PortAddress("sales", "orders"), 1, "sales.orders.v1", "1.0.0"),
        PortReference(PortAddress("marketing", "leads"), 12, "marketing.leads.v12", "12.0.1"),
    )
    assert [output.address for output in product.outputs] == [("shop", "things"), ("shop", "parts")]
    assert product.file == "domains/shop/products/things.odps.yaml"


def cut(value):
    properties = [{"property": "colour", "value": "x"}, {"property": "latestDays", "value": value}]
    return reference() | {"customProperties": properties}


def test_a_product_may_declare_that_it_reads_the_latest_days_only(load):
    whole, narrow = load(inputPorts=[reference("leads", "marketing.leads.v1"), cut(28)]).inputs
    assert (whole.latest_days, narrow.latest_days) == (None, 28)


@pytest.mark.parametrize("value", [0, -1, 1.5, "28", True, None, []])
def test_latest_days_that_are_no_number_of_days_are_refused(load, value):
    with pytest.raises(ContractError, match="latestDays"):
        load(inputPorts=[cut(value)])


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("sales/customers", "1.0.0"),
        ("marketing/orders", "1.0.0"),
        ("sales/orders", "2.0.0"),
        ("orders", "v1"),
    ],
)
def test_the_name_and_the_version_of_a_port_are_those_of_its_contract(load, name, version):
    with pytest.raises(ContractError, match=f"the port '{name}' of version {version} has the contractId sales.orders.v1"):
        load(inputPorts=[reference(name, version=version)])


@pytest.mark.parametrize(("name", "version"), [("sales/orders", "1.4.2"), ("our orders", "1.0.0")])
def test_an_input_may_have_a_name_of_its_own_and_an_earlier_version(load, name, version):
    assert load(inputPorts=[reference(name, version=version)]).inputs[0].address == ("sales", "orders")


def test_a_product_may_consume_nothing_and_say_little(load):
    product = load(description=None, tags=None)
    assert (product.inputs, product.tags, product.purpose) == ((), (), "")


@pytest.mark.parametrize("text", ["", "- a list", "name: [things", "words"])
def test_a_file_that_is_no_yaml_mapping_is_named(company, text):
    path = company.write("domains/shop/products/things.odps.yaml", text)
    with pytest.raises(ContractError, match=FILE):
        load_product(path, company.root)


@pytest.mark.parametrize("version", [None, "v3.1.0", "1.0.0", 1])
def test_an_unknown_version_of_the_standard_is_answered_with_the_known_one(load, version):
    with pytest.raises(ContractError, match=rf"{FILE} declares apiVersion .*v1\.0\.0"):
        load(apiVersion=version)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Product"}, "kind"),
        ({"id": None}, "'id' is a required property"),
        ({"status": None}, "'status' is a required property"),
        ({"team": "shop"}, "team"),
        ({"outputPorts": [{"name": "things", "contractId": "shop.things.v1"}]}, "'version' is a required property"),
        ({"outputPorts": [{"version": "1.0.0", "contractId": "shop.things.v1"}]}, "'name' is a required property"),
        ({"inputPorts": [{"name": "orders", "version": "1.0.0"}]}, "'contractId' is a required property"),
    ],
)
def test_what_the_standard_s_schema_refuses_is_refused_with_its_reason(load, change, message):
    with pytest.raises(ContractError, match=rf"{FILE} is not valid ODPS v1\.0\.0") as refusal:
        load(**change)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"team": None}, "names no team.*Add team.name"),
        ({"team": {}}, "names no team"),
        ({"team": {"name": ""}}, "names no team"),
        ({"outputPorts": [{"name": "things", "version": "1.0.0"}]}, "'things' has the contractId None"),
        (
            {"outputPorts": [reference("things", "things-v1")]},
            r"'things' has the contractId 'things-v1'.*like sales\.orders\.v1",
        ),
        ({"inputPorts": [reference("orders", "Sales.orders.v1")]}, r"'orders' has the contractId 'Sales\.orders\.v1'"),
        ({"inputPorts": [reference("orders", "sales.orders")]}, r"'orders' has the contractId 'sales\.orders'"),
        (
            {"outputPorts": [reference("other", "shop.things.v1")]},
            r"publishes the port 'other' under the contract shop\.things\.v1",
        ),
        ({"outputPorts": [reference("things", "books.things.v1")]}, r"with the id shop\.things\.v<major>"),
    ],
)
def test_what_is_no_product_here_is_refused_with_the_way_out(load, change, message):
    with pytest.raises(ContractError, match=rf"{FILE}.*{message}"):
        load(**change)


def test_a_descriptor_has_the_name_of_its_file(company):
    path = company.product("things")
    moved = path.rename(path.with_name("goods.odps.yaml"))
    with pytest.raises(ContractError, match=r"goods\.odps\.yaml has name: 'things', but its path implies 'goods'"):
        load_product(moved, company.root)


def test_a_descriptor_in_another_domain_s_folder_is_refused(company):
    path = company.product("things")
    moved = company.root / "domains/books/products/things.odps.yaml"
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    with pytest.raises(ContractError, match=rf"domains/books/products/{FILE} has domain: 'shop', but its path implies 'books'"):
        load_product(moved, company.root)


NEW = {
    "type": "aggregate",
    "deprecated": False,
    "synonyms": [{"synonym": "parts", "locale": "en-US"}],
    "context": {"instructions": "Count things.", "constraints": [{"constraint": "Show no prices."}]},
}


def test_a_descriptor_of_version_1_1_is_read_as_one_of_1_0(load):
    ports = {"inputPorts": [reference() | {"id": "in", "deprecated": True}]}
    assert load(apiVersion="v1.1.0", **NEW, **ports) == load(inputPorts=[reference()])


@pytest.mark.parametrize("key", NEW)
def test_the_keys_of_version_1_1_are_unknown_in_1_0(load, key):
    with pytest.raises(ContractError, match=rf"is not valid ODPS v1\.0\.0.*'{key}'"):
        load(**{key: NEW[key]})


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"inputPorts": [{"name": "orders"}]}, "'orders' has the contractId None, so nothing pins it to a contract"),
        ({"inputPorts": [{"name": "orders", "contractId": "sales.orders.v1"}]}, "'orders' has no version"),
        ({"outputPorts": [{"name": "things", "contractId": "shop.things.v1"}]}, "'things' has no version"),
        ({"deprecated": True, "status": "active"}, "has deprecated: true, but status: active"),
    ],
)
def test_what_version_1_1_leaves_open_is_asked_for(load, keys, found):
    with pytest.raises(ContractError, match=rf"{FILE}.*{found}"):
        load(apiVersion="v1.1.0", **keys)


def test_a_status_is_asked_for_in_version_1_1(company):
    path = company.product(apiVersion="v1.1.0")
    path.write_text(path.read_text("utf-8").replace("status", "tenant"), "utf-8")
    with pytest.raises(ContractError, match="has status: None.*Write one of proposed"):
        load_product(path, company.root)


def test_a_product_that_is_deprecated_says_so_twice_in_version_1_1(load):
    assert load(apiVersion="v1.1.0", deprecated=True, status="deprecated").status == "deprecated"
