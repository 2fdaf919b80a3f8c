"""The metadata as a source: what a domain publishes of them, and that its own publishing changes nothing in it."""

import duckdb

from mesh_capabilities.governance.catalog.source import PUBLISHED, MetadataSource, read_metadata
from mesh_capabilities.governance.catalog.tables import TABLES


def digests(small_mesh, reader="books"):
    with duckdb.connect() as warehouse:
        tables = read_metadata(MetadataSource(), small_mesh.open(), reader, warehouse)
        assert {name for (name,) in warehouse.execute("SELECT table_name FROM duckdb_tables()").fetchall()} == set(PUBLISHED)
        return {name: table.digest for name, table in tables.items()}


def test_two_readings_of_one_mesh_are_the_same(small_mesh):
    small_mesh.publish("shop/things")
    assert digests(small_mesh) == digests(small_mesh)


def test_what_the_reader_publishes_changes_nothing_in_what_it_reads(small_mesh):
    small_mesh.publish("shop/things")
    small_mesh.publish("books/sales", {"shop/things": 0})
    first = digests(small_mesh)
    small_mesh.publish("books/sales")
    assert {name for name, digest in digests(small_mesh).items() if digest != first[name]} == set()


def test_what_others_publish_changes_what_it_reads(small_mesh):
    small_mesh.publish("shop/things")
    first = digests(small_mesh)
    small_mesh.publish("shop/things")
    assert {name for name, digest in digests(small_mesh).items() if digest != first[name]} == {"ports", "versions"}


def test_the_readers_own_ports_are_there_as_they_are_declared(small_mesh):
    small_mesh.publish("shop/things")
    small_mesh.publish("books/sales", {"shop/things": 0})
    with duckdb.connect() as warehouse:
        read_metadata(MetadataSource(), small_mesh.open(), "books", warehouse)
        rows = warehouse.execute("SELECT port, contract, served_version FROM raw.ports ORDER BY port").fetchall()
    assert rows == [
        ("books/sales", "books.sales.v1", None),
        ("shop/sellers", "shop.sellers.v1", None),
        ("shop/things", "shop.things.v1", 0),
    ]


def test_every_published_table_has_its_key(small_mesh):
    with duckdb.connect() as warehouse:
        read_metadata(MetadataSource(), small_mesh.open(), "books", warehouse)
        for name in PUBLISHED:
            columns = {column for column, *_ in warehouse.execute(f'DESCRIBE raw."{name}"').fetchall()}
            assert set(TABLES[name].key) <= columns
