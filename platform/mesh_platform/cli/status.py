"""`mesh status`: show each port's served version and age, and whether its inputs have newer versions."""

from collections.abc import Iterable
from datetime import UTC, datetime

from mesh_isolation.landlock import isolation
from mesh_platform.cli.output import CLOCK_TOLERANCE, add_row, age, console, print_json, table, verdict
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import deprecated_inputs
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project


def show_isolation(as_json: bool) -> None:
    """Prints which parts of this machine hold the code of a domain to its declared files."""
    holds = isolation()
    if as_json:
        print_json(holds)
        return
    kernel = f"Landlock {holds['landlock']}" if holds["landlock"] else "no Landlock: Python models are not held"
    verdict(bool(holds["landlock"]), f"builds are held by the {holds['level']} ({kernel})")


def show_status(as_json: bool) -> None:
    """Prints one line per port: first the ports that runs build, then those that are only described."""
    project = load_project()
    offers = [load_offer(domain) for domain in project.domains.values()]
    built = [(offer, contract) for offer in offers for port, contract in offer.contracts.items() if port in offer.built]
    served: dict[PortAddress, PortVersion] = {}
    damaged: dict[PortAddress, str] = {}
    for _, contract in built:
        port = OutputPort(contract.address, project.home.port(contract.address, contract.major))
        if not port.published:
            continue
        try:
            served[contract.address] = port.current()
        except PortDamaged as problem:
            damaged[contract.address] = str(problem)
    documents = []
    for offer, contract in built:
        deprecated = deprecated_inputs(offer.product_of(contract.address.port), offer.domain.root)
        remarks, version = _remarks(contract, served, damaged), served.get(contract.address)
        documents.append(_document(contract.address, contract.id, contract.version, version, remarks, map(str, deprecated)))
    current = sum(not document["remarks"] for document in documents)
    for product in (product for offer in offers for product in offer.products.values() if not product.stage.built):
        notes = [f"{product.stage.words}, not built"]
        documents += [_document(out.address, out.contract_id, out.version, None, [], notes) for out in product.outputs]
    if as_json:
        print_json(documents)
        return
    listing = table("port", "version", "rows", "committed", "contract", "state", numbers=("version", "rows"))
    for document in documents:
        version = served.get(PortAddress.parse(document["port"]))
        if version:
            cells = (version.number, f"{version.rows:,}", age(version.committed), version.provenance.contract_version)
        else:
            cells = ("", "", "", document["contract"].split()[-1])
        state = document["remarks"] or (["up to date"] if version else [])
        add_row(listing, document["port"], *cells, "; ".join([*state, *document["notes"]]))
    console().print(listing)
    verdict(current == len(built), f"{current} of {len(built)} ports are published and up to date")


def _remarks(contract: Contract, served: dict[PortAddress, PortVersion], damaged: dict[PortAddress, str]) -> list[str]:
    """The problems of the served version; empty when it is up to date."""
    version = served.get(contract.address)
    if version is None:
        return [damaged.get(contract.address, "not published yet")]
    remarks = [version.damage] if version.damage else []
    for name, number in version.provenance.inputs.items():
        newest = served.get(PortAddress.parse(name))
        if newest and newest.number != number:
            remarks.append(f"{name} has moved from version {number} to {newest.number}")
    if version.committed - datetime.now(UTC) > CLOCK_TOLERANCE:
        remarks.append("its commit time is in the future by this machine's clock, so its age is unknown")
    if contract.freshness and datetime.now(UTC) - version.committed > contract.freshness:
        remarks.append(f"older than the {contract.freshness} its contract allows")
    if version.provenance.contract_digest != contract.digest:
        remarks.append("its contract has changed since")
    return remarks


def _document(
    address: PortAddress, contract: str, promised: str, version: PortVersion | None, remarks: list[str], notes: Iterable[str]
) -> dict:
    """One port as JSON; `remarks` are the problems of its served version, `notes` do not affect its state."""
    return {
        "port": str(address),
        "version": version.number if version else None,
        "rows": version.rows if version else None,
        "committed": version.committed if version else None,
        "inputs": version.provenance.inputs if version else {},
        "contract": f"{contract} {promised}",
        "remarks": remarks,
        "notes": list(notes),
    }
