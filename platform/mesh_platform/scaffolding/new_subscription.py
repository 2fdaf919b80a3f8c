"""A subscription: a domain consumes a port of another, in a product that is there or in a new one of its own."""

from mesh_platform.errors import ScaffoldError, UnknownPort
from mesh_platform.products.descriptor import load_product
from mesh_platform.project import Project
from mesh_platform.scaffolding import readme_row
from mesh_platform.scaffolding.arrow import add_arrow, declare_input
from mesh_platform.scaffolding.growth import Growth
from mesh_platform.scaffolding.inputs import find_input
from mesh_platform.scaffolding.new_port import new_product


def new_subscription(project: Project, consumer: str, port: str, product: str | None) -> Growth:
    """What it takes for the domain `consumer` to read `port`.

    Args:
        product: a product of the consumer that declares the input, whose model is then its owner's to change; None for
            a consumer-aligned product of its own, named after the port.

    Raises UnknownPort for a domain or port that is not there and ScaffoldError for what cannot be consumed.
    """
    if consumer not in project.domains:
        raise UnknownPort(f"There is no domain '{consumer}'.", f"The mesh has {', '.join(project.domains) or 'none'}.")
    domain = project.domains[consumer]
    source = find_input(project, port, consumer)
    if source.own:
        raise ScaffoldError(f"{port} belongs to {consumer} itself.", "A domain reads its own ports with ref() in a model.")
    if product is None:
        growth = new_product(project, f"{consumer}/{source.address.domain}_{source.address.port}", "consumer-aligned", port)
        growth.what = f"subscription {consumer} <- {port}"
        return growth
    path = domain.products / f"{product}.odps.yaml"
    if not path.is_file():
        raise ScaffoldError(f"{consumer} has no product '{product}'.", "Name one that is there, or leave out --product.")
    file = domain.relative(path)
    growth = Growth(f"subscription {consumer} <- {port}", consumer)
    if not declare_input(growth, project.root, file, source):
        raise ScaffoldError(f"{file} declares {port} already.", "Read it with source() in a model of the product.")
    add_arrow(growth, project.root, domain, source.address)
    ports = {str(output.address) for output in load_product(path, project.root).outputs}
    page = domain.relative(domain.folder / "README.md")
    if (project.root / page).is_file():
        growth.edit(project.root, page, lambda text: readme_row.add_input(text, ports, port))
    return growth
