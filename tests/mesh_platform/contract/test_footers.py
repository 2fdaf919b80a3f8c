"""What footers prove: only what is true, and the audit says the same with and without them."""

import pytest

from mesh_isolation.footers import Largest, NeverNull, UniqueKey, ValueLimit
from mesh_platform.contract.audit import read_footers
from mesh_platform.contract.column import Column
from mesh_platform.contract.rule import opened

TYPES = {
    "n": "INTEGER",
    "big": "BIGINT",
    "price": "DECIMAL(9,2)",
    "day": "DATE",
    "at": "TIMESTAMP WITH TIME ZONE",
    "word": "VARCHAR",
    "x": "DOUBLE",
}
ROWS = (
    "SELECT i::INTEGER AS n, i * 1000000000 AS big, (i / 100)::DECIMAL(9,2) AS price, DATE '2020-01-01' + i::INTEGER AS day, "
    "TIMESTAMPTZ '2020-01-01 00:00:00+00' + to_hours(i::INTEGER) AS at, 'w' || i AS word, i::DOUBLE AS x FROM range(100) t(i)"
)


def footers_of(file):
    with opened([file]) as connection:
        return read_footers([file], [Column(name, kind) for name, kind in TYPES.items()], connection)


def value(file, expression):
    with opened([file]) as connection:
        return connection.execute(f"SELECT {expression}, count(*) FROM candidate").fetchone()[0]


@pytest.mark.parametrize("name", TYPES)
def test_a_column_without_nulls_is_proven_so_without_a_scan(parquet, name):
    assert footers_of(parquet(ROWS)).proof(NeverNull(name)) == "0"


@pytest.mark.parametrize("name", TYPES)
def test_a_single_null_is_enough_to_prove_nothing(parquet, name):
    file = parquet(f'SELECT * REPLACE (CASE WHEN n = 50 THEN NULL ELSE "{name}" END AS "{name}") FROM ({ROWS})')
    assert footers_of(file).proof(NeverNull(name)) is None


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (ValueLimit("n", "<", 0), True),
        (ValueLimit("n", "<", 1), False),
        (ValueLimit("n", "<=", 0), False),
        (ValueLimit("n", ">", 99), True),
        (ValueLimit("n", ">=", 99), False),
        (ValueLimit("price", "<", "0.00"), True),
        (ValueLimit("price", ">", 0.98), False),
        (ValueLimit("price", ">", 0.99), True),
        (ValueLimit("day", "<", "DATE '2020-01-01'"), True),
        (ValueLimit("day", ">", "DATE '2020-04-08'"), False),
        (ValueLimit("at", "<", "TIMESTAMPTZ '2020-01-01 00:00:00+00'"), True),
        (ValueLimit("at", "<", "TIMESTAMPTZ '2020-01-01 00:00:01+00'"), False),
    ],
)
def test_a_limit_is_proven_up_to_its_very_edge(parquet, claim, holds):
    file = parquet(ROWS)
    assert (value(file, footers_of(file).proof(claim)) == 0) is holds


def test_texts_and_floats_are_left_to_the_scan(parquet):
    footers = footers_of(parquet(ROWS))
    assert footers.proof(ValueLimit("word", "<", "a")) is None
    assert footers.proof(ValueLimit("x", "<", 0)) is None


@pytest.mark.parametrize("columns", [("n",), ("big",), ("word",), ("n", "word"), ("day", "at")])
def test_a_key_is_proven_by_nothing_but_a_key(parquet, columns):
    file = parquet(ROWS)
    assert value(file, footers_of(file).proof(UniqueKey(columns))) == 0
    twice = parquet(f"{ROWS} UNION ALL ({ROWS} LIMIT 1)", file.with_name("twice.parquet"))
    assert value(twice, footers_of(twice).proof(UniqueKey(columns))) != 0


def test_a_key_of_dense_whole_numbers_is_a_bitmap_and_another_is_not(parquet):
    footers = footers_of(parquet(ROWS))
    assert "bitstring" in footers.proof(UniqueKey(("n",)))
    assert "hash" in footers.proof(UniqueKey(("big",)))


def test_keys_that_hold_a_null_are_no_duplicates(parquet):
    file = parquet(f"SELECT * REPLACE (CASE WHEN n < 5 THEN NULL ELSE n END AS n) FROM ({ROWS})")
    footers = footers_of(file)
    assert value(file, footers.proof(UniqueKey(("n",)))) == 0
    assert value(file, footers.proof(UniqueKey(("n", "word")))) == 0


def test_a_file_without_rows_and_a_column_of_nulls_prove_no_more_than_they_know(parquet):
    empty = parquet(f"SELECT * FROM ({ROWS}) WHERE n < 0")
    assert footers_of(empty).rows == 0
    assert value(empty, footers_of(empty).proof(UniqueKey(("n",)))) == 0
    nulls = parquet(f"SELECT * REPLACE (NULL::INTEGER AS n) FROM ({ROWS})", empty.with_name("nulls.parquet"))
    assert footers_of(nulls).proof(ValueLimit("n", "<", 0)) is None
    assert value(nulls, footers_of(nulls).proof(UniqueKey(("n",)))) == 0


@pytest.mark.parametrize("name", ["n", "price", "day", "at"])
def test_the_largest_value_is_known_without_a_scan(parquet, name):
    file = parquet(ROWS)
    known = footers_of(file).answer(Largest(name, "{}"))
    assert "candidate" not in known and "max" not in known
    assert value(file, known) == value(file, f'max("{name}")')


def test_where_footers_do_not_know_the_largest_value_nothing_is_answered(parquet):
    assert footers_of(parquet(ROWS)).answer(Largest("word", "{}")) is None
    assert (
        footers_of(parquet(f'SELECT * REPLACE (NULL::TIMESTAMPTZ AS "at") FROM ({ROWS})')).answer(Largest("at", "{}")) is None
    )


def test_several_files_are_one_candidate(parquet, tmp_path):
    first = parquet(ROWS, tmp_path / "a.parquet")
    second = parquet(f"SELECT * REPLACE (n - 1000 AS n) FROM ({ROWS})", tmp_path / "b.parquet")
    with opened([first, second]) as connection:
        footers = read_footers([first, second], [Column(name, kind) for name, kind in TYPES.items()], connection)
        assert footers.rows == 200
        (broken,) = connection.execute(f"SELECT {footers.proof(ValueLimit('n', '<', 0))}").fetchone()
    assert broken


@pytest.mark.parametrize("name", ['a"; DROP', "select", "größe ☃", "a.b", "'"])
def test_a_hostile_name_is_known_to_the_footers_too(parquet, name):
    quoted = '"' + name.replace('"', '""') + '"'
    file = parquet(f"SELECT i::INTEGER AS {quoted} FROM range(10) t(i)")
    with opened([file]) as connection:
        footers = read_footers([file], [Column(name, "INTEGER")], connection)
        assert connection.execute(f"SELECT {footers.proof(UniqueKey((name,)))} FROM candidate").fetchall()[0] == (0,)
    assert footers.proof(NeverNull(name)) == "0"
