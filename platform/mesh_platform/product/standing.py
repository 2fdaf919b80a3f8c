"""How the product stands behind a port that another domain reads: its stage, its end, and who takes its place."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mesh_platform.contract.custom_properties import stated
from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import DataProduct, PortReference
from mesh_platform.product.stage import Stage
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class Standing:
    """What a producer's descriptor says of its life."""

    product: str
    """`sales/orders`."""
    stage: Stage
    ends: date | None
    successor: str | None


def advice_on(product: DataProduct) -> str | None:
    """What a reader should know of the stage of a product, as a sentence; None of one that is active."""
    if product.stage is Stage.active:
        return None
    if product.stage is Stage.draft:
        return f"{product.address} is in development: it is promised to nobody outside of {product.domain}."
    until = f" and ends on {product.ends}" if product.stage is Stage.deprecated and product.ends else ""
    instead = f"; go on with {product.successor}" if product.successor else ""
    return f"{product.address} is {product.stage.words}{until}{instead}."


def standing_of(reference: PortReference, root: Path) -> Standing | None:
    """The standing of the product that publishes the contract of `reference` in the mesh below `root`.

    None when nobody does, or when the descriptor cannot be read: its own domain is told.
    """
    domain = reference.address.domain
    for path in sorted((root / "domains" / domain / "products").glob("*.odps.yaml")):
        # Most descriptors are not the one that is looked for, and need not be parsed to see that.
        if reference.contract_id not in path.read_text(encoding="utf-8", errors="replace"):
            continue
        try:
            said = read_mapping(path, ContractError)
            published = [port.get("contractId") for port in said.get("outputPorts") or ()]
            if reference.contract_id in published:
                ends = next((str(value) for value in stated(said, "endsOn")), None)
                successor = next((str(value) for value in stated(said, "successor")), None)
                name = path.name.removesuffix(".odps.yaml")
                return Standing(
                    f"{domain}/{name}", Stage(said.get("status")), date.fromisoformat(ends) if ends else None, successor
                )
        except (ContractError, ValueError, AttributeError, TypeError):
            continue
    return None
