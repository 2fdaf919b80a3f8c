"""Names in messages of DuckDB: shown if they stand in a file, and the message's own words always."""

import duckdb
import pytest

from mesh_isolation.dbt_messages import node_message
from mesh_isolation.known_names import KnownNames

VALUE = "ff9b6997e36e19174507bc5c3e0097a0"
HEAD = "Runtime Error in model things (models/things.sql)\n  "


@pytest.fixture
def names(tmp_path):
    """The names of a project with one model and one seed."""
    (tmp_path / "project/models").mkdir(parents=True)
    model = "select number, label, '01310' as zip, 5 as \"two words\" from {{ source('shop', 'orders') }}"
    (tmp_path / "project/models/things.sql").write_text(model, encoding="utf-8")
    (tmp_path / "project/seeds.csv").write_text("rate,day\nsilva,2020\n", encoding="utf-8")
    (tmp_path / "project/link.sql").symlink_to("/etc/passwd")
    return KnownNames([tmp_path / "project", tmp_path / "missing"], [tmp_path / "home"])


def message(sql, names):
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as failure:
        connection.execute("CREATE TABLE orders (number INTEGER, label VARCHAR, secret VARCHAR)")
        connection.execute(sql)
    return node_message(f"{HEAD}{failure.value}", names).removeprefix("Runtime Error in model things (models/things.sql) ")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT {} FROM orders",
        'SELECT "{}" FROM orders',
        "SELECT o.{} FROM orders o",
        "SELECT {}.number FROM orders",
        "SELECT * FROM {}",
        "SELECT * FROM {}.orders",
        "SELECT * FROM main.{}",
        "SELECT {}(number) FROM orders",
        "SELECT number.{}() FROM orders",
        "SELECT number::{} FROM orders",
        "SELECT number FROM orders LIMIT 1 {}",
        "SELECT sum(number) OVER {} FROM orders",
        "SELECT label COLLATE {} FROM orders",
        "SELECT current_setting('{}')",
        "SELECT * FROM '/tmp/{}.csv'",
        "SELECT * FROM orders JOIN orders AS o USING ({})",
        "SELECT struct_extract({{'a': 1}}, '{}')",
        "SELECT {{'{}': 1}} = [1]",
        "SELECT * EXCLUDE ({}) FROM orders",
        "CREATE TABLE t ({} INTEGER, {} INTEGER)",
    ],
)
@pytest.mark.parametrize("value", [VALUE, "silva", "plantedperson1"])
def test_a_value_that_became_a_name_is_not_shown(names, sql, value):
    assert value not in message(sql.format(*[value] * sql.count("{}")), names)


@pytest.mark.parametrize("value", ["joao da silva", "o-neil@example.org", "são paulo", "01311-000", "12345678"])
def test_a_value_of_several_words_or_digits_is_not_shown(names, value):
    shown = message(f'SELECT "{value}" FROM orders', names)
    assert shown.startswith('Binder Error: Referenced column "…" not found in FROM clause!')
    assert not [word for word in value.replace("-", " ").replace("@", " ").split() if len(word) > 3 and word in shown]


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT rate FROM orders", 'Binder Error: Referenced column "rate" not found in FROM clause!'),
        ("SELECT shop.number FROM orders", 'Binder Error: Referenced table "shop" not found! Candidate tables: "orders"'),
        ("SELECT * FROM things", "Catalog Error: Table with name things does not exist!"),
        ('SELECT "two words" FROM orders', 'Binder Error: Referenced column "two words" not found in FROM clause!'),
        ("SELECT rate(number) FROM orders", "Catalog Error: Scalar Function with name rate does not exist!"),
        ("SELECT number, FROM orders)", 'Parser Error: syntax error at or near ")"'),
        ("SELECT sum(sum(number)) FROM orders", "Binder Error: aggregate function calls cannot be nested"),
        ("SELECT abs(label, 1) FROM orders", "matches the given name and argument types 'abs(VARCHAR, INTEGER_LITERAL)'"),
        ("SELECT label::INTEGER FROM (SELECT 'x' AS label)", "a value of the column label does not fit INT32"),
        ("SELECT number FROM orders GROUP BY label", 'column "number" must appear in the GROUP BY clause'),
    ],
)
def test_names_that_stand_in_a_file_and_the_words_of_a_message_are_shown(names, sql, shown):
    assert shown in message(sql, names)


def test_values_of_a_seed_are_no_names_and_links_are_not_followed(names):
    assert names.shown("silva rate day nologin") == "… rate day …"


def test_sizes_stay_and_other_numbers_go(names):
    text = "failed to allocate data of size 953.6 MiB (16.0 KiB/1,024 used), 01312 and 8123456 and 12"
    assert names.shown(text) == "failed to allocate data of size 953.6 MiB (16.0 KiB/1,024 used), … and … and 12"


@pytest.mark.parametrize("number", ["260,704,875", "260704875MB", "260704875 bytes", "260704875.5 GiB", "1,024"])
@pytest.mark.parametrize("sql", ['SELECT * FROM "{}"', 'SELECT "{}" FROM orders', 'SELECT 1::"{}"', 'SELECT "{}"(1)'])
def test_a_number_that_became_a_name_is_no_size(names, sql, number):
    assert number not in message(sql.format(number), names)


def test_the_size_of_what_the_memory_lacks_is_shown(names):
    text = "Out of Memory Error: failed to allocate data of size 953.6 MiB (16.0 KiB/1,024 used)"
    assert node_message(f"{HEAD}{text}", names).endswith(text)


def test_what_dbt_adds_to_a_name_is_its_own(names):
    assert names.shown("things__dbt_tmp and __dbt__cte__things and dbt_internal_test and silva__dbt_tmp") == (
        "things__dbt_tmp and __dbt__cte__things and dbt_internal_test and …"
    )


DIFFERENCE = (
    "\n\n\x1b[32mactual\x1b[0m differs from \x1b[31mexpected\x1b[0m:\n\n@@ ,id,city\n+++,1,PLANTED\n+++,2,PLANTED\n"
    "\x1b[31m---\x1b[0m,3,x\n→  ,4,a→PLANTED\n   ,5,y\n"
)


def test_a_unit_test_that_fails_shows_numbers_of_rows(names):
    counts = "2 rows only in the result, 1 row only in what it expects, 1 row with other values"
    assert node_message(DIFFERENCE, names) == f"the result differs from what it expects: {counts}"
    assert node_message("actual differs from expected:\n\n!!! ,PLANTED\n", names).endswith("expects: in its columns")


def test_no_colours_are_left(names):
    assert node_message("\x1b[33mGot 3 results, configured to fail if != 0\x1b[0m", names) == (
        "Got 3 results, configured to fail if != 0"
    )
