"""The products behind a product's inputs: their stage, their end, and what takes their place."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mesh_platform.contract.column import stated
from mesh_platform.contract.contract import ends_of
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import DataProduct, PortReference, Stage
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


@dataclass(frozen=True)
class DeprecatedInput:
    """An input that will not be served for ever."""

    address: PortAddress
    contract: str
    """Its id, with the major version: `sales.orders.v1`."""
    ends: date | None
    """The last day; None when nobody says."""
    successor: str | None = None
    """The product to read instead, where its producer names one."""

    def __str__(self) -> str:
        end = f"ends {self.ends}" if self.ends else "without an end yet"
        return f"reads {self.contract}, deprecated, {end}{f'; go on with {self.successor}' if self.successor else ''}"

    def over(self, today: date) -> bool:
        """Whether the promise is kept no more."""
        return self.ends is not None and self.ends < today


def deprecated_inputs(product: DataProduct, root: Path) -> list[DeprecatedInput]:
    """The deprecated ones among the inputs of a product of the mesh below `root`; what cannot be read is not among them.

    A contract is deprecated by itself, as one major version of a port is, or with the whole product that publishes it;
    the nearer end counts.
    """
    found = (_deprecated(reference, root) for reference in product.inputs)
    return [one for one in found if one]


def _deprecated(reference: PortReference, root: Path) -> DeprecatedInput | None:
    try:
        said = read_mapping(reference.contract_file(root), ContractError)
    except ContractError:
        said = {}  # its own domain is told
    standing = standing_of(reference, root)
    gone = (Stage.deprecated, Stage.retired)
    by_product = standing is not None and standing.stage in gone
    own_end = ends_of(said).get(None)
    if not (by_product or own_end or said.get("status") in gone):
        return None
    ends = [day for day in (own_end, standing.ends if by_product else None) if day]
    successor = standing.successor if by_product else None
    return DeprecatedInput(reference.address, reference.contract_id, min(ends, default=None), successor)
