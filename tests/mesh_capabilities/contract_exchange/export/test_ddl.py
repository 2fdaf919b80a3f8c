"""SQL DDL: DuckDB runs it, and the table it makes takes good rows and no bad one."""

import duckdb
import pytest

from mesh_capabilities.contract_exchange.ddl import ddl


@pytest.fixture
def table(things):
    with duckdb.connect() as connection:
        connection.execute(ddl(things))
        yield connection


def test_the_table_has_the_promised_columns_and_types(table, things):
    described = table.execute("DESCRIBE things").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [(c.name, c.type) for c in things.contract.columns]
    assert {name for name, _, null, *_ in described if null == "NO"} == {"id", "part", "price"}


def test_the_table_takes_good_rows(table, good_rows):
    table.execute(f"INSERT INTO things VALUES {good_rows}")
    assert table.execute("SELECT count(*) FROM things").fetchone() == (3,)


def test_the_table_takes_no_row_that_breaks_the_contract(table, bad_row):
    with pytest.raises(duckdb.ConstraintException):
        table.execute(f"INSERT INTO things VALUES {bad_row}")


@pytest.mark.parametrize(
    "row", ["(1, 'a', 'XY', 1, NULL, NULL, NULL, NULL, NULL)", "(9, 'z', 'AB', 1, NULL, NULL, NULL, NULL, NULL)"]
)
def test_the_table_takes_no_key_and_no_unique_value_twice(table, good_rows, row):
    table.execute(f"INSERT INTO things VALUES {good_rows}")
    with pytest.raises(duckdb.ConstraintException):
        table.execute(f"INSERT INTO things VALUES {row}")


def test_what_a_table_cannot_hold_is_named_above_it(things):
    comments = [line for line in ddl(things).splitlines() if line.startswith("-- not checked")]
    assert [line.split(": ", 2)[1] for line in comments] == ["has_rows", "m"]


def test_descriptions_become_comments_of_the_columns(table):
    said = dict(table.execute("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'things'").fetchall())
    assert said["price"] == "What it costs: 100 % of {{ everything }}."


def test_names_and_texts_meant_to_break_out_stay_where_they_are(hostile):
    with duckdb.connect() as connection:
        connection.execute(ddl(hostile))
        (tables,) = zip(*connection.execute("SELECT table_name FROM duckdb_tables()").fetchall())
        assert tables == ("hostile",)
        assert [name for name, *_ in connection.execute("DESCRIBE hostile").fetchall()] == hostile.contract.column_names
        said = connection.execute("SELECT comment FROM duckdb_columns() WHERE table_name = 'hostile'").fetchall()
        assert [comment for (comment,) in said] == [column.description for column in hostile.contract.columns]


def test_a_rule_s_text_cannot_end_the_comment_it_stands_in(promise):
    description = "fine\n); DROP TABLE things; --"
    said = promise(quality=[{"name": "x", "metric": "rowCount", "mustBe": 1, "description": description}])
    assert [line for line in ddl(said).splitlines() if "DROP" in line] == [
        "-- not checked by this table: x: fine ); DROP TABLE things; --"
    ]


def test_a_thousand_columns_are_one_table(promise):
    said = promise(columns=[{"name": f"c {number}", "logicalType": "integer"} for number in range(1_000)])
    with duckdb.connect() as connection:
        connection.execute(ddl(said))
        assert len(connection.execute("DESCRIBE things").fetchall()) == 1_000


def test_a_rule_that_a_constraint_holds_already_needs_no_check(promise):
    rule = {"name": "filled", "metric": "nullValues", "mustBe": 0}
    said = promise(columns=[{"name": "a", "logicalType": "string", "required": True, "quality": [rule]}])
    assert "CHECK" not in ddl(said)
    assert "not checked" not in ddl(said)
