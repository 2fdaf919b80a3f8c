"""What the stage of a product means for a run: what is built, and on what it may rest."""

from collections.abc import Collection, Mapping

from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import AccessRefused, ContractError, MeshError
from mesh_platform.product.offer import Offer
from mesh_platform.product.stage import Stage
from mesh_platform.product.standing import standing_of

STAGE_TAG = "mesh/stage"
"""The tag of an asset that says the stage of its product."""


def built_graph(offer: Offer, graph: Mapping[str, PortModel]) -> dict[str, PortModel]:
    """The models of the ports that are built, in the order of `graph`.

    Raises ContractError when one of them reads a port of its own domain that is not.
    """
    kept = {port: model for port, model in graph.items() if port in offer.built}
    for port, model in kept.items():
        for other in model.ports:
            if other not in kept:
                product = offer.product_of(other)
                raise ContractError(
                    f"dbt_projects/{offer.domain.name}/{model.file} reads '{other}' of its own domain, which is not built: "
                    f"{product.file} says status: {product.status}.",
                    f"Take the next step in the life of {product.address} with `mesh product`, or do not let {port} read it.",
                )
    return kept


def refused_inputs(offer: Offer, graph: Mapping[str, PortModel], ports: Collection[str]) -> dict[str, MeshError]:
    """By port, why its product may not rest on an input that it reads: the input is not built, or promised to nobody.

    A product that is in development itself may read another one that is.
    """
    found: dict[str, MeshError] = {}
    for port in ports:
        product = offer.product_of(port)
        for reference in product.inputs:
            standing = standing_of(reference, offer.domain.root) if reference.address in graph[port].inputs else None
            if standing is None or standing.stage.promised or (standing.stage is product.stage is Stage.draft):
                continue
            says = f"{standing.product} is {standing.stage.words}"
            way_out = {
                Stage.retired: f"Read {standing.successor} instead." if standing.successor else "Read another product.",
                Stage.draft: f"Wait until {standing.product} is active; a product that is in development may read it now.",
            }.get(standing.stage, f"Wait until {standing.product} is built.")
            found[port] = AccessRefused(
                f"{offer.domain.name}/{port} was not published: it reads {reference.contract_id}, and {says}.", way_out
            )
    return found
