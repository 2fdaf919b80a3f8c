"""`mesh status`: show each port's served version and age, and whether its inputs have newer versions."""

from datetime import UTC, datetime

from mesh_isolation.landlock import isolation
from mesh_platform.cli.output import CLOCK_TOLERANCE, add_row, age, console, print_json, table, verdict
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import PortReference, Stage
from mesh_platform.product.inputs import deprecated_inputs
from mesh_platform.product.offer import Offer, load_offer
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
    """Prints one line per port."""
    project = load_project()
    offers = [load_offer(domain) for domain in project.domains.values()]
    notes = {
        contract.address: _notes(offer, contract)
        for offer in offers
        for contract in offer.contracts.values()
        if contract.address.port in offer.built
    }
    contracts = [contract for offer in offers for contract in offer.contracts.values() if contract.address in notes]
    described = [
        (output, product.stage)
        for offer in offers
        for product in offer.products.values()
        for output in product.outputs
        if not product.stage.built
    ]
    served: dict[PortAddress, PortVersion] = {}
    damaged: dict[PortAddress, str] = {}
    for contract in contracts:
        port = OutputPort(contract.address, project.home.port(contract.address, contract.major))
        if not port.published:
            continue
        try:
            served[contract.address] = port.current()
        except PortDamaged as problem:
            damaged[contract.address] = str(problem)
    if as_json:
        known = [_described(output, stage) for output, stage in described]
        print_json([*(_document(contract, served, damaged, notes[contract.address]) for contract in contracts), *known])
        return
    listing = table("port", "version", "rows", "committed", "contract", "state", numbers=("version", "rows"))
    for contract in contracts:
        version = served.get(contract.address)
        if version:
            cells = (version.number, f"{version.rows:,}", age(version.committed), version.provenance.contract_version)
        else:
            cells = ("", "", "", contract.version)
        state = _remarks(contract, served, damaged) or ["up to date"]
        add_row(listing, contract.address, *cells, "; ".join([*state, *notes[contract.address]]))
    for output, stage in described:
        add_row(listing, output.address, "", "", "", output.version, f"{stage.words}, not built")
    console().print(listing)
    current = sum(not _remarks(contract, served, damaged) for contract in contracts)
    sentence = f"{current} of {len(contracts)} ports are published and up to date"
    verdict(True, sentence) if current == len(contracts) else console().print("[yellow]![/] {}", sentence, soft_wrap=True)


def _notes(offer: Offer, contract: Contract) -> list[str]:
    """Notes about the port's inputs that do not affect its state."""
    product = offer.product_of(contract.address.port)
    return [str(deprecated) for deprecated in deprecated_inputs(product, offer.domain.root)]


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
    contract: Contract, served: dict[PortAddress, PortVersion], damaged: dict[PortAddress, str], notes: list[str]
) -> dict:
    version = served.get(contract.address)
    return {
        "port": str(contract.address),
        "version": version.number if version else None,
        "rows": version.rows if version else None,
        "committed": version.committed if version else None,
        "inputs": version.provenance.inputs if version else {},
        "contract": f"{contract.id} {contract.version}",
        "remarks": _remarks(contract, served, damaged),
        "notes": notes,
    }


def _described(output: PortReference, stage: Stage) -> dict:
    """The document of a port that is described but not built: it has no version and no problems."""
    no_version = dict.fromkeys(("version", "rows", "committed"))
    contract = f"{output.contract_id} {output.version}"
    return {
        "port": str(output.address),
        **no_version,
        "inputs": {},
        "contract": contract,
        "remarks": [],
        "notes": [f"{stage.words}, not built"],
    }
