"""Entries of the quarantine are found by their id, and dropped with their rows."""

import pytest

from mesh_capabilities.maintenance.kept_rows import drop_entry, find_entry
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import UnknownEntry
from mesh_platform.home import MeshHome
from mesh_platform.port.version import Provenance
from mesh_platform.quarantine import entries, keep_rows


@pytest.fixture
def home(company):
    return MeshHome.of(company.root)


@pytest.fixture
def kept(company, parquet, home):
    """Two entries of the rows that break a contract; the other rows of the second one were published."""
    column = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "required": True}
    contract = load_contract(company.contract(columns=(column,)), company.root)
    file, folder = parquet("SELECT NULL::INTEGER AS id"), home.quarantine(contract.address)
    origin = Provenance(contract.id, contract.version, contract.file, contract.digest, 1, 0)
    broken = audit(contract, [file]).broken
    return [keep_rows(contract, [file], broken, origin, folder, published=published) for published in (False, True)]


def test_an_entry_is_found_by_its_id(home, kept):
    assert [find_entry(home, entry.id).published for entry in kept] == [False, True]


def test_a_dropped_entry_is_gone_with_its_rows(home, kept):
    entry, other = kept
    drop_entry(entry)
    assert [left.id for left in entries(home)] == [other.id]
    assert [path.name for path in home.quarantine(entry.port).iterdir()] == [other.id]
    with pytest.raises(UnknownEntry, match="mesh quarantine list"):
        find_entry(home, entry.id)
