"""The quarantine: every bad row is kept with its rule and its candidate's origin, whole or not at all."""

import duckdb
import pytest

from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import PublishError, UnknownEntry
from mesh_platform.home import MeshHome
from mesh_platform.port.version import Provenance
from mesh_platform.quarantine import BrokenRule, drop_entry, entries, find_entry, keep_rows, without

NAME = 'rule"; DROP TABLE x; --'
COLUMNS = (
    {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True},
    {"name": NAME, "logicalType": "string", "physicalType": "VARCHAR", "logicalTypeOptions": {"maxLength": 2}},
)
ROWS = 'SELECT i::INTEGER AS id, repeat(\'x\', i::INTEGER) AS "rule""; DROP TABLE x; --" FROM range(5) t(i)'


@pytest.fixture
def candidate(company, parquet):
    """A contract; a candidate of 6 rows, of which two are too long and two share a key; its provenance; the broken rules."""
    contract = load_contract(company.contract(columns=COLUMNS), company.root)
    file = parquet(f"{ROWS} UNION ALL SELECT 1, 'x'")
    origin = {"run": "a-run", "inputs": {"sales/orders": 3}, "source": {"things": "ab" * 32}}
    made_of = Provenance(contract.id, contract.version, contract.file, contract.digest, 6, 0, **origin)
    return contract, file, made_of, audit(contract, [file]).broken


@pytest.fixture
def home(company):
    return MeshHome.of(company.root)


def kept(candidate, home, **options):
    contract, file, made_of, broken = candidate
    return keep_rows(contract, [file], broken, made_of, home.quarantine(contract.address), **options)


def test_each_bad_row_is_kept_under_each_rule_it_breaks(candidate, home):
    entry = kept(candidate, home)
    assert [(rule.check, rule.rows) for rule in entry.rules] == [("primary_key", 2), ("values", 2)]
    rows = duckdb.sql(f"SELECT rule, row FROM read_parquet('{entry.rows_file}') ORDER BY rule, row.id").fetchall()
    twice = ("primary_key", {"id": 1, NAME: "x"})
    assert rows == [twice, twice, ("values", {"id": 3, NAME: "xxx"}), ("values", {"id": 4, NAME: "xxxx"})]


def test_an_entry_says_what_its_candidate_was_made_of(candidate, home):
    entry = kept(candidate, home)
    (read,) = entries(home)
    assert read == entry
    assert (read.run, read.inputs, read.source) == ("a-run", {"sales/orders": 3}, {"things": "ab" * 32})
    assert (read.candidate_rows, read.rows, read.published) == (6, 4, False)
    assert read.rules[1] == BrokenRule("values", f"{NAME} has at most 2 characters", 2)


def test_without_broken_rules_no_entry_is_written(candidate, home):
    contract, file, made_of, _ = candidate
    assert keep_rows(contract, [file], [], made_of, home.quarantine(contract.address)) is None
    assert entries(home) == []


def test_what_is_set_aside_and_what_remains_are_the_candidate(candidate, home, tmp_path):
    contract, file, _, broken = candidate
    rest = tmp_path / "rest.parquet"
    without([file], [verdict.rule for verdict in broken], rest)
    assert duckdb.sql(f"SELECT id FROM read_parquet('{rest}')").fetchall() == [(0,), (2,)]
    assert duckdb.sql(f"SELECT typeof(id) FROM read_parquet('{rest}') LIMIT 1").fetchone() == ("INTEGER",)


def test_rows_for_which_a_rule_is_neither_true_nor_false_remain(company, parquet, tmp_path):
    contract = load_contract(company.contract(columns=COLUMNS), company.root)
    file = parquet(f"{ROWS} UNION ALL SELECT 9, NULL")
    rest = tmp_path / "rest.parquet"
    without([file], [rule for rule in contract.rules if rule.check == "values"], rest)
    assert duckdb.sql(f"SELECT id FROM read_parquet('{rest}') ORDER BY id").fetchall() == [(0,), (1,), (2,), (9,)]


def test_entries_are_found_by_name_and_by_port_newest_first(candidate, home):
    first, second = kept(candidate, home), kept(candidate, home, published=True)
    assert {entry.id for entry in entries(home)} == {first.id, second.id}
    assert entries(home)[0].at >= entries(home)[1].at
    assert find_entry(home, second.id).published
    assert entries(home, candidate[0].address) == entries(home)


def test_a_dropped_entry_is_gone_with_its_rows(candidate, home):
    entry = kept(candidate, home)
    drop_entry(entry)
    assert entries(home) == []
    assert list(home.quarantine(entry.port).iterdir()) == []
    with pytest.raises(UnknownEntry, match="mesh quarantine list"):
        find_entry(home, entry.id)


def test_an_entry_that_cannot_be_written_leaves_nothing_behind_and_says_so(candidate, home):
    folder = home.quarantine(candidate[0].address)
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(PublishError, match="its bad rows cannot be written to"):
        kept(candidate, home)


def test_half_an_entry_is_not_taken_for_one(candidate, home):
    entry = kept(candidate, home)
    entry.folder.rename(entry.folder.with_name(f".{entry.id}"))
    assert entries(home) == []
