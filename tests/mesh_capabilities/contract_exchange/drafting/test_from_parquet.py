"""Drafts from Parquet: types, what no row lacks, candidate keys, and nothing promised without a word."""

import pytest
import yaml

from mesh_capabilities.contract_exchange.drafting import draft_from_parquet, draft_text, port_name
from mesh_capabilities.contract_lint.lint import lint_file
from mesh_platform.errors import FileRefused


@pytest.fixture
def drafted(parquet, tmp_path):
    """The draft of a query's result, linted: its text, and its columns by name."""

    def drafted(sql: str) -> tuple[str, dict]:
        text = draft_text(draft_from_parquet([parquet(sql)]), "shop", "things")
        path = tmp_path / "draft.odcs.yaml"
        path.write_text(text, encoding="utf-8")
        assert [
            finding for finding in lint_file(path).findings if finding.use not in ("documentation only", "not executed")
        ] == []
        (table,) = yaml.safe_load(text)["schema"]
        return text, {column["name"]: column for column in table["properties"]}

    return drafted


def test_a_draft_says_types_and_what_no_row_lacks(drafted):
    text, columns = drafted("SELECT i::INTEGER AS id, nullif(i, 3)::BIGINT AS some, 'x' AS same FROM range(5) t(i)")
    assert {name: (said["physicalType"], said.get("required")) for name, said in columns.items()} == {
        "id": ("INTEGER", True),
        "some": ("BIGINT", None),
        "same": ("VARCHAR", True),
    }
    assert yaml.safe_load(text)["status"] == "draft"
    assert "# required: no nulls in 5 rows\n" in text


def test_a_candidate_key_is_a_comment_and_no_promise(drafted):
    text, columns = drafted("SELECT i AS id, i % 4 AS part, nullif(i, 3) AS other FROM range(5) t(i)")
    assert text.count("candidate key: no duplicates in 5 rows") == 1
    assert text.index("candidate key") < text.index("name: id") < text.index("name: part")
    assert not any("primaryKey" in said or "unique" in said for said in columns.values())


def test_of_no_rows_nothing_is_said(drafted):
    text, columns = drafted("SELECT 1 AS id WHERE false")
    assert "required" not in columns["id"]
    assert "There were no rows" in text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1::UTINYINT", "SMALLINT"),
        ("1::TINYINT", "TINYINT"),
        ("1::USMALLINT", "INTEGER"),
        ("1::UINTEGER", "BIGINT"),
        ("1::UBIGINT", "DECIMAL(20,0)"),
        ("uuid()", "VARCHAR"),
        ("time '10:00'", "VARCHAR"),
        ("timestamp '2018-01-31'", "TIMESTAMP"),
        ("timestamp_ns '2018-01-31'", "TIMESTAMP"),
        ("'x'::BLOB", "BLOB"),
        ("timestamptz '2018-01-31 00:00:00+00'", "TIMESTAMP WITH TIME ZONE"),
        ("1.5::DECIMAL(9,3)", "DECIMAL(9,3)"),
        ("1.5::FLOAT", "FLOAT"),
        ("true", "BOOLEAN"),
        ("date '2018-01-31'", "DATE"),
        ("[1]", "INTEGER[]"),
        ("{'a b': 1, 'c': [date '2018-01-31']}", 'STRUCT("a b" INTEGER, "c" DATE[])'),
        ("map {'a': 1}", "MAP(VARCHAR, INTEGER)"),
    ],
)
def test_every_type_becomes_one_that_a_port_stores(drafted, value, kind):
    _, columns = drafted(f"SELECT {value} AS a")
    assert columns["a"]["physicalType"] == kind


def test_what_no_port_stores_is_left_out_by_name(drafted):
    text, columns = drafted("SELECT 1 AS id, interval 1 day AS span, [1::UTINYINT] AS list, {'a': time '10:00'} AS struct")
    assert list(columns) == ["id"]
    assert [line.split(",")[0] for line in text.splitlines() if "Left out" in line] == [
        "# Left out: span",
        "# Left out: list",
        "# Left out: struct",
    ]


def test_the_parts_of_a_column_are_drafted_with_their_types(drafted):
    _, columns = drafted("SELECT [{'a': 1, 'b': 'x'}] AS list, map {'a': 1} AS pairs")
    assert columns["list"]["items"] == {
        "logicalType": "object",
        "physicalType": 'STRUCT("a" INTEGER, "b" VARCHAR)',
        "properties": [
            {"name": "a", "logicalType": "integer", "physicalType": "INTEGER"},
            {"name": "b", "logicalType": "string", "physicalType": "VARCHAR"},
        ],
    }
    assert "logicalType" not in columns["pairs"]


@pytest.mark.parametrize(
    "name", ['a "b"', "it's; --", "line\nbreak", "größe ☃", "select", "a: b", "# x", "- y", "{{ z }}", "\u2028"]
)
def test_any_name_of_a_column_is_drafted(drafted, name):
    quoted = name.replace('"', '""')
    _, columns = drafted(f'SELECT interval 1 day AS "no {quoted}", 1 AS "{quoted}"')
    assert list(columns) == [name]


def test_a_file_of_nothing_that_a_port_stores_is_refused(parquet):
    with pytest.raises(FileRefused, match="no column that a port can store"):
        draft_from_parquet([parquet("SELECT interval 1 day AS span")])


def test_files_of_other_columns_are_refused_by_name(parquet, tmp_path):
    one, other = parquet("SELECT 1 AS a", tmp_path / "one.parquet"), parquet("SELECT 'x' AS b", tmp_path / "other.parquet")
    with pytest.raises(FileRefused, match="one.parquet, other.parquet cannot be read as Parquet"):
        draft_from_parquet([one, other])


@pytest.mark.parametrize(
    ("text", "name"),
    [("orders", "orders"), ("Orders 2018-01", "orders_2018_01"), ("2018", "port_2018"), ("☃", "port"), ("_a", "a")],
)
def test_any_text_becomes_a_port_s_name(text, name):
    assert port_name(text) == name
