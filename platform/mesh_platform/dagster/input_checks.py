"""The warning that a consumer sees at its own assets: whether what it reads will go on being served."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey

from mesh_platform.build.port_graph import PortModel
from mesh_platform.events import Noted, tell
from mesh_platform.product.deprecated_inputs import deprecated_inputs
from mesh_platform.product.offer import Offer

SUPPORTED = "inputs_supported"
"""The check that warns of deprecated inputs."""


def input_checks(offer: Offer, model: PortModel) -> Iterator[AssetCheckSpec]:
    """One check for a port that reads other domains. It is there before any input is deprecated, and blocks nothing."""
    if model.inputs:
        yield AssetCheckSpec(
            SUPPORTED,
            asset=AssetKey([offer.domain.name, model.name]),
            description="No input is deprecated: each of them will go on being served.",
        )


def input_results(offer: Offer, model: PortModel) -> Iterator[AssetCheckResult]:
    """What the producers' descriptors and contracts say today: a warning of an end to come, an error after it."""
    if not model.inputs:
        return
    product, today = offer.product_of(model.name), datetime.now(UTC).date()
    found = [one for one in deprecated_inputs(product, offer.domain.root) if one.address in model.inputs]
    for one in found:
        tell(Noted(offer.domain.name, f"{model.name} {one}"))
    yield AssetCheckResult(
        asset_key=AssetKey([offer.domain.name, model.name]),
        check_name=SUPPORTED,
        passed=not found,
        severity=AssetCheckSeverity.ERROR if any(one.over(today) for one in found) else AssetCheckSeverity.WARN,
        metadata={"deprecated inputs": list(map(str, found))} if found else {"inputs": len(model.inputs)},
    )
