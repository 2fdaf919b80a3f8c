"""Files that are whole but wrong: too many rows that cannot be read, too few rows. Nothing is published from them."""

import json
import re
import shutil

import pytest

ORDERS, SELLERS = "olist/olist_orders_dataset.csv", "olist/olist_sellers_dataset.csv"
FROM_ORDERS = {"sales/orders", "sales/order_items", "sales/customers", "sales/order_events", "sales/customer_history"}
"""The ports that read the orders, or belong to a product with one that does, or are built from one."""
OTHERS = {"sales/sellers", "sales/catalog"}
VOLUME = """    quality:
      - name: keeps_its_rows
        metric: rowCount
        arguments: {comparedWith: previousVersion}
        unit: percent
        mustBeGreaterOrEqualTo: -50
"""


@pytest.fixture
def fewer(mesh, tmp_path):
    """Sources with every tenth seller."""
    lines = (mesh.sources / SELLERS).read_bytes().splitlines(keepends=True)
    yield mesh.sources_with(tmp_path / "fewer", SELLERS, b"".join([lines[0], *lines[1::10]]))
    mesh.run("run", "sales/sellers", "--source", mesh.sources, "--accept-volume", "sales/sellers")


@pytest.fixture
def back(mesh):
    """The mesh reads its own sources again afterwards."""
    yield
    mesh.run("run", "sales", "--source", mesh.sources, "--accept-volume", "sales")


def test_nothing_is_published_from_a_file_of_which_many_rows_cannot_be_read(mesh, tmp_path, back):
    lines = (mesh.sources / ORDERS).read_text(encoding="utf-8").splitlines(keepends=True)
    turned = [re.sub(r"(\d{4})-(\d\d)-(\d\d) ", r"\3-\2-\1 ", line) for line in lines[1 : len(lines) * 2 // 5]]
    folder = mesh.sources_with(tmp_path / "turned", ORDERS, "".join([lines[0], *turned, *lines[len(turned) + 1 :]]).encode())
    before = mesh.versions()
    said = mesh.json("run", "sales", "--source", folder, code=1)
    assert {port["port"] for port in said["published"]} == OTHERS
    assert {port["port"] for port in said["refused"]} == FROM_ORDERS
    (reason,) = [port["reason"] for port in said["refused"] if port["port"] == "sales/orders"]
    assert f"{len(turned):,} rows of {ORDERS} could not be read" in reason
    assert "the source sales/orders allows 0 rows to be set aside" in reason
    assert str(mesh.home / "aside/sales/orders.csv") in reason
    after = mesh.versions()
    assert {port for port in after if after[port] != before[port]} == OTHERS
    # What a later run builds without reading is refused as well, and a trial says so.
    (tried,) = mesh.json("dev", "sales/customers", "--once", code=1)["ports"]
    assert "could not be read" in tried["error"]


def test_nothing_is_published_from_a_file_that_lost_most_of_its_rows(mesh, fewer):
    before = mesh.versions()
    printed = mesh.run("run", "sales/sellers", "--source", fewer, code=1).stdout
    assert f"{SELLERS} has 3 rows and had 30 in the version before, -90.0 %" in printed
    assert "the source sales/sellers allows -50 % to +50 %; set aside: 0 rows" in printed
    assert "`mesh run sales --accept-volume sales/sellers`" in printed
    assert mesh.versions() == before
    # A refused reading is not what the next one is compared with.
    assert "had 30 in the version before" in mesh.run("run", "sales/sellers", "--source", fewer, code=1).stdout
    assert mesh.versions() == before


def test_an_operator_accepts_the_volume_once_and_the_version_says_so(mesh, fewer):
    printed = mesh.run("run", "sales/sellers", "--source", fewer, "--accept-volume", "sales/sellers").stdout
    assert "! sales: olist/olist_sellers_dataset.csv has 3 rows and had 30 in the version before, -90.0 %, accepted" in printed
    newest = mesh.json("history", "sales/sellers")[0]
    assert newest["accepted"] == {"sellers": f"{SELLERS} has 3 rows and had 30 in the version before, -90.0 %, accepted"}
    assert "-90.0 %, accepted" in " ".join(mesh.run("history", "sales/sellers").stdout.split())
    said = mesh.json("run", "sales/sellers", "--source", fewer)
    assert (said["ok"], said["published"][0]["accepted"]) == (True, {})


def test_a_name_that_a_run_does_not_have_is_refused_before_anything_is_read(mesh):
    printed = mesh.run("run", "sales/sellers", "--accept-volume", "sales/seller", code=1)
    assert "This run has no source or port sales/seller. Did you mean sales/sellers" in printed.stderr
    assert "read olist" not in printed.stdout


@pytest.fixture
def port_as_it_was(mesh, tmp_path):
    """The port sales/sellers is afterwards what it was before: no later run may go back to an earlier contract."""
    folder = mesh.home / "ports/sales/sellers"
    shutil.copytree(folder, tmp_path / "sellers")
    yield
    shutil.rmtree(folder)
    shutil.move(tmp_path / "sellers", folder)


def test_a_contract_compares_with_the_version_before_and_the_operator_may_accept(mesh, fewer, port_as_it_was):
    contract = "domains/sales/contracts/sellers.v1.odcs.yaml"
    descriptor = "domains/sales/products/sellers.odps.yaml"
    sources = "domains/sales/sales/ingestion.py"
    any_volume = ('description="One row per seller.",', 'description="One row per seller.", volume=None, reason="A test.",')
    rule = ("    quality:\n", VOLUME)
    newer = ("    version: 1.0.0\n    contractId: sales.sellers", "    version: 1.1.0\n    contractId: sales.sellers")
    with (
        mesh.changed(contract, rule, ("\nversion: 1.0.0\n", "\nversion: 1.1.0\n")),
        mesh.changed(descriptor, newer),
        mesh.changed(sources, any_volume),
    ):
        printed = mesh.run("run", "sales/sellers", "--source", fewer, code=1).stdout
        assert "keeps_its_rows: the change of the number of rows since the previous version" in printed
        assert "found -90.0 %, 3 rows after 30 (`--accept-volume sales/sellers` accepts it)" in printed
        mesh.run("run", "sales/sellers", "--source", fewer, "--accept-volume", "sales/sellers")
        assert mesh.json("history", "sales/sellers")[0]["accepted"] == {
            "sales/sellers": "it has 3 rows and had 30 in the version before, -90.0 %, accepted"
        }


def test_a_run_without_a_folder_says_first_which_one_it_reads(mesh):
    printed = mesh.run("run", "sales/sellers").stdout
    assert printed.splitlines()[0].strip() == f"source files: {mesh.sources}"
    assert mesh.json("run", "sales/sellers")["source"] == str(mesh.sources)
    assert "source files" not in mesh.run("run", "sales/sellers", "--source", mesh.sources).stdout


def test_nothing_is_published_from_a_reading_that_was_cut_off_until_it_is_repeated(mesh):
    file = mesh.home / "read/sales.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**record, "sellers": None}), encoding="utf-8")
    (tried,) = mesh.json("dev", "sales/sellers", "--once", code=1)["ports"]
    assert "its source sellers was not read to the end" in tried["error"]
    assert mesh.json("run", "sales/sellers")["ok"]
    assert json.loads(file.read_text(encoding="utf-8")) == record
