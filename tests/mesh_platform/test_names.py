"""Names: how people, Dagster and SQL write them, and quoting that is safe for every text."""

from decimal import Decimal

import duckdb
import pytest

from mesh_platform.errors import ProjectError, UnknownPort
from mesh_platform.names import PortAddress, check_name, identifier, literal, nearest

HOSTILE = [
    "plain",
    'a"b',
    "a'b",
    "x'; DROP TABLE t; --",
    '"; DROP TABLE t; --',
    "select",
    "größe ☃",
    "a\nb",
    "",
    "\\",
    "%s {x} ${y}",
]


def test_an_address_is_written_domain_slash_port():
    address = PortAddress.parse("sales/orders")
    assert address == ("sales", "orders")
    assert str(address) == "sales/orders"
    assert address.sql == '"sales"."orders"'


@pytest.mark.parametrize(
    "text", ["", "sales", "sales/", "/orders", "sales/orders/x", "Sales/orders", "sales/1st", "a b/c", "../x"]
)
def test_anything_else_is_no_address_and_the_message_shows_one(text):
    with pytest.raises(UnknownPort, match="for example sales/orders") as refusal:
        PortAddress.parse(text)
    assert f"'{text}'" in str(refusal.value)


@pytest.mark.parametrize("name", ["sales", "a", "order_items2"])
def test_a_name_can_be_a_folder_a_package_and_a_schema(name):
    assert check_name(name, "A domain") == name


@pytest.mark.parametrize("name", ["Sales", "1st", "a-b", "a b", "", "ä", None, 7, "a/b"])
def test_a_name_that_cannot_be_all_three_is_refused(name):
    with pytest.raises(ProjectError, match="A domain cannot be named"):
        check_name(name, "A domain")


@pytest.mark.parametrize("name", ["class", "import", "raw", "main"])
def test_a_name_that_python_or_every_warehouse_reserves_is_refused(name):
    with pytest.raises(ProjectError, match=f"A domain cannot be named '{name}', which is a reserved name"):
        check_name(name, "A domain")


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_quoted_identifier_names_exactly_that_column(name):
    result = duckdb.sql(f"SELECT 1 AS {identifier(name)}")
    assert result.columns == [name]


@pytest.mark.parametrize("value", [*HOSTILE, None, True, False, 0, -7, 2.5, 1e22])
def test_a_literal_is_read_back_as_it_was(value):
    ((read,),) = duckdb.sql(f"SELECT {literal(value)}").fetchall()
    assert read == value


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_number_without_digits_does_not_become_the_name_of_a_column(value):
    assert duckdb.sql(f"SELECT {literal(value)} FROM (SELECT 1 AS inf)").fetchall() == [(value,)]


def test_a_decimal_keeps_its_digits_as_a_literal():
    ((read,),) = duckdb.sql(f"SELECT {literal(Decimal('0.10'))}::DECIMAL(10,2)").fetchall()
    assert read == Decimal("0.10")


@pytest.mark.parametrize(
    ("name", "known", "way_out"),
    [
        ("sales/ordrs", ["sales/orders", "finance/payments"], "Did you mean sales/orders?"),
        ("sales/order", ["sales/orders", "sales/order_items"], "Did you mean sales/orders or sales/order_items?"),
        ("zebra", ["sales"], "There is sales."),
        ("zebra", ["sales", "finance"], "There are finance, sales."),
        ("zebra", [f"port_{n:02}" for n in range(12)], f"There are {', '.join(f'port_{n:02}' for n in range(10))} and 2 more."),
        ("zebra", [], "There are none yet."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_or_with_a_few(name, known, way_out):
    assert nearest(name, known) == way_out
