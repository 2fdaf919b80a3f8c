"""Which of the contracts that a product reads are deprecated, and until when they are served."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mesh_platform.contracts.change.notice import ends_of
from mesh_platform.errors import ContractError
from mesh_platform.naming import PortAddress
from mesh_platform.products.descriptor import DataProduct
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class DeprecatedInput:
    """An input that will not be served for ever."""

    address: PortAddress
    contract: str
    """Its id, with the major version: `sales.orders.v1`."""
    ends: date | None
    """The last day; None when the contract does not say."""

    def __str__(self) -> str:
        return f"reads {self.contract}, deprecated, {f'ends {self.ends}' if self.ends else 'without an end yet'}"


def deprecated_inputs(product: DataProduct, root: Path) -> list[DeprecatedInput]:
    """The deprecated ones among the inputs of a product of the mesh below `root`; what cannot be read is not among them."""
    found = []
    for reference in product.inputs:
        try:
            said = read_mapping(reference.contract_file(root), ContractError)
        except ContractError:
            continue  # its own domain is told
        ends = ends_of(said).get(None)
        if said.get("status") in ("deprecated", "retired") or ends:
            found.append(DeprecatedInput(reference.address, reference.contract_id, ends))
    return found
