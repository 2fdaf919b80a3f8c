"""A hostile build leaves objects in its own warehouse, and waits for the platform to open it, which is not locked in a sandbox.

Every attempt plants SQL in the file as a build may; then the platform does with the file all that it ever does. Afterwards the
file is searched for what only the platform can read.
"""

import sqlite3
import time
from pathlib import Path

import duckdb
import pytest
from tests.attacks.conftest import raw_tables

from mesh_capabilities.doctor.checks import State, check_warehouses
from mesh_isolation.engine import attached, identifier
from mesh_platform.build.warehouse import WarehouseFile, put_back, settle
from mesh_platform.ingestion.reading import ingest, reading_paths
from mesh_platform.ingestion.source import CsvSource

SECRET = "PLANTED-VALUE-OF-ANOTHER-DOMAIN"
SOURCE = CsvSource("things", "things.csv", {"id": "INTEGER", "note": "VARCHAR"}, "Things.")
SNAPSHOT = '"main_snapshots"."cities"'
CSV = (
    "p, columns := null, nullstr := null, auto_detect := null, header := null, delim := null, "
    "quote := null, escape := null, max_line_size := null, store_rejects := null, rejects_limit := null"
)
ENDLESS = "select count(*) as c from range(1000000000) a, range(1000000000) b"
LEAK, READS = "select 1 as id, content as note from read_text(['<secret>'])", "read_text(['<secret>'])"

PLANTS = {
    "a macro named read_csv": f"create macro main.read_csv({CSV}) as table {LEAK}",
    "a macro named read_csv in the schema raw": f"create schema raw; create macro raw.read_csv({CSV}) as table from {READS}",
    "a macro named read_parquet": f"create macro main.read_parquet(p, hive_partitioning := false) as table from {READS}",
    "a macro named duckdb_tables": f"create macro main.duckdb_tables() as table {ENDLESS}",
    "a macro named duckdb_views": f"create macro main.duckdb_views() as table {ENDLESS}",
    "a macro named duckdb_columns": f"create macro main.duckdb_columns() as table {ENDLESS}",
    "a scalar macro named error": "create macro main.error(x) as 'nothing'",
    "an aggregate named count": "create macro main.count(x := 1) as 0",
    "a view in place of the source": f"create schema raw; create view raw.things as {LEAK}",
    "an endless view in place of the source": f"create schema raw; create view raw.things as {ENDLESS}",
    "a view in place of a snapshot": f"create schema main_snapshots; create view main_snapshots.cities as from {READS}",
    "a view in place of its copy": f"create schema main_snapshots; create view main_snapshots.cities__published as {LEAK}",
    "an endless view in place of its copy": (
        f"create schema main_snapshots; create view main_snapshots.cities__published as {ENDLESS}"
    ),
    "a view with a macro that is replaced later": (
        f"create macro main.leak(p) as table select 'harmless' as content; create schema main_snapshots; "
        f"create view main_snapshots.cities__published as select * from main.leak('x'); "
        f"create or replace macro main.leak(p) as table from {READS}"
    ),
    "a table of rejected rows": (
        "create table main.reject_errors (line_byte_position bigint, column_idx bigint, error_type varchar, "
        "error_message varchar, csv_line varchar); insert into main.reject_errors values (1, 1, 'x', 'x', 'x')"
    ),
    "a column that is computed": (
        "create schema main_snapshots; create macro main.leak(x) as (select content from read_text(x)); "
        "create table main_snapshots.cities (city varchar, read varchar as (city || 'x'))"
    ),
    "a type named like the table": "create type main.things as enum ('x')",
}


@pytest.fixture
def secret(tmp_path) -> Path:
    file = tmp_path / "vault/secret.txt"
    file.parent.mkdir()
    file.write_text(SECRET, encoding="utf-8")
    return file


@pytest.mark.parametrize("plant", PLANTS)
def test_what_a_build_leaves_in_its_warehouse_is_not_executed_with_the_rights_of_the_platform(plant, tmp_path, secret, home):
    warehouse = WarehouseFile(home.warehouse("shop"))
    warehouse.path.parent.mkdir(parents=True)
    with duckdb.connect(warehouse.path) as build:
        build.execute(PLANTS[plant].replace("<secret>", str(secret)))
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "things.csv").write_text("id,note\n1,a\n2,b\nx,c\n", encoding="utf-8")

    start = time.monotonic()
    put_back([SNAPSHOT], warehouse)
    with warehouse.get_connection(*reading_paths((), sources)) as connection:
        ingested = ingest(SOURCE, sources, tmp_path / "aside", connection)
    assert raw_tables(warehouse) == {"things"}
    settle([SNAPSHOT], warehouse)
    put_back([SNAPSHOT], warehouse)
    assert [symptom.state for symptom in check_warehouses(home)] == [State.good]
    assert time.monotonic() - start < 20

    assert (ingested.rows, ingested.aside) == (2, 1)
    with attached(warehouse.path, "w", read_only=True) as reader:
        assert reader.execute("FROM w.raw.things ORDER BY id").fetchall() == [(1, "a"), (2, "b")]
        tables = reader.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'w'").fetchall()
        held = [str(reader.execute(f'FROM w."{schema}"."{table}"').fetchall()) for schema, table in tables]
    assert not [rows for rows in held if SECRET in rows]


def test_the_platform_opens_a_warehouse_in_one_place_only(repository=Path(__file__).parents[2] / "platform"):
    """Any other connection to such a file would find its macros before the functions of DuckDB."""
    opened = [
        f"{path.relative_to(repository)}: {line.strip()}"
        for path in sorted(repository.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "duckdb.connect(" in line and not ("duckdb.connect()" in line or "connect(config=" in line)
    ]
    assert opened == []


def test_a_file_of_another_format_loads_no_extension(tmp_path):
    file = tmp_path / "shop.duckdb"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE t (a)")
    with pytest.raises(duckdb.Error, match="not a valid DuckDB database"), attached(file, "w"):
        pass


@pytest.mark.parametrize("name", ['a"."b', 'a"b', "a.b", '"', '".', "", " ", "a'b", "select", "ä\u202e"])
def test_a_snapshot_of_any_name_is_put_back_and_settled(home, name):
    warehouse = WarehouseFile(home.warehouse("shop"))
    table = f"{identifier(name or 'x')}.{identifier(name or 'x')}"
    put_back([table], warehouse)
    with warehouse.get_connection() as connection:
        connection.execute(f"CREATE TABLE warehouse.{table} AS SELECT 1 AS value")
    settle([table], warehouse), put_back([table], warehouse), put_back([table], warehouse)
    with warehouse.get_connection() as connection:
        assert connection.execute(f"FROM warehouse.{table}").fetchall() == [(1,)]
