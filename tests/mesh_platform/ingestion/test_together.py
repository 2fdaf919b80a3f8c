"""Several files at once: each is read as if it were alone, and the settings of the warehouse are restored."""

import pytest

from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import SourceError
from mesh_platform.ingestion.reading import ingest_all, reading_paths
from mesh_platform.ingestion.source import WAREHOUSE, CsvSource

NAMES = ("one", "two", "three", "four")


@pytest.fixture
def warehouse(tmp_path):
    with WarehouseFile(tmp_path / "shop.duckdb").get_connection(*reading_paths((), tmp_path / "sources")) as connection:
        connection.execute(f"USE {WAREHOUSE}")
        yield connection


def sources(tmp_path, **files):
    (tmp_path / "sources").mkdir()
    for name, text in files.items():
        (tmp_path / "sources" / f"{name}.csv").write_text(text, encoding="utf-8")
    return [CsvSource(name, f"{name}.csv", {"id": "INTEGER", "at": "TIMESTAMPTZ"}, "One row per thing.") for name in NAMES]


def test_every_outcome_comes_in_the_order_asked_for_whichever_file_is_done_first(tmp_path, warehouse):
    rows = {name: 10 ** (4 - place) for place, name in enumerate(NAMES)}
    files = {name: "id,at\n" + "".join(f"{i},2020-01-01 00:00:00\n" for i in range(count)) for name, count in rows.items()}
    begun = []
    outcomes = list(
        ingest_all(
            sources(tmp_path, **files), tmp_path / "sources", tmp_path / "aside", warehouse, lambda s: begun.append(s.table)
        )
    )
    assert [(source.table, outcome.rows) for source, outcome in outcomes] == list(rows.items())
    assert sorted(begun) == sorted(NAMES)
    for name, count in rows.items():
        assert warehouse.execute(f"SELECT count(*), count(DISTINCT id) FROM raw.{name}").fetchone() == (count, count)


def test_a_file_that_cannot_be_read_leaves_the_others_alone_and_its_table_as_it_was(tmp_path, warehouse):
    good = "id,at\n1,2020-01-01 00:00:00\n"
    declared = sources(tmp_path, one=good, two=good, three=good, four=good)
    list(ingest_all(declared, tmp_path / "sources", tmp_path / "aside", warehouse))
    (tmp_path / "sources" / "two.csv").write_text("id;at\n7;8\n", encoding="utf-8")
    (tmp_path / "sources" / "three.csv").write_text("id,at\n1,2020-01-01 00:00:00\nx,2020-01-01 00:00:00\n", encoding="utf-8")
    (tmp_path / "sources" / "four.csv").unlink()
    again = ingest_all(declared, tmp_path / "sources", tmp_path / "aside", warehouse)
    outcomes = {source.table: outcome for source, outcome in again}
    assert isinstance(outcomes["two"], SourceError)
    assert isinstance(outcomes["four"], SourceError)
    assert (outcomes["one"].aside, outcomes["three"].aside) == (0, 1)
    assert "three.csv,3," in outcomes["three"].aside_file.read_text(encoding="utf-8")
    for name in NAMES:
        assert warehouse.execute(f"SELECT count(*) FROM raw.{name}").fetchone() == (1,)


def test_times_without_a_zone_become_the_same_instant_whatever_zone_the_machine_is_in(tmp_path, warehouse):
    warehouse.execute("SET TimeZone = 'America/Sao_Paulo'")
    text = "id,at\n1,2018-03-10 02:30:00\n"
    list(
        ingest_all(
            sources(tmp_path, one=text, two=text, three=text, four=text), tmp_path / "sources", tmp_path / "aside", warehouse
        )
    )
    (at,) = warehouse.execute('SELECT epoch("at") FROM raw.one').fetchone()
    assert at == 1_520_649_000


def test_the_warehouse_is_left_with_the_settings_it_had(tmp_path, warehouse):
    def settings():
        names = "'threads', 'force_compression'"
        return warehouse.execute(f"SELECT name, value FROM duckdb_settings() WHERE name IN ({names}) ORDER BY name").fetchall()

    before = settings()
    text = "id,at\n1,2020-01-01 00:00:00\n"
    list(
        ingest_all(
            sources(tmp_path, one=text, two=text, three=text, four=text), tmp_path / "sources", tmp_path / "aside", warehouse
        )
    )
    assert settings() == before


def test_nothing_to_read_is_no_work(tmp_path, warehouse):
    assert list(ingest_all([], tmp_path, tmp_path / "aside", warehouse)) == []
