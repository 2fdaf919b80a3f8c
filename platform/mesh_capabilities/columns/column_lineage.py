"""The columns that a published port is made of, as Dagster shows them beside its schema."""

from collections.abc import Mapping
from typing import Any

from dagster import AssetKey, TableColumnDep, TableColumnLineage

from mesh_capabilities.columns.derivation import Derivation, Relation
from mesh_capabilities.columns.port_columns import derived_ports
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.publish.outcome import Outcome


def column_lineage(offer: Offer, outcome: Outcome, read: Mapping[PortAddress, PortVersion]) -> dict[str, Any]:
    """What to say at the materialisation of a port of the columns that its values are made of.

    It is derived from the SQL that the run has executed, and kept until that SQL or what it reads changes: a run of known
    models parses nothing. Dagster has no word for a column that merely decides which rows there are.

    Args:
        offer: what the domain promises.
        outcome: of a published port.
        read: the versions that the run reads.
    """
    port = outcome.address.port
    promised = {Relation(*address): version.columns for address, version in read.items()}
    promised |= {Relation(offer.domain.name, name): tuple(one.column_names) for name, one in offer.contracts.items()}
    models = [node.model for node in outcome.nodes if node.model]
    found = derived_ports(offer.domain, models, promised, f"columns/{port}.json").get(port)
    if isinstance(found, Derivation):
        return {"dagster/column_lineage": TableColumnLineage({name: _deps(found, name) for name in found.values})}
    return {"column lineage": f"Not known. {found.found}"} if found else {}


def _deps(derivation: Derivation, column: str) -> list[TableColumnDep]:
    return [TableColumnDep(AssetKey(origin.relation), origin.column) for origin in sorted(derivation.values[column])]
