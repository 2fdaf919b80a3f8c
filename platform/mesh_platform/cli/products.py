"""`mesh products`: list the data products of the mesh, from their descriptors."""

from collections import Counter

from mesh_platform.cli.output import add_row, console, print_json, table, verdict
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import count_reads, published_ports
from mesh_platform.product.descriptor import PortReference
from mesh_platform.product.inputs import deprecated_inputs
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project


def show_products(as_json: bool) -> None:
    """Prints the products, domain by domain."""
    project = load_project()
    products = [product for domain in project.domains.values() for product in load_offer(domain).products.values()]
    reads = count_reads(published_ports(project.home))
    if as_json:
        print_json(
            [
                {
                    "product": f"{product.domain}/{product.name}",
                    "version": product.version,
                    "status": product.status,
                    "successor": product.successor,
                    "ends": product.ends,
                    "owner": product.owner,
                    "purpose": product.purpose,
                    "output_ports": {str(port.address): port.contract_id for port in product.outputs},
                    "input_ports": {str(port.address): port.contract_id for port in product.inputs},
                    "reads": {str(port.address): _reads(reads, port) for port in product.outputs},
                    "deprecated_inputs": [str(deprecated) for deprecated in deprecated_inputs(product, project.root)],
                    "descriptor": product.file,
                }
                for product in products
            ]
        )
        return
    listing = table("product", "version", "status", "owner", "ports", "consumes", "purpose", "reads")
    for product in products:
        add_row(
            listing,
            f"{product.domain}/{product.name}",
            product.version,
            product.status,
            product.owner,
            ", ".join(port.address.port for port in product.outputs),
            ", ".join(str(port.address) for port in product.inputs),
            product.purpose,
            ", ".join(_counted(reads, port) for port in product.outputs),
        )
    console().print(listing)
    verdict(True, f"{len(products)} data products of {len(project.domains)} domains")


def _reads(counted: dict[PortAddress, Counter[int]], port: PortReference) -> dict[str, int]:
    """The number of published versions of other ports that read each major; the current major is listed even with none."""
    counts = counted.get(port.address, Counter())
    return {f"v{major}": counts[major] for major in sorted({port.major, *counts})}


def _counted(counted: dict[PortAddress, Counter[int]], port: PortReference) -> str:
    return f"{port.address.port} v{port.major}: {counted.get(port.address, Counter())[port.major]}"
