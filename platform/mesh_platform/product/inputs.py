"""The products that publish a product's inputs: their stage, their end date and their successor."""

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
    """The lifecycle of a producer, from its descriptor."""

    product: str
    """`sales/orders`."""
    stage: Stage
    ends: date | None
    successor: str | None


def advice_on(product: DataProduct) -> str | None:
    """A sentence that warns readers about the stage of a product; None for an active product."""
    if product.stage is Stage.active:
        return None
    if product.stage is Stage.draft:
        return f"{product.address} is in development: other domains than {product.domain} cannot rely on it yet."
    until = f" and ends on {product.ends}" if product.stage is Stage.deprecated and product.ends else ""
    instead = f"; use {product.successor} instead" if product.successor else ""
    return f"{product.address} is {product.stage.words}{until}{instead}."


def standing_of(reference: PortReference, root: Path) -> Standing | None:
    """The lifecycle of the product that publishes the contract of `reference` in the mesh with this root.

    None when no product publishes it, or when the descriptor is invalid, which its own domain reports.
    """
    domain = reference.address.domain
    for path in sorted((root / "domains" / domain / "products").glob("*.odps.yaml")):
        # A text search skips most descriptors without parsing them.
        if reference.contract_id not in path.read_text(encoding="utf-8", errors="replace"):
            continue
        try:
            document = read_mapping(path, ContractError)
            published = [port.get("contractId") for port in document.get("outputPorts") or ()]
            if reference.contract_id in published:
                ends = next((str(value) for value in stated(document, "endsOn")), None)
                successor = next((str(value) for value in stated(document, "successor")), None)
                name = path.name.removesuffix(".odps.yaml")
                return Standing(
                    f"{domain}/{name}", Stage(document.get("status")), date.fromisoformat(ends) if ends else None, successor
                )
        except (ContractError, ValueError, AttributeError, TypeError):
            continue
    return None


@dataclass(frozen=True)
class DeprecatedInput:
    """An input that is deprecated, by itself or with its product."""

    address: PortAddress
    contract: str
    """The id of its contract, with the major version: `sales.orders.v1`."""
    ends: date | None
    """The last day on which it is supported; None if no end date is stated."""
    successor: str | None = None
    """The product to read instead, if the producer names one."""

    def __str__(self) -> str:
        end = f"ends {self.ends}" if self.ends else "no end date yet"
        instead = f"; use {self.successor} instead" if self.successor else ""
        return f"reads {self.contract}, deprecated, {end}{instead}"

    def over(self, today: date) -> bool:
        """Whether its end date has passed."""
        return self.ends is not None and self.ends < today


def deprecated_inputs(product: DataProduct, root: Path) -> list[DeprecatedInput]:
    """The deprecated inputs of a product of the mesh with this root. Contracts that cannot be read are skipped.

    A contract is deprecated by itself, as one major version of a port, or with the product that publishes it; the earlier
    end date counts.
    """
    deprecated = (_deprecated(reference, root) for reference in product.inputs)
    return [deprecated_input for deprecated_input in deprecated if deprecated_input]


def _deprecated(reference: PortReference, root: Path) -> DeprecatedInput | None:
    try:
        document = read_mapping(reference.contract_file(root), ContractError)
    except ContractError:
        document = {}  # its own domain reports the error
    standing = standing_of(reference, root)
    ending = (Stage.deprecated, Stage.retired)
    by_product = standing is not None and standing.stage in ending
    own_end = ends_of(document).get(None)
    if not (by_product or own_end or document.get("status") in ending):
        return None
    ends = [day for day in (own_end, standing.ends if by_product else None) if day]
    successor = standing.successor if by_product else None
    return DeprecatedInput(reference.address, reference.contract_id, min(ends, default=None), successor)
