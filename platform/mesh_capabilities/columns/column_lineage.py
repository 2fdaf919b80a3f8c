"""The columns that a published port is made of, shown beside its schema."""

from collections.abc import Mapping

from mesh_capabilities.columns.derivation import Derivation, Relation
from mesh_capabilities.columns.port_columns import derived_ports
from mesh_platform.hooks import ColumnLineage
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.publish.attempt import Attempt


def column_lineage(offer: Offer, attempt: Attempt, pinned: Mapping[PortAddress, PortVersion]) -> dict[str, ColumnLineage | str]:
    """The columns that each column's values are made of, or a sentence on why that is not known.

    It is derived from the SQL that the run has executed, and kept until that SQL or what it reads changes: a run of known
    models parses nothing. A column that only decides which rows there are is not part of it.

    Args:
        offer: the domain's products and contracts.
        attempt: at a port that was published.
        pinned: the versions that the run reads.
    """
    port = attempt.address.port
    promised = {Relation(*address): version.columns for address, version in pinned.items()}
    promised |= {Relation(offer.domain.name, name): tuple(one.column_names) for name, one in offer.contracts.items()}
    models = [node.model for node in attempt.nodes if node.model]
    derived = derived_ports(offer.domain, models, promised, f"columns/{port}.json").get(port)
    if isinstance(derived, Derivation):
        return {
            "column_lineage": {
                column: [(tuple(origin.relation), origin.column) for origin in sorted(origins)]
                for column, origins in derived.values.items()
            }
        }
    return {"column lineage": f"Not known. {derived.found}"} if derived else {}
