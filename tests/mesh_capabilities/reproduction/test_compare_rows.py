"""Two tables held against each other: the same, in another order, with rows and columns that are not."""

import pytest

from mesh_capabilities.reproduction.compare_rows import Example, compare

THREE = "(1, 'a', 1.5), (2, 'b', 2.5), (3, NULL, NULL)"


@pytest.fixture
def held(duck):
    """Compares two lists of rows of `id, name, amount`."""

    def held(then, now, key=("id",), examples=5, columns="id, name, amount"):
        duck.execute(f"CREATE OR REPLACE TEMP VIEW then_rows AS SELECT * FROM (VALUES {then}) t({columns})")
        duck.execute(f"CREATE OR REPLACE TEMP VIEW now_rows AS SELECT * FROM (VALUES {now}) t({columns})")
        return compare(duck, "then_rows", "now_rows", key, examples)

    return held


def test_the_same_rows_in_another_order_are_equal(held):
    found = held(THREE, "(3, NULL, NULL), (1, 'a', 1.5), (2, 'b', 2.5)")
    assert found.equal
    assert (found.rows_then, found.rows_now) == (3, 3)


def test_changed_lost_and_gained_rows_are_told_by_key(held):
    found = held(THREE, "(2, 'B', 2.5), (3, NULL, 0), (4, 'd', 4.5)")
    assert not found.equal
    assert (found.lost, found.gained, found.changed) == (1, 1, 2)
    assert found.columns == {"name": 1, "amount": 1}
    assert found.examples == (
        Example("lost", {"id": "1"}),
        Example("gained", {"id": "4"}),
        Example("changed", {"id": "2"}, {"name": ("b", "B")}),
        Example("changed", {"id": "3"}, {"amount": (None, "0.0")}),
    )


def test_no_more_examples_are_brought_along_than_were_asked_for(held):
    many = ", ".join(f"({n}, 'x', 0.5)" for n in range(100))
    other = ", ".join(f"({n}, 'y', 0.5)" for n in range(100))
    found = held(many, other, examples=3)
    assert (found.changed, len(found.examples)) == (100, 3)


def test_rows_without_a_key_are_compared_as_wholes_and_counted_as_often_as_they_are_there(held):
    found = held("(1, 'a', 1), (1, 'a', 1), (2, 'b', 2)", "(1, 'a', 1), (2, 'c', 2)", key=())
    assert (found.lost, found.gained, found.changed) == (2, 1, 0)
    assert found.examples[-1] == Example("gained", {"id": "2", "name": "c", "amount": "2"})


def test_a_key_that_repeats_is_none(held):
    found = held("(1, 'a', 1), (1, 'b', 2)", "(1, 'a', 1), (1, 'c', 2)")
    assert (found.lost, found.gained, found.changed) == (1, 1, 0)


def test_columns_that_came_went_or_are_of_another_type_are_said(duck):
    duck.execute("CREATE OR REPLACE TEMP VIEW then_rows AS SELECT 1 AS id, 2 AS gone, 3::INTEGER AS n")
    duck.execute("CREATE OR REPLACE TEMP VIEW now_rows AS SELECT 1 AS id, 3::BIGINT AS n, 4 AS here")
    found = compare(duck, "then_rows", "now_rows", ["id"])
    assert found.shape == ("gone is missing", "here is new", "n was INTEGER and is BIGINT")
    assert not found.equal


def test_hostile_names_of_columns_are_only_names(duck):
    duck.execute("""CREATE OR REPLACE TEMP VIEW then_rows AS SELECT 1 AS "i""d;--", 2 AS "x y" """)
    duck.execute("""CREATE OR REPLACE TEMP VIEW now_rows AS SELECT 1 AS "i""d;--", 3 AS "x y" """)
    assert compare(duck, "then_rows", "now_rows", ['i"d;--']).columns == {"x y": 1}
