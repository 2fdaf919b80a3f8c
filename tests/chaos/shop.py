"""The port that is written, killed and read: its contract, the rows of every version, and what must be true of them."""

from pathlib import Path

from mesh_platform import OutputPort, load_contract
from mesh_platform.contract.contract import Contract
from mesh_platform.project import DomainFolder, load_domain

COLUMNS = "mark, rows, number, value"
ROWS, SPREAD = 20_000, 5_000

_DOMAIN = """\
name: shop
title: Shop
description: Exists to be killed.
owner: team:shop
channel: "#shop"
"""
_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.things.v1
name: things
version: 1.0.0
status: active
domain: shop
dataProduct: things
schema:
  - name: things
    description: Rows that all say which version they are of.
    dataGranularityDescription: One row per number.
    properties:
      - {name: mark, logicalType: integer, physicalType: BIGINT, required: true}
      - {name: rows, logicalType: integer, physicalType: BIGINT, required: true, logicalTypeOptions: {minimum: 1}}
      - {name: number, logicalType: integer, physicalType: BIGINT, primaryKey: true, required: true}
      - {name: value, logicalType: integer, physicalType: BIGINT, required: true}
    quality:
      - {name: has_rows, metric: rowCount, mustBeGreaterThan: 0, description: There is at least one row.}
"""


def make_shop(root: Path) -> None:
    """Writes the files of a domain with one port."""
    contracts = root / "domains/shop/contracts"
    contracts.mkdir(parents=True)
    (root / "domains/shop/domain.yaml").write_text(_DOMAIN, encoding="utf-8")
    (contracts / "things.v1.odcs.yaml").write_text(_CONTRACT, encoding="utf-8")


def the_shop(root: Path) -> tuple[DomainFolder, Contract, OutputPort]:
    """The domain, the contract and the port, through the platform's own readers."""
    domain = load_domain(root, "shop")
    contract = load_contract(domain.contracts / "things.v1.odcs.yaml", root)
    return domain, contract, OutputPort(contract.address, domain.home.port(contract.address, 1))


def rows_of(mark: int) -> int:
    """How many rows the version with that mark has; neighbours differ."""
    return ROWS + mark * 7_919 % SPREAD


def select(mark: int) -> str:
    """The query that makes the version with that mark."""
    rows = rows_of(mark)
    return f"SELECT {mark}::BIGINT AS mark, {rows}::BIGINT AS rows, range AS number, range * {mark} AS value FROM range({rows})"
