"""A contract as its owner writes it, held against rows that a query makes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from mesh_platform.contract.audit import Audit, audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract


@pytest.fixture
def load(company) -> Callable[..., Contract]:
    """Writes the contract of shop/things and reads it."""
    return lambda **said: load_contract(company.contract(**said), company.root)


@pytest.fixture
def judge(load, parquet) -> Callable[..., Audit]:
    """Audits the rows of a query under a contract with these columns and quality rules."""

    def judge(sql: str, columns: Sequence[Mapping], quality: Sequence[Mapping] = (), **said: Any) -> Audit:
        return audit(load(columns=columns, quality=quality, **said), [parquet(sql)])

    return judge
