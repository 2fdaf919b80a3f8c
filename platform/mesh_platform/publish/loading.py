"""A domain's files, read and held against each other: what it promises, and the models that make it."""

from mesh_platform.build.port_graph import PortModel, load_port_graph
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish.access import check_days, check_inputs, check_ports
from mesh_platform.publish.stages import built_graph


def load_built(domain: DomainFolder) -> tuple[Offer, dict[str, PortModel]]:
    """The offer, and the models of the ports that are built.

    Raises MeshError when a contract, a product or a model is not what it must be, or they do not agree.
    """
    offer = load_offer(domain)
    graph = load_port_graph(domain)
    check_ports(offer, graph)
    graph = built_graph(offer, graph)
    check_inputs(offer, graph)
    check_days(offer, graph)
    return offer, graph
