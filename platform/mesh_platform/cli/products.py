"""`mesh products`: every data product of the mesh, read from the descriptors."""

from mesh_platform.cli.output import add_row, console, print_json, table, verdict
from mesh_platform.products.offer import load_offer
from mesh_platform.project import load_project


def show_products(as_json: bool) -> None:
    """Prints the products, domain by domain."""
    project = load_project()
    products = [product for domain in project.domains.values() for product in load_offer(domain).products.values()]
    if as_json:
        print_json(
            [
                {
                    "product": f"{product.domain}/{product.name}",
                    "version": product.version,
                    "status": product.status,
                    "owner": product.owner,
                    "purpose": product.purpose,
                    "output_ports": {str(port.address): port.contract_id for port in product.outputs},
                    "input_ports": {str(port.address): port.contract_id for port in product.inputs},
                    "descriptor": product.file,
                }
                for product in products
            ]
        )
        return
    listing = table("product", "version", "status", "owner", "ports", "consumes", "purpose")
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
        )
    console().print(listing)
    verdict(True, f"{len(products)} data products of {len(project.domains)} domains")
