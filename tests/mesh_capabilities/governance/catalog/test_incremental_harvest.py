"""Only what has changed is read again; the tests count reads."""

from mesh_capabilities.governance.catalog import harvest_observed


def test_nothing_is_read_when_nothing_has_changed(small_mesh):
    small_mesh.publish("shop/things")
    assert small_mesh.reads() == {"domain": 2, "product": 3, "contract": 3, "project": 2, "port": 1, "dbt": 4}
    assert small_mesh.reads() == {}


def test_after_one_changed_contract_only_it_and_its_consumers_are_read(small_mesh):
    small_mesh.open()
    small_mesh.company.contract("things", columns=({"name": "id", "logicalType": "integer"},))
    assert small_mesh.reads() == {"contract": 1, "product": 1}
    (rule,) = [row for row in small_mesh.open().rows("rules") if row["kind"] == "expectation"]
    assert rule["sentence"].startswith("has the columns id, price")


def test_after_one_new_version_only_that_port_is_read(small_mesh):
    small_mesh.publish("shop/things")
    small_mesh.publish("shop/sellers")
    small_mesh.open()
    small_mesh.publish("shop/things")
    assert small_mesh.reads() == {"port": 1}


def test_after_one_changed_model_only_the_columns_of_its_port_are_followed(small_mesh, monkeypatch):
    small_mesh.open()
    followed = []
    whole = harvest_observed.DomainColumns.of_port
    monkeypatch.setattr(
        harvest_observed.DomainColumns, "of_port", lambda self, port: followed.append(port) or whole(self, port)
    )
    small_mesh.model("shop", "things", "select price, id from raw.things")
    assert small_mesh.reads() == {"project": 1, "dbt": 2}
    assert followed == ["things"]


def test_columns_are_not_followed_again_when_only_a_description_changes(small_mesh, monkeypatch):
    small_mesh.open()
    monkeypatch.setattr(harvest_observed.DomainColumns, "of_port", lambda self, port: 1 / 0)
    path = small_mesh.root / "domains/shop/contracts/things.v1.odcs.yaml"
    path.write_text(path.read_text().replace("The things.", "All the things."))
    assert small_mesh.reads() == {"contract": 1, "product": 1}
    assert len(small_mesh.open().rows("column_lineage")) == 8


def test_a_removed_file_disappears_and_nothing_else_is_read(small_mesh):
    small_mesh.open()
    (small_mesh.root / "domains/shop/products/sellers.odps.yaml").unlink()
    assert small_mesh.reads() == {}
    assert [row["product"] for row in small_mesh.open().rows("products")] == ["books/sales", "shop/things"]


def test_a_repaired_file_is_read_again(small_mesh):
    small_mesh.company.write("domains/shop/contracts/sellers.v1.odcs.yaml", "id: [\n")
    small_mesh.open()
    assert small_mesh.reads() == {}
    small_mesh.company.contract("sellers", columns=({"name": "id", "logicalType": "integer"},))
    assert small_mesh.reads() == {"contract": 1}
    assert all(row["valid"] for row in small_mesh.open().rows("contracts"))


def test_a_damaged_file_of_facts_is_harvested_again(small_mesh):
    rows = small_mesh.open().rows("columns")
    (small_mesh.root / ".mesh/catalog/harvest.duckdb").write_bytes(b"no database")
    assert small_mesh.reads()["contract"] == 3
    assert small_mesh.open().rows("columns") == rows


def test_an_open_catalog_does_not_change_with_the_next_harvest(small_mesh):
    before = small_mesh.open()
    small_mesh.company.write("domains/shop/contracts/things.v1.odcs.yaml", "id: [\n")
    assert not all(row["valid"] for row in small_mesh.open().rows("contracts"))
    assert all(row["valid"] for row in before.rows("contracts"))
