"""Comparing two tables: equal, in another order, and with different rows and columns."""

import pytest

from mesh_capabilities.reproduction.compare_rows import Example, compare_rows

THREE = "(1, 'a', 1.5), (2, 'b', 2.5), (3, NULL, NULL)"


@pytest.fixture
def compared(duck):
    """Compares two lists of rows of `id, name, amount`."""

    def compared(then, now, key=("id",), examples=5, columns="id, name, amount"):
        duck.execute(f"CREATE OR REPLACE TEMP VIEW then_rows AS SELECT * FROM (VALUES {then}) t({columns})")
        duck.execute(f"CREATE OR REPLACE TEMP VIEW now_rows AS SELECT * FROM (VALUES {now}) t({columns})")
        return compare_rows(duck, "then_rows", "now_rows", key, examples)

    return compared


def test_the_same_rows_in_another_order_are_equal(compared):
    comparison = compared(THREE, "(3, NULL, NULL), (1, 'a', 1.5), (2, 'b', 2.5)")
    assert comparison.equal
    assert (comparison.rows_then, comparison.rows_now) == (3, 3)


def test_changed_lost_and_gained_rows_are_counted_by_key(compared):
    comparison = compared(THREE, "(2, 'B', 2.5), (3, NULL, 0), (4, 'd', 4.5)")
    assert not comparison.equal
    assert (comparison.lost, comparison.gained, comparison.changed) == (1, 1, 2)
    assert comparison.columns == {"name": 1, "amount": 1}
    assert comparison.examples == (
        Example("lost", {"id": "1"}),
        Example("gained", {"id": "4"}),
        Example("changed", {"id": "2"}, {"name": ("b", "B")}),
        Example("changed", {"id": "3"}, {"amount": (None, "0.0")}),
    )


def test_the_number_of_examples_is_limited(compared):
    many = ", ".join(f"({n}, 'x', 0.5)" for n in range(100))
    other = ", ".join(f"({n}, 'y', 0.5)" for n in range(100))
    comparison = compared(many, other, examples=3)
    assert (comparison.changed, len(comparison.examples)) == (100, 3)


def test_rows_without_a_key_are_compared_as_a_multiset(compared):
    comparison = compared("(1, 'a', 1), (1, 'a', 1), (2, 'b', 2)", "(1, 'a', 1), (2, 'c', 2)", key=())
    assert (comparison.lost, comparison.gained, comparison.changed) == (2, 1, 0)
    assert comparison.examples[-1] == Example("gained", {"id": "2", "name": "c", "amount": "2"})


def test_a_key_that_is_not_unique_is_ignored(compared):
    comparison = compared("(1, 'a', 1), (1, 'b', 2)", "(1, 'a', 1), (1, 'c', 2)")
    assert (comparison.lost, comparison.gained, comparison.changed) == (1, 1, 0)


def test_missing_new_and_retyped_columns_are_listed(duck):
    duck.execute("CREATE OR REPLACE TEMP VIEW then_rows AS SELECT 1 AS id, 2 AS gone, 3::INTEGER AS n")
    duck.execute("CREATE OR REPLACE TEMP VIEW now_rows AS SELECT 1 AS id, 3::BIGINT AS n, 4 AS here")
    comparison = compare_rows(duck, "then_rows", "now_rows", ["id"])
    assert comparison.shape == ("gone is missing", "here is new", "n was INTEGER and is BIGINT now")
    assert not comparison.equal


def test_hostile_column_names_are_treated_as_names(duck):
    duck.execute("""CREATE OR REPLACE TEMP VIEW then_rows AS SELECT 1 AS "i""d;--", 2 AS "x y" """)
    duck.execute("""CREATE OR REPLACE TEMP VIEW now_rows AS SELECT 1 AS "i""d;--", 3 AS "x y" """)
    assert compare_rows(duck, "then_rows", "now_rows", ['i"d;--']).columns == {"x y": 1}
