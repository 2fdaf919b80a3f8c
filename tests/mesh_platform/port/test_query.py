"""SQL over published ports: it reads all of them, changes nothing, and reads nothing else."""

import contextlib
import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mesh_platform.errors import QueryRefused
from mesh_platform.names import PortAddress
from mesh_platform.port.query import query_ports

COLUMNS = {"id": "INTEGER", "paid": "DECIMAL(12,2)", "ordered_at": "TIMESTAMP WITH TIME ZONE", "day": "DATE"}
ROWS = """SELECT * FROM (VALUES
    (1, 10.10::DECIMAL(12,2), TIMESTAMPTZ '2018-01-31 12:00:00+00', DATE '2018-01-31'),
    (2, 0.20::DECIMAL(12,2), NULL, NULL)) t(id, paid, ordered_at, day)"""


@pytest.fixture
def served(publish, home):
    """A home in which sales/orders and marketing/leads are published."""
    publish(ROWS, COLUMNS, rows=2)
    publish(
        "SELECT 1 AS id, 'ads' AS channel", {"id": "INTEGER", "channel": "VARCHAR"}, address=PortAddress("marketing", "leads")
    )
    return home


def files(home):
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in home.root.rglob("*") if path.is_file()}


def test_a_port_is_read_as_domain_dot_port_with_exact_values(served):
    answer = query_ports(served, "SELECT * FROM sales.orders ORDER BY id")
    assert answer.columns == ["id", "paid", "ordered_at", "day"]
    assert answer.rows == [
        (1, Decimal("10.10"), datetime(2018, 1, 31, 12, tzinfo=UTC), date(2018, 1, 31)),
        (2, Decimal("0.20"), None, None),
    ]


def test_times_are_utc_wherever_the_reader_is(served, monkeypatch):
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    assert query_ports(served, "SELECT strftime(ordered_at, '%H:%M') FROM sales.orders WHERE id = 1").rows == [("12:00",)]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT sum(paid) FROM sales.orders", [(Decimal("10.30"),)]),
        ("select channel from sales.orders join marketing.leads using (id)", [("ads",)]),
        ("WITH paid AS (SELECT paid FROM sales.orders) SELECT count(*) FROM paid", [(2,)]),
        ("FROM marketing.leads", [(1, "ads")]),
        ("VALUES (1), (2)", [(1,), (2,)]),
        ("SELECT 1;", [(1,)]),
        ("-- a comment\nSELECT 1 -- another", [(1,)]),
        ("SELECT 'it''s; DROP TABLE x' AS message", [("it's; DROP TABLE x",)]),
        ('SELECT id AS "größe ☃" FROM marketing.leads', [(1,)]),
        ("SELECT 1 AS a, 2 AS a", [(1, 2)]),
        ("SELECT id FROM sales.orders WHERE false", []),
    ],
)
def test_one_select_is_answered(served, sql, rows):
    assert query_ports(served, sql).rows == rows


def test_the_plan_of_a_query_can_be_looked_at(served):
    assert query_ports(served, "EXPLAIN SELECT * FROM sales.orders").rows != []


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("'nan'::DOUBLE", "nan"),
        ("'-infinity'::FLOAT", "-inf"),
        ("NULL::DOUBLE", None),
        ("0.1::FLOAT", 0.1),
        ("1e300::DOUBLE", 1e300),
        ("DATE '290000-01-01'", "290000-01-01"),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
        ("'infinity'::DATE", "infinity"),
        ("'-infinity'::TIMESTAMPTZ", "-infinity"),
        ("INTERVAL 1 MONTH", "1 month"),
        ("INTERVAL 30 DAY", "30 days"),
        ("TIME '24:00:00'", "24:00:00"),
        ("TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", "2024-01-01 00:00:00.123456789"),
        ("TIMESTAMP_S '2024-01-01 00:00:01'", "2024-01-01 00:00:01"),
        ("'x\\x00'::BLOB", "x\\x00"),
        ("123456789012345678901234567890::HUGEINT", 123456789012345678901234567890),
        ("MAP {DATE '2024-01-01': 0.1::FLOAT}", {date(2024, 1, 1): 0.1}),
        ("{'a': [INTERVAL 1 YEAR, NULL], 'b': 'infinity'::DATE}", {"a": ["1 year", None], "b": "infinity"}),
        ("[{'a': 0.1::FLOAT}]", [{"a": 0.1}]),
        ("'x'::ENUM ('x', 'y')", "x"),
        ("true", True),
    ],
)
def test_each_value_is_shown_as_the_engine_has_it(served, sql, value):
    assert query_ports(served, f"SELECT {sql}").rows == query_ports(served, f"SELECT {sql}", most=1).rows == [(value,)]


def test_a_query_that_describes_is_answered(served):
    assert query_ports(served, "DESCRIBE sales.orders").rows[0][:2] == ("id", "INTEGER")
    assert query_ports(served, "SUMMARIZE sales.orders").rows[0][:4] == ("id", "INTEGER", "1", "2")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "   ",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP VIEW sales.orders",
        "DROP VIEW sales.orders",
        "DROP SCHEMA sales CASCADE",
        "CREATE TABLE t AS SELECT 1",
        "CREATE OR REPLACE VIEW sales.orders AS SELECT 1",
        "INSERT INTO sales.orders VALUES (1)",
        "WITH x AS (SELECT 1) INSERT INTO sales.orders SELECT * FROM x",
        "UPDATE sales.orders SET id = 1",
        "DELETE FROM sales.orders",
        "ATTACH 'other.duckdb'",
        "SET threads = 1",
        "RESET enable_external_access",
        "PRAGMA enable_profiling",
        "pragma show_tables",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL pragma_version()",
        "CHECKPOINT",
        "EXPORT DATABASE 'dump'",
        "BEGIN",
    ],
)
def test_anything_else_is_refused(served, sql):
    before = files(served)
    with pytest.raises(QueryRefused):
        query_ports(served, sql)
    assert files(served) == before


@pytest.mark.parametrize("explain", ["EXPLAIN", "EXPLAIN ANALYZE"])
@pytest.mark.parametrize("place", ["stolen.parquet", "marketing/leads/v1/more.parquet"])
def test_explaining_a_write_writes_nothing(served, explain, place):
    before = files(served)
    (served.ports / place).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(QueryRefused):
        query_ports(served, f"{explain} COPY (SELECT 1) TO '{served.ports / place}'")
    assert files(served) == before


def test_explaining_a_write_over_a_published_file_leaves_it_as_it_was(served, orders):
    (part,) = orders.current().files
    before = part.read_bytes()
    with pytest.raises(QueryRefused):
        query_ports(served, f"EXPLAIN ANALYZE COPY (SELECT 99 AS id) TO '{part}' (FORMAT parquet)")
    assert part.read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_blob('/etc/hos*')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('http://localhost:1/x.csv')",
        "SELECT * FROM sqlite_scan('x.db', 't')",
        "SELECT getenv('HOME')",
    ],
)
def test_files_that_are_no_ports_cannot_be_read(served, sql):
    with pytest.raises(QueryRefused):
        query_ports(served, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "FROM {file}",
        "DESCRIBE {file}",
        "SUMMARIZE {file}",
        "EXPLAIN ANALYZE FROM {file}",
        "SELECT (SELECT count(*) FROM {file})",
        "WITH a AS (WITH b AS (FROM {file}) FROM b) FROM a",
        "SELECT 1 UNION ALL SELECT 2 FROM {file}",
        "FROM sales.orders WHERE id IN (SELECT id FROM {file})",
        "FROM sales.orders JOIN {file} USING (id)",
        "PIVOT {file} ON id IN (1) USING count(*)",
        "FROM {folder}.parquet",
        "FROM memory.main.{file}",
    ],
)
def test_the_files_of_a_port_are_read_through_the_port_only(served, orders, sql):
    (file,) = orders.current().files
    file = str(file)
    with pytest.raises(QueryRefused, match="which is no published port"):
        query_ports(served, sql.format(file=f'"{file}"', folder=f'"{file.removesuffix(".parquet")}"'))


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE sales.orders",
        'FROM Sales."ORDERS"',
        "FROM memory.sales.orders",
        "WITH orders AS (FROM sales.orders) FROM orders",
        "SELECT table_name FROM information_schema.tables",
        "FROM sqlite_master",
    ],
)
def test_every_spelling_of_a_port_is_read(served, sql):
    assert query_ports(served, sql).rows


@pytest.mark.parametrize(
    "path", ["secret.txt", "ports/../secret.txt", "ports/sales/../../secret.txt", "ports/**/../../secret.txt", "*.txt"]
)
def test_other_files_of_the_home_cannot_be_read_by_any_detour(served, path):
    (served.root / "secret.txt").write_text("secret")
    with pytest.raises(QueryRefused):
        query_ports(served, f"SELECT * FROM read_text('{served.root}/{path}')")


def test_a_neighbour_whose_name_begins_like_the_ports_folder_cannot_be_read(served):
    (served.root / "ports_private").mkdir()
    (served.root / "ports_private/secret.txt").write_text("secret")
    with pytest.raises(QueryRefused):
        query_ports(served, f"SELECT * FROM read_text('{served.root}/ports_private/secret.txt')")


OTHER_PORTS = "Ports are written domain.port; `mesh products` lists them."
ONE_SELECT = "Write one SELECT; `mesh products` lists the ports, `mesh show DOMAIN/PORT` the columns of one."


@pytest.mark.parametrize(
    ("sql", "message", "way_out"),
    [
        ("SELECT nothing FROM sales.orders", "nothing", ONE_SELECT),
        ("SELECT * FROM sales.nothing", "nothing", OTHER_PORTS),
        ("SELECT * FROM nowhere.orders", "nowhere", OTHER_PORTS),
        ("SELEC 1", "SELEC", ONE_SELECT),
        ("SELECT 1/", "syntax", ONE_SELECT),
        ("SELECT CAST('x' AS INTEGER)", "Could not convert", ONE_SELECT),
        ("SELECT error('because')", "because", ONE_SELECT),
        ("DROP TABLE sales.orders", "DROP", ONE_SELECT),
        ("", "no statement", ONE_SELECT),
        ("SHOW TABLES", "the schemas of their domains", ONE_SELECT),
        ("FROM (SHOW TABLES)", "the schemas of their domains", ONE_SELECT),
    ],
)
def test_sql_that_does_not_run_is_answered_with_the_reason_and_where_to_look(served, sql, message, way_out):
    with pytest.raises(QueryRefused, match="The query failed") as refusal:
        query_ports(served, sql)
    assert message in str(refusal.value)
    assert refusal.value.way_out.strip() == way_out


def test_an_empty_mesh_can_be_asked(home):
    assert query_ports(home, "SELECT 1").rows == [(1,)]
    with pytest.raises(QueryRefused, match="orders"):
        query_ports(home, "SELECT * FROM sales.orders")


def test_a_query_leaves_nothing_behind(served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = files(served)
    query_ports(served, "SELECT * FROM sales.orders ORDER BY paid")
    assert files(served) == before
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
