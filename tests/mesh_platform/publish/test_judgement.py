"""Judging a candidate: published whole, without its bad rows, or not at all; and no row is lost."""

import duckdb
import pytest

from mesh_platform.contract.document import load_contract
from mesh_platform.dagster.checks import contract_results
from mesh_platform.errors import ContractViolation
from mesh_platform.home import MeshHome
from mesh_platform.port.version import Provenance
from mesh_platform.publish.candidate_judgement import judge_candidate
from mesh_platform.quarantine import entries

ROWS = "SELECT i::INTEGER AS id, CASE WHEN i < {bad} THEN 'BAD' ELSE 'good' END AS word FROM range(100) t(i)"


@pytest.fixture
def case(company, parquet):
    """Judges 100 rows with this number of bad ones, under a limit for bad rows."""

    def case(bad, bound="5 %", quality=()):
        options = {"logicalTypeOptions": {"pattern": "^[a-z]+$"}}
        aside = {"customProperties": [{"property": "setAside", "value": bound}]} if bound else {}
        word = {"name": "word", "logicalType": "string", "physicalType": "VARCHAR", **options, **aside}
        key = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True}
        contract = load_contract(company.contract(columns=[key, word], quality=quality), company.root)
        file, home = parquet(ROWS.format(bad=bad)), MeshHome.of(company.root)
        made_of = Provenance(contract.id, contract.version, contract.file, contract.digest, 0, 0)
        return judge_candidate(contract, file, made_of, home), file, home

    return case


def rows(file):
    return duckdb.sql(f"SELECT count(*), count(*) FILTER (WHERE word = 'BAD') FROM read_parquet('{file}')").fetchone()


def test_a_good_candidate_stays_as_it_is(case):
    judgement, file, home = case(bad=0)
    assert (judgement.error, judgement.aside, judgement.audit.rows) == (None, 0, 100)
    assert (rows(file), entries(home)) == ((100, 0), [])


def test_within_the_bound_the_bad_rows_go_to_the_quarantine_and_the_others_remain(case):
    judgement, file, home = case(bad=5)
    assert (judgement.error, judgement.aside, judgement.audit.rows, judgement.audit.broken) == (None, 5, 95, [])
    assert rows(file) == (95, 0)
    (entry,) = entries(home)
    assert (entry.published, entry.candidate_rows, entry.rows) == (True, 100, 5)


def test_over_the_bound_nothing_is_published_and_the_bad_rows_are_kept(case):
    judgement, file, home = case(bad=6)
    assert isinstance(judgement.error, ContractViolation)
    assert rows(file) == (100, 6)
    (entry,) = entries(home)
    assert (entry.published, entry.rows) == (False, 6)
    assert f"mesh quarantine show {entry.id}" in str(judgement.error)
    assert "up to 5 % that break it are set aside; 6 of 100 rows" in str(judgement.error)


def test_without_a_bound_one_bad_row_is_enough(case):
    judgement, file, home = case(bad=1, bound=None)
    assert isinstance(judgement.error, ContractViolation)
    assert [entry.published for entry in entries(home)] == [False]


def test_what_remains_has_to_keep_the_whole_contract(case):
    enough = {"name": "enough", "metric": "rowCount", "mustBeGreaterOrEqualTo": 98}
    judgement, file, home = case(bad=5, quality=[enough])
    assert "enough: the number of rows is at least 98; found 95" in str(judgement.error)
    assert rows(file) == (100, 5)
    assert [entry.published for entry in entries(home)] == [False]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_broken_rule_without_a_bound_forbids_to_set_anything_aside(case):
    judgement, _, home = case(bad=5, quality=[{"name": "few", "metric": "rowCount", "mustBeLessThan": 10}])
    assert "few: the number of rows is less than 10" in str(judgement.error)
    assert [entry.published for entry in entries(home)] == [False]


def test_a_rule_that_cannot_be_evaluated_refuses_the_candidate_and_the_others_are_judged(case):
    odd = {"name": "odd", "type": "sql", "query": "select word from ${object}", "mustBe": 1}
    judgement, file, home = case(bad=5, quality=[odd])
    assert isinstance(judgement.error, ContractViolation)
    assert "odd: the result of its query on things is 1; failed to evaluate: its query returns more than 1 row" in str(
        judgement.error
    )
    assert "5 of 100 rows break it" in str(judgement.error)
    assert rows(file) == (100, 5)
    (entry,) = entries(home)
    assert (entry.published, entry.rows) == (False, 5)


def test_a_warning_that_cannot_be_evaluated_does_not_block_and_is_a_check_of_its_own(case, company):
    odd = {"name": "odd", "type": "sql", "query": "select word from ${object}", "mustBe": 1, "severity": "warning"}
    judgement, file, home = case(bad=5, quality=[odd, {"metric": "rowCount", "mustBeGreaterThan": 90}])
    assert (judgement.error, judgement.aside) == (None, 5)
    contract = load_contract(company.root / "domains/shop/contracts/things.v1.odcs.yaml", company.root)
    results = {result.check_name: result for result in contract_results(contract, judgement.audit)}
    assert {name: result.passed for name, result in results.items()} == {
        **dict.fromkeys(("schema", "primary_key", "required", "values", "rowCount"), True),
        "odd": False,
    }
    assert results["odd"].severity.value == "WARN"
    assert "failed to evaluate" in results["odd"].metadata["broken"].value
