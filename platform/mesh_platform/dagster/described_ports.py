"""Ports that are known and not built, as Dagster shows them: what is proposed, and the tombstones of what is retired."""

from dagster import AssetSpec

from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import DataProduct
from mesh_platform.product.offer import Offer
from mesh_platform.product.record import Transition, read_record, record_file
from mesh_platform.product.stage import Stage
from mesh_platform.publish.stages import STAGE_TAG


def described_ports(offer: Offer) -> list[AssetSpec]:
    """An asset that nothing materialises for each such port. Its history stays; its lineage ends here."""
    return [
        AssetSpec(
            list(output.address),
            group_name=offer.domain.name,
            owners=[f"team:{product.owner}"],
            description=f"{_told(product, offer)}\n\n**Product.** {product.name}: {product.purpose}",
            tags={"mesh/product": product.name, STAGE_TAG: product.status},
            metadata={"product": product.name, "contract": output.contract_id},
        )
        for product in offer.products.values()
        if not product.stage.built
        for output in product.outputs
    ]


def _told(product: DataProduct, offer: Offer) -> str:
    if product.stage is Stage.proposed:
        return f"**Proposed.** Described and not built; questions to {offer.domain.channel}."
    last = _last_step(product, offer)
    when = f" on {last.at:%Y-%m-%d} by {last.by}: {last.why}" if last else ""
    instead = f" Go on with {product.successor}." if product.successor else ""
    return f"**Retired.** Retired{when}{'' if when.endswith('.') else '.'}{instead} What was published is built no more."


def _last_step(product: DataProduct, offer: Offer) -> Transition | None:
    """The step that retired it; None when nobody recorded it, or the record cannot be read."""
    try:
        taken = read_record(record_file(offer.domain.root / product.file))
    except ContractError:
        return None  # told by `mesh product status`; the domain has nothing to run here
    return taken[-1] if taken and taken[-1].target is Stage.retired else None
