"""The audit as a whole: what it says, how much it shows, and that hostile names and values stay names and values."""

import pytest

from mesh_platform.contract.audit import SHOWN_ROWS, audit

HOSTILE = [
    """a"; DROP VIEW candidate; --""",
    """a') FROM candidate; --""",
    "select",
    "candidate",
    "n",
    "größe ☃ 💥",
    "a\nb",
    "{property}",
    "%s\\",
]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_column_name_stays_a_name_in_every_rule(judge, name):
    options = {"minLength": 1, "maxLength": 3, "pattern": "^x+$"}
    rules = [
        {"metric": "nullValues", "mustBe": 0},
        {"metric": "missingValues", "mustBe": 0},
        {"metric": "invalidValues", "arguments": {"validValues": ["x", "xx"]}, "mustBe": 0},
        {"metric": "duplicateValues", "mustBe": 0},
        {"name": "asked", "type": "sql", "query": "SELECT count(*) FROM ${object} WHERE ${property} IS NULL", "mustBe": 0},
    ]
    column = {"name": name, "logicalType": "string", "physicalType": "VARCHAR", "required": True, "unique": True}
    key = {"name": "key", "physicalType": "INTEGER", "primaryKey": True}
    columns = [key, {**column, "logicalTypeOptions": options, "quality": rules}]
    kept = judge(f"SELECT i::INTEGER AS key, repeat('x', i::INTEGER) AS {quoted(name)} FROM range(1, 3) t(i)", columns)
    assert kept.rows == 2
    assert kept.broken == []
    broken = judge(f"SELECT i::INTEGER AS key, NULL::VARCHAR AS {quoted(name)} FROM range(2) t(i)", columns).broken
    assert [verdict.rule.check for verdict in broken] == ["required", "nullValues", "missingValues", "asked"]
    assert broken[0].examples == ({"key": 0, name: None}, {"key": 1, name: None})
    twice = judge(f"SELECT i::INTEGER AS key, 'x' AS {quoted(name)} FROM range(2) t(i)", columns).broken
    assert [verdict.rule.check for verdict in twice] == ["unique", "duplicateValues"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_column_name_stays_a_name_beside_limits(judge, name):
    limits = {"minimum": 1, "maximum": 3, "exclusiveMinimum": 0, "exclusiveMaximum": 4}
    column = {
        "name": name,
        "logicalType": "integer",
        "physicalType": "INTEGER",
        "logicalTypeOptions": limits,
        "primaryKey": True,
    }
    broken = judge(f"SELECT unnest([1, 3, 5])::INTEGER AS {quoted(name)}", [column]).broken
    assert [verdict.examples for verdict in broken] == [({name: 5},)] * 2


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_a_value_in_contract_and_data(judge, value):
    literal = "'" + value.replace("'", "''") + "'"
    rules = [
        {"metric": "invalidValues", "arguments": {"validValues": [value]}, "mustBe": 0},
        {"name": "nothing", "metric": "missingValues", "arguments": {"missingValues": [value + "!"]}, "mustBe": 0},
    ]
    column = {"name": "a", "physicalType": "VARCHAR", "quality": rules}
    assert judge(f"SELECT {literal} AS a", [column]).broken == []
    (verdict,) = judge(f"SELECT unnest([{literal}, '-' || {literal}]) AS a", [column]).broken
    assert verdict.examples == ({"a": "-" + value},)
    assert f"a = -{value}" in str(verdict)


@pytest.mark.parametrize("folder", ["two words", "it's", 'dou"ble', "semi;colon", "größe ☃"])
def test_a_candidate_is_found_in_a_folder_of_any_name(load, parquet, tmp_path, folder):
    path = parquet("SELECT 1 AS id", tmp_path / folder / "candidate.parquet")
    assert audit(load(), [path]).rows == 1


def test_all_files_of_a_candidate_are_judged_together(load, parquet, tmp_path):
    files = [parquet(f"SELECT {number} AS id", tmp_path / f"{number}.parquet") for number in (1, 2)]
    assert audit(load(), files).broken == []
    (key,) = audit(load(), [*files, parquet("SELECT 2 AS id", tmp_path / "again.parquet")]).broken
    assert key.found == "1 of 3 rows breaks it"


def test_a_few_rows_are_shown_however_many_there_are(judge):
    (verdict,) = judge(
        "SELECT NULL::INTEGER AS a FROM range(1500)", [{"name": "a", "physicalType": "INTEGER", "required": True}]
    ).broken
    assert verdict.found == "1,500 of 1,500 rows break it"
    assert len(verdict.examples) == SHOWN_ROWS


def test_a_verdict_reads_as_rule_sentence_count_and_rows(judge):
    columns = [
        {"name": "id", "physicalType": "VARCHAR", "primaryKey": True},
        {"name": "price", "physicalType": "DECIMAL(10,2)", "required": True},
    ]
    (verdict,) = judge("SELECT * FROM (VALUES ('x', 1.5::DECIMAL(10,2)), ('y', NULL)) t(id, price)", columns).broken
    assert str(verdict) == "required: price is never null; 1 of 2 rows breaks it\n      id = y, price = NULL"


def test_rules_of_one_check_are_found_by_its_name(judge):
    columns = [{"name": name, "physicalType": "INTEGER", "required": True} for name in ("a", "b")]
    result = judge("SELECT 1 AS a, NULL::INTEGER AS b", columns)
    assert [verdict.passed for verdict in result.of_check("required")] == [True, False]
    assert result.of_check("no such check") == []


def test_the_audit_leaves_the_candidate_as_it_is(load, parquet):
    path = parquet("SELECT 1 AS id")
    before = path.read_bytes()
    audit(load(), [path])
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
