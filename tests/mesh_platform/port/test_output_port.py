"""An output port on disk: published by one commit, readable by any Delta reader, append-only."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from deltalake import DeltaTable, QueryBuilder

from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort


def read(port, sql="SELECT * FROM port", version=None):
    """The rows as `deltalake` reads them, without the platform and DuckDB."""
    table = DeltaTable(str(port.folder), version=version)
    answer = QueryBuilder().register("port", table).execute(sql).read_all()
    return list(zip(*(answer.column(name).to_pylist() for name in answer.column_names)))


def test_what_is_published_is_readable_by_deltalake_alone(publish, orders):
    columns = {"id": "INTEGER", "paid": "DECIMAL(12,2)", "note": "VARCHAR"}
    publish("SELECT 7::INTEGER AS id, 0.10::DECIMAL(12,2) AS paid, 'größe ☃' AS note", columns)
    assert read(orders) == [(7, Decimal("0.10"), "größe ☃")]


STORED = {
    "VARCHAR": ("'it''s'", "it's"),
    "SMALLINT": ("-32768", -32768),
    "INTEGER": ("2147483647", 2147483647),
    "BIGINT": ("9007199254740993", 9007199254740993),
    "FLOAT": ("0.5", 0.5),
    "DOUBLE": ("1e300", 1e300),
    "BOOLEAN": ("false", False),
    "DATE": ("DATE '2016-02-29'", date(2016, 2, 29)),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMPTZ '2018-01-31 12:00:00.000001+00'", datetime(2018, 1, 31, 12, 0, 0, 1, tzinfo=UTC)),
    "DECIMAL(12,2)": ("'9999999999.99'", Decimal("9999999999.99")),
    "DECIMAL(38,10)": ("'1234567890123456789012345678.0123456789'", Decimal("1234567890123456789012345678.0123456789")),
}


def test_every_type_that_a_contract_can_promise_comes_back_as_it_was(publish, orders):
    columns = {f"c{number}": kind for number, kind in enumerate(STORED)}
    values = ", ".join(f"CAST({sql} AS {kind}) AS {name}" for (name, kind), (sql, _) in zip(columns.items(), STORED.values()))
    nulls = ", ".join(f"CAST(NULL AS {kind})" for kind in columns.values())
    publish(f"SELECT {values} UNION ALL SELECT {nulls}", columns)
    (row,) = read(orders, "SELECT * FROM port WHERE c0 IS NOT NULL")
    assert list(row) == [value for _, value in STORED.values()]
    assert read(orders, "SELECT * FROM port WHERE c0 IS NULL") == [(None,) * len(columns)]


def test_the_delta_table_carries_names_comments_and_row_counts(publish, orders):
    publish("SELECT i::INTEGER AS id FROM range(5) t(i)", rows=5)
    table = DeltaTable(str(orders.folder))
    assert (table.metadata().name, table.metadata().description) == ("sales/orders", "The orders.")
    (field,) = table.schema().fields
    assert (field.name, field.metadata) == ("id", {"comment": "What id is."})
    log = (orders.folder / "_delta_log/00000000000000000000.json").read_text()
    (add,) = [json.loads(line)["add"] for line in log.splitlines() if "add" in json.loads(line)]
    assert json.loads(add["stats"]) == {"numRecords": 5}


def test_the_first_version_is_0_and_they_grow_one_by_one(publish, orders):
    before = datetime.now(UTC) - timedelta(seconds=1)
    versions = [publish(f"SELECT {number}::INTEGER AS id", rows=number) for number in range(1, 4)]
    assert [version.number for version in versions] == [0, 1, 2]
    assert [version.rows for version in versions] == [1, 2, 3]
    assert before < versions[0].committed <= versions[1].committed <= versions[2].committed <= datetime.now(UTC)
    assert orders.current() == versions[2]
    assert read(orders) == [(3,)]


def test_a_candidate_disappears_into_the_port(publish, orders, home):
    version = publish("SELECT 1 AS id")
    assert list(home.candidates("sales").iterdir()) == []
    (part,) = version.files
    assert part.parent == orders.folder
    assert sorted(path.name for path in orders.folder.iterdir()) == ["_delta_log", part.name]


def test_an_empty_table_is_a_version_too(publish, orders):
    version = publish("SELECT 1 AS id LIMIT 0", rows=0)
    assert (version.rows, version.columns) == (0, ("id",))
    assert read(orders, "SELECT count(*) AS n FROM port") == [(0,)]


def test_an_earlier_version_is_read_as_it_was(publish, orders):
    for number in range(3):
        publish(f"SELECT {number} AS id", rows=number)
    assert [read(orders, version=number) for number in range(3)] == [[(0,)], [(1,)], [(2,)]]
    earlier = orders.at(1)
    assert (earlier.number, earlier.rows) == (1, 1)
    assert earlier.files != orders.current().files
    assert orders.at(2) == orders.current()


@pytest.mark.parametrize("number", [3, 99, -1])
def test_a_version_that_is_not_there_is_answered_with_the_newest(publish, orders, number):
    for value in range(3):
        publish(f"SELECT {value} AS id")
    with pytest.raises(UnknownPort, match=f"sales/orders has no version {number}; the newest is 2") as refusal:
        orders.at(number)
    assert "mesh history sales/orders" in str(refusal.value)


def test_history_is_newest_first_and_keeps_where_each_version_came_from(publish, orders):
    provenances = [
        {"rows": 1, "rules": 4, "warnings": 1, "run": "run-a", "source": {"orders": "ab" * 32, "größe": "cd" * 32}},
        {"rows": 2, "inputs": {"marketing/leads": 3, "sales/customers": 0}},
    ]
    published = [publish("SELECT 1 AS id", **options) for options in provenances]
    newest, oldest = orders.history()
    assert (newest.number, oldest.number) == (1, 0)
    assert [newest.provenance, oldest.provenance] == [published[1].provenance, published[0].provenance]
    assert oldest.provenance.source == {"orders": "ab" * 32, "größe": "cd" * 32}
    assert (oldest.provenance.run, oldest.provenance.rules, oldest.provenance.warnings) == ("run-a", 4, 1)
    assert newest.provenance.inputs == {"marketing/leads": 3, "sales/customers": 0}
    assert newest.provenance.rolled_back_to is None
    assert (newest.committed, newest.address) == (published[1].committed, ("sales", "orders"))


def test_hostile_texts_come_back_from_the_history_as_they_were(publish, orders):
    texts = {'quo"te': "it's", "new\nline": "{}", "☃": "</script>", "": "null"}
    publish("SELECT 1 AS id", run="'; DROP TABLE runs; --", source=texts)
    (version,) = orders.history()
    assert (version.provenance.run, version.provenance.source) == ("'; DROP TABLE runs; --", texts)


def test_going_back_is_a_new_version_with_the_old_data(publish, orders):
    for number in range(3):
        publish(f"SELECT {number} AS id", rows=10 + number, run=f"run-{number}")
    back = orders.rollback(0)
    assert (back.number, back.rows, back.provenance.rolled_back_to, back.provenance.run) == (3, 10, 0, None)
    assert back.files == orders.at(0).files
    assert orders.current() == back
    assert read(orders) == [(0,)]
    assert [version.number for version in orders.history()] == [3, 2, 1, 0]
    assert read(orders, version=2) == [(2,)]


def test_after_going_back_the_port_goes_on(publish, orders):
    publish("SELECT 0 AS id")
    publish("SELECT 1 AS id")
    orders.rollback(0)
    assert publish("SELECT 5 AS id").number == 3
    assert orders.rollback(1).number == 4
    assert read(orders) == [(1,)]
    assert orders.rollback(2).provenance.rolled_back_to == 2
    assert read(orders) == [(0,)]


def test_going_back_to_what_is_served_is_refused(publish, orders):
    publish("SELECT 0 AS id")
    publish("SELECT 1 AS id")
    with pytest.raises(UnknownPort, match="already serves version 1"):
        orders.rollback(1)
    with pytest.raises(UnknownPort, match="has no version 7"):
        orders.rollback(7)
    assert orders.current().number == 1


def test_a_new_column_of_a_minor_version_grows_the_table(publish, orders):
    publish("SELECT 1 AS id")
    grown = publish("SELECT 2 AS id, 'x' AS note", {"id": "INTEGER", "note": "VARCHAR"}, version="1.1.0")
    assert grown.columns == ("id", "note")
    assert grown.provenance.contract_version == "1.1.0"
    assert read(orders) == [(2, "x")]
    assert orders.at(0).columns == ("id",)
    assert read(orders, version=0) == [(1,)]


def test_going_back_behind_a_new_column_serves_the_columns_of_then(publish, orders):
    publish("SELECT 1 AS id")
    publish("SELECT 2 AS id, 'x' AS note", {"id": "INTEGER", "note": "VARCHAR"}, version="1.1.0")
    back = orders.rollback(0)
    assert (back.columns, back.provenance.contract_version) == (("id",), "1.0.0")
    assert read(orders) == [(1,)]


def test_two_majors_are_served_side_by_side(publish, home):
    publish("SELECT 1 AS id")
    publish("SELECT 'one' AS id", {"id": "VARCHAR"}, version="2.0.0")
    address = PortAddress("sales", "orders")
    first, second = (OutputPort(address, home.port(address, major)) for major in (1, 2))
    assert (read(first), read(second)) == ([(1,)], [("one",)])
    assert (first.current().number, second.current().number) == (0, 0)


def test_a_port_that_was_never_published_says_how_to_publish_it(orders):
    assert not orders.published
    for ask in (orders.current, orders.history, lambda: orders.at(0), lambda: orders.rollback(0)):
        with pytest.raises(UnknownPort, match="sales/orders is not published yet.*`mesh run sales/orders`"):
            ask()
    assert not orders.folder.exists()


def test_the_rows_of_the_version_before_are_those_of_its_commit(publish, orders):
    assert orders.rows_before() is None
    for number in (3, 5, 8):
        publish(f"SELECT i::INTEGER AS id FROM range({number}) t(i)", rows=number)
    assert [orders.rows_before(number) for number in (0, 1, 2, None)] == [None, 3, 5, 8]


def test_a_version_that_was_made_of_samples_is_compared_with_nothing(publish, orders):
    publish("SELECT 1::INTEGER AS id", source={"orders": "1" * 64})
    assert orders.rows_before() is None
    publish("SELECT 1::INTEGER AS id", source={"orders": "1" * 64}, source_rows={"orders": 1})
    assert orders.rows_before() == 1
