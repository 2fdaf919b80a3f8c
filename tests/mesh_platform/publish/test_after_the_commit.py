"""Once a version is committed it is served: what fails afterwards is a note, and the verdict stays."""

from types import SimpleNamespace

import duckdb
import pytest

from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import WarehouseFile, put_back, settle
from mesh_platform.events import Noted, Published, listening
from mesh_platform.product.offer import load_offer
from mesh_platform.publish.attempt import Work
from mesh_platform.publish.publishing import commit

SNAPSHOT = '"main_snapshots"."cities"'


class Warehouse:
    """A warehouse whose connection raises `problem`, if there is one."""

    def __init__(self, path, problem=None):
        self.path = path
        self.problem = problem

    def get_connection(self):
        if self.problem:
            raise self.problem
        return WarehouseFile(self.path).get_connection()


@pytest.fixture
def committed(company, parquet):
    """Commits a candidate, with that warehouse; returns the attempt and the events."""

    def run(warehouse):
        domain = company.domain()
        company.contract()
        company.product()
        graph = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), (), (SNAPSHOT,))}
        work = Work(load_offer(domain), graph, warehouse)
        attempt = work.attempts(["things"])["things"]
        attempt.audit = SimpleNamespace(rows=1, verdicts=())
        parquet("SELECT 1::INTEGER AS id", domain.home.candidates("shop") / "things.parquet")
        events = []
        with listening(events.append):
            commit(attempt, work)
        assert attempt.candidate.port.current().number == 0
        return attempt, events

    return run


FAILURES = {
    "of the engine": duckdb.CatalogException("Catalog Error: Existing object x is of type View"),
    "of the disk": duckdb.IOException('IO Error: Could not write file "/w.duckdb": No space left on device'),
    "of the system": PermissionError(13, "Permission denied", "/w.duckdb"),
    "of the platform's own": RuntimeError("unforeseen"),
    "with a value": duckdb.NotImplementedException("Not implemented Error: Unknown TimeZone 'sao jose'!"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_after_the_commit_changes_the_verdict(failure, committed, tmp_path):
    attempt, events = committed(Warehouse(tmp_path / "w.duckdb", FAILURES[failure]))
    assert attempt.version.number == 0
    assert attempt.problem is None
    note, published = events
    assert isinstance(note, Noted)
    assert note.text.startswith("after shop/things was published: ")
    assert "sao jose" not in note.text
    assert isinstance(published, Published)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), RuntimeError("a query was interrupted")])
def test_an_interruption_after_the_commit_still_ends_the_run(interruption, committed, tmp_path):
    if isinstance(interruption, RuntimeError):
        interruption.__cause__ = KeyboardInterrupt()
    with pytest.raises(type(interruption)):
        committed(Warehouse(tmp_path / "w.duckdb", interruption))


def test_a_view_that_a_build_leaves_in_the_place_of_a_copy_is_dropped_as_a_view(committed, tmp_path):
    warehouse = Warehouse(tmp_path / "w.duckdb")
    put_back([SNAPSHOT], warehouse)
    copy = '"main_snapshots"."cities__published"'
    with duckdb.connect(warehouse.path) as connection:
        connection.execute(f"DROP TABLE {copy}; CREATE VIEW {copy} AS SELECT 1 AS x")
    attempt, events = committed(warehouse)
    assert attempt.problem is None
    assert [type(event) for event in events] == [Published]
    with duckdb.connect(warehouse.path) as connection:
        assert connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall() == []


@pytest.mark.parametrize("place", ["cities", "cities__published"])
def test_a_view_in_the_place_of_a_snapshot_or_its_copy_does_not_stop_the_next_run(place, tmp_path):
    warehouse = Warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(warehouse.path) as connection:
        connection.execute("CREATE SCHEMA main_snapshots; CREATE TABLE gone (x INT)")
        connection.execute(f'CREATE VIEW main_snapshots."{place}" AS FROM gone; DROP TABLE gone')
    put_back([SNAPSHOT], warehouse)
    with duckdb.connect(warehouse.path) as connection:
        connection.execute(f"CREATE TABLE {SNAPSHOT} AS SELECT 'Olinda' AS city")
    settle([SNAPSHOT], warehouse)
    put_back([SNAPSHOT], warehouse)
    with duckdb.connect(warehouse.path) as connection:
        assert connection.execute(f"FROM {SNAPSHOT}").fetchall() == [("Olinda",)]
