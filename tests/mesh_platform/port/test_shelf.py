"""All published ports: found by their folders, and read in one version with exactly the contract's columns."""

import duckdb
import pytest

from mesh_platform.errors import MeshError, UnknownPort
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.query import query_ports
from mesh_platform.port.shelf import published_port, published_ports, view_statements

CUSTOMERS, LEADS = PortAddress("sales", "customers"), PortAddress("marketing", "leads")


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def read(connection, statements, sql):
    for statement in statements:
        connection.execute(statement)
    return connection.execute(sql).fetchall()


def test_every_published_port_is_found_in_order(publish, home):
    for address in (CUSTOMERS, LEADS):
        publish("SELECT 1 AS id", address=address)
    publish("SELECT 1 AS id")
    assert [str(address) for address in published_ports(home)] == ["marketing/leads", "sales/customers", "sales/orders"]


def test_a_home_without_ports_has_none(home):
    assert published_ports(home) == {}


def test_the_newest_major_is_served(publish, home):
    for version in ("2.0.0", "1.0.0"):
        publish(f"SELECT {version[0]} AS id", version=version)
    (port,) = published_ports(home).values()
    assert port.folder.name == "v2"
    assert query_ports(home, "SELECT id FROM sales.orders").rows == [(2,)]


def test_the_tenth_major_is_newer_than_the_ninth(publish, home, parquet, contract, provenance):
    publish("SELECT 9 AS id", version="9.0.0")
    folder = home.port(PortAddress("sales", "orders"), 9)
    folder.rename(folder.with_name("v10"))
    publish("SELECT 9 AS id", version="9.0.0")
    (port,) = published_ports(home).values()
    assert port.folder.name == "v10"


def test_a_folder_that_is_no_major_is_left_alone(publish, home):
    publish("SELECT 1 AS id")
    (home.ports / "sales/orders/v1_backup/_delta_log").mkdir(parents=True)
    (home.ports / "sales/orders/versions/_delta_log").mkdir(parents=True)
    (home.ports / "sales/empty/v1").mkdir(parents=True)
    assert [port.folder.name for port in published_ports(home).values()] == ["v1"]


def test_a_port_without_a_version_is_answered_with_how_to_publish_it(publish, home):
    with pytest.raises(UnknownPort, match=r"sales/orders is not published yet\. `mesh run sales/orders` publishes it"):
        published_port(home, PortAddress("sales", "orders"))
    publish("SELECT 1 AS id")
    publish("SELECT 1 AS id", address=LEADS)
    with pytest.raises(UnknownPort, match=r"sales/nothing is not published yet\."):
        published_port(home, PortAddress("sales", "nothing"))
    assert published_port(home, LEADS).address == LEADS


def test_a_pinned_reader_keeps_its_version_whatever_is_published_later(publish, orders, connection):
    pinned = view_statements(publish("SELECT 1 AS id"))
    assert read(connection, pinned, "FROM sales.orders") == [(1,)]
    publish("SELECT 2 AS id")
    orders.rollback(0)
    publish("SELECT 3 AS id, 'x' AS note", {"id": "INTEGER", "note": "VARCHAR"}, version="1.1.0")
    assert connection.execute("FROM sales.orders").fetchall() == [(1,)]
    assert read(connection, pinned, "FROM sales.orders") == [(1,)]
    assert read(connection, view_statements(orders.current()), "FROM sales.orders") == [(3, "x")]


def test_only_promised_columns_can_be_read(publish, connection):
    version = publish("SELECT 1 AS id, 'x' AS secret")
    assert read(connection, view_statements(version), "FROM sales.orders") == [(1,)]
    with pytest.raises(duckdb.BinderException, match="secret"):
        connection.execute("SELECT secret FROM sales.orders")


def test_columns_come_in_the_order_of_the_promise(publish, connection):
    version = publish("SELECT 'x' AS b, 1 AS a", {"a": "INTEGER", "b": "VARCHAR"})
    assert read(connection, view_statements(version), "FROM sales.orders") == [(1, "x")]


def test_a_schema_can_be_named_for_ports_of_one_s_own(publish, connection):
    statements = view_statements(publish("SELECT 1 AS id"), schema="main")
    assert read(connection, statements, "FROM orders") == [(1,)]


@pytest.mark.parametrize("name", ['a"; DROP SCHEMA sales; --', "select", "größe ☃", "it's", "a b"])
def test_a_hostile_column_name_stays_a_name(publish, home, name):
    quoted = '"' + name.replace('"', '""') + '"'
    publish(f"SELECT 1 AS {quoted}", {name: "INTEGER"})
    answer = query_ports(home, "FROM sales.orders")
    assert (answer.columns, answer.rows) == ([name], [(1,)])


FOLDERS = [
    "two words",
    "it's",
    'dou"ble',
    "semi;colon",
    "größe ☃",
    "brackets [x]",
    "star *",
    "per cent %",
    "plus+comma,",
    "$HOME ~",
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_home_of_any_name_is_written_and_read(publish, tmp_path, folder):
    home = MeshHome(tmp_path / folder)
    publish("SELECT 1 AS id", into=home)
    version = publish("SELECT 2 AS id", into=home)
    assert version.number == 1
    assert all(file.is_file() and file.is_relative_to(home.root) for file in version.files)
    assert query_ports(home, "FROM sales.orders").rows == [(2,)]
    assert [path.name for path in tmp_path.iterdir()] == [folder]


@pytest.mark.parametrize("folder", ["hash #1", "what?", "per%20cent", "back\\slash"])
def test_a_home_whose_name_means_something_in_an_address_works_or_is_refused(publish, tmp_path, folder):
    home = MeshHome(tmp_path / folder)
    try:
        publish("SELECT 1 AS id", into=home)
        publish("SELECT 2 AS id", into=home)
    except MeshError as refused:
        assert "Somebody else" not in str(refused)
    else:
        assert query_ports(home, "FROM sales.orders").rows == [(2,)]
    assert {path.name for path in tmp_path.iterdir()} <= {folder}, "something was written beside the home"
