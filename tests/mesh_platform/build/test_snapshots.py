"""Snapshots hold the state of the last published version: a refused or killed run does not change them."""

import duckdb
import pytest

from mesh_platform.build.warehouse import WarehouseFile, put_back, settle

TABLE = '"main_snapshots"."cities"'


class Warehouse:
    """A DuckDB file as the platform opens it, and the changes that dbt makes to the snapshot."""

    def __init__(self, path) -> None:
        self.path = path

    def get_connection(self):
        return WarehouseFile(self.path).get_connection()

    def dbt(self, *cities: str) -> None:
        with duckdb.connect(self.path) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS main_snapshots; CREATE TABLE IF NOT EXISTS {TABLE} (city VARCHAR)")
            for city in cities:
                connection.execute(f"INSERT INTO {TABLE} VALUES ('{city}')")

    def cities(self) -> list[str] | None:
        with duckdb.connect(self.path) as connection:
            try:
                return [city for (city,) in connection.execute(f"FROM {TABLE}").fetchall()]
            except duckdb.CatalogException:
                return None

    def tables(self) -> list[str]:
        with duckdb.connect(self.path) as connection:
            return [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "shop.duckdb")


def run(warehouse, *cities, published=True):
    put_back([TABLE], warehouse)
    warehouse.dbt(*cities)
    if published:
        settle([TABLE], warehouse)


def test_what_was_published_is_remembered(warehouse):
    run(warehouse, "Olinda")
    run(warehouse, "Natal")
    assert warehouse.cities() == ["Olinda", "Natal"]
    assert warehouse.tables() == ["cities"]


def test_what_was_refused_is_forgotten_at_the_next_run(warehouse):
    run(warehouse, "Olinda")
    run(warehouse, "nonsense", published=False)
    run(warehouse, "more nonsense", published=False)
    run(warehouse, "Natal")
    assert warehouse.cities() == ["Olinda", "Natal"]


def test_a_first_run_that_was_refused_leaves_no_snapshot(warehouse):
    run(warehouse, "nonsense", published=False)
    put_back([TABLE], warehouse)
    assert warehouse.cities() is None
    warehouse.dbt("Olinda")
    settle([TABLE], warehouse)
    assert warehouse.cities() == ["Olinda"]


def test_a_run_without_snapshots_opens_no_warehouse(tmp_path):
    warehouse = Warehouse(tmp_path / "nothing.duckdb")
    put_back([], warehouse)
    settle([], warehouse)
    assert not warehouse.path.exists()
