"""A subscription: a domain consumes a port of another, in a product that is there or in a new one of its own."""

from mesh_capabilities.scaffolding.growth import Growth
from mesh_capabilities.scaffolding.inputs import find_input
from mesh_capabilities.scaffolding.new_port import new_port, new_product
from mesh_platform.errors import ScaffoldError, UnknownPort
from mesh_platform.project import Project

_PATTERN = "consumer-aligned"


def new_subscription(project: Project, consumer: str, port: str, product: str | None) -> Growth:
    """What it takes for the domain `consumer` to read `port`: the arrow, the declaration, and a port that reads it.

    An input that is declared and not read would be an arrow that means nothing, so there is always such a port, named
    after what it reads: `sales_orders`.

    Args:
        product: the product of the consumer that declares the input and gets the port; None for a new one.

    Raises UnknownPort for a domain or port that is not there and ScaffoldError for what cannot be consumed.
    """
    if consumer not in project.domains:
        raise UnknownPort(f"There is no domain '{consumer}'.", f"The mesh has {', '.join(project.domains) or 'none'}.")
    source = find_input(project, port, consumer)
    if source.own:
        raise ScaffoldError(f"{port} belongs to {consumer} itself.", "A domain reads its own ports with ref() in a model.")
    name = f"{source.address.domain}_{source.address.port}"
    if product is None:
        growth = new_product(project, f"{consumer}/{name}", _PATTERN, port)
    else:
        growth = new_port(project, f"{consumer}/{product}/{name}", _PATTERN, port)
    growth.what = f"subscription {consumer} <- {port}"
    return growth
