"""The metadata as a source: what a domain publishes, independent of its own publishes."""

import duckdb

from mesh_capabilities.governance.catalog.metadata_source import PUBLISHED, MetadataSource, read_metadata
from mesh_capabilities.governance.catalog.tables import TABLES


def digests(small_mesh, reader="books"):
    with duckdb.connect() as warehouse:
        warehouse.execute("ATTACH ':memory:' AS warehouse; USE warehouse")
        tables = read_metadata(MetadataSource(), small_mesh.open(), reader, warehouse)
        assert {name for (name,) in warehouse.execute("SELECT table_name FROM duckdb_tables()").fetchall()} == set(PUBLISHED)
        return {name: table.digest for name, table in tables.items()}


def test_two_readings_of_one_mesh_are_the_same(small_mesh):
    small_mesh.publish("shop/things")
    assert digests(small_mesh) == digests(small_mesh)


def test_the_reader_s_own_versions_do_not_change_what_it_reads(small_mesh):
    small_mesh.publish("shop/things")
    small_mesh.publish("books/sales", {"shop/things": 0})
    first = digests(small_mesh)
    small_mesh.publish("books/sales")
    assert {name for name, digest in digests(small_mesh).items() if digest != first[name]} == set()


def test_new_versions_of_others_change_what_it_reads(small_mesh):
    small_mesh.publish("shop/things")
    first = digests(small_mesh)
    small_mesh.publish("shop/things")
    assert {name for name, digest in digests(small_mesh).items() if digest != first[name]} == {"ports", "versions"}


def test_the_reader_s_own_ports_have_their_declarations_only(small_mesh):
    small_mesh.publish("shop/things")
    small_mesh.publish("books/sales", {"shop/things": 0})
    with duckdb.connect() as warehouse:
        warehouse.execute("ATTACH ':memory:' AS warehouse; USE warehouse")
        read_metadata(MetadataSource(), small_mesh.open(), "books", warehouse)
        rows = warehouse.execute("SELECT port, contract, served_version FROM raw.ports ORDER BY port").fetchall()
    assert rows == [
        ("books/sales", "books.sales.v1", None),
        ("shop/sellers", "shop.sellers.v1", None),
        ("shop/things", "shop.things.v1", 0),
    ]


def test_every_published_table_has_the_columns_of_its_key(small_mesh):
    with duckdb.connect() as warehouse:
        warehouse.execute("ATTACH ':memory:' AS warehouse; USE warehouse")
        read_metadata(MetadataSource(), small_mesh.open(), "books", warehouse)
        for name in PUBLISHED:
            columns = {column for column, *_ in warehouse.execute(f'DESCRIBE raw."{name}"').fetchall()}
            assert set(TABLES[name].key) <= columns
