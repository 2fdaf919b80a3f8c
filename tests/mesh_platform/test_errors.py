"""Errors are sentences: what is wrong, and what to do next."""

import duckdb
import pytest

from mesh_isolation.text import hiding_values
from mesh_platform import errors
from mesh_platform.errors import MeshError, described


def test_a_message_is_what_was_found_and_the_way_out():
    error = MeshError("The file x is empty.", "Export it again.")
    assert str(error) == "The file x is empty. Export it again."
    assert (error.found, error.way_out) == ("The file x is empty.", "Export it again.")


def test_a_message_without_a_way_out_ends_where_it_ends():
    assert str(MeshError("It is so.")) == "It is so."


@pytest.mark.parametrize("kind", [kind for kind in MeshError.__subclasses__() if kind.__module__ == errors.__name__])
def test_one_except_clause_catches_them_all(kind):
    with pytest.raises(MeshError, match="found way out"):
        raise kind("found", "way out")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("v::INTEGER", "Conversion Error: a value of the column v does not fit INT32 (values are not shown)"),
        ("v::DATE", "Conversion Error: a value of the column v is not valid (values are not shown)"),
        ("error(v || ' to INTEGER')", "Invalid Input Error: a value is not valid (values are not shown)"),
        ("strptime(v, '%Y')", "Invalid Input Error: a value is not valid (values are not shown)"),
        ("missing", 'Binder Error: Referenced column "missing" not found in FROM clause! Candidate bindings: "v"'),
    ],
)
def test_an_error_of_the_engine_names_column_and_type_and_no_value(sql, message):
    rows = "(VALUES ('secret'), ('1')) AS rows(v)"
    with pytest.raises(duckdb.Error) as caught, hiding_values():
        duckdb.sql(f"SELECT {sql} FROM {rows}").fetchall()
    assert str(caught.value) == message
    assert "secret" not in described(caught.value)
