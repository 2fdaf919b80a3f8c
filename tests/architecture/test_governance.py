"""The tables that the platform harvests and the contracts under which governance publishes them say the same."""

import pytest

from mesh_capabilities.governance.catalog.metadata_source import PUBLISHED, published_columns
from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_platform.contract.document import load_contract


def contract(root, name):
    return load_contract(root / f"domains/governance/contracts/{name}.v1.odcs.yaml", root)


def test_every_published_table_has_a_contract(root):
    found = {path.name.partition(".")[0] for path in (root / "domains/governance/contracts").glob("*.odcs.yaml")}
    assert found == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_contract_promises_what_is_harvested(root, name):
    promised = contract(root, name)
    stated = {column: TABLES[name].columns[column] for column in published_columns(name)}
    assert {column.name: (column.type, column.description) for column in promised.columns} == stated
    assert set(promised.primary_key) == set(TABLES[name].key)
