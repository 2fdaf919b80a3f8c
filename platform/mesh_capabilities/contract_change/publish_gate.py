"""Whether a port may be published under its present contract, compared with the contract of the served version."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from mesh_capabilities.contract_change.contract_gate import judge_contract_change
from mesh_capabilities.kept_contracts import kept_contract
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import ContractError, ContractViolation, MeshError, PortDamaged
from mesh_platform.hooks import Ruling
from mesh_platform.port.output_port import OutputPort, contract_path
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.yaml_files import parse_mapping


def contract_rulings(
    offer: Offer, ports: Collection[str], again: Mapping[str, PortVersion] = MappingProxyType({})
) -> dict[str, Ruling]:
    """Refuses a port whose contract changed without the version that the change needs, or broke within a major.

    A version in `again` that was published under the present contract goes back to it together with its data.
    """
    restored = {port for port in again if again[port].provenance.contract_digest == offer.contracts[port].digest}
    return {port: Ruling(None if port in restored else _broken_promise(offer, offer.contracts[port])) for port in ports}


def _broken_promise(offer: Offer, contract: Contract) -> MeshError | None:
    port = OutputPort(contract.address, offer.domain.home.port(contract.address, contract.major))
    try:
        if not port.published:
            return None
        served = port.current().provenance
    except PortDamaged:  # the next version repairs it; the newest commit still states the contract
        newest = next(iter(port.history()), None)
        if newest is None:
            return None
        served = newest.provenance
    except MeshError as problem:
        return problem
    text = None if served.contract_digest == contract.digest else kept_contract(port.folder, served.contract_digest)
    if text is None or not contract.text:
        return None
    old = parse_mapping(text, f"the contract that {contract.address} is served under", ContractError)
    new = parse_mapping(contract.text, contract.file, ContractError)
    finding = judge_contract_change(contract.file, old, new, datetime.now(UTC).date(), offer.domain.root)
    if finding.allowed:
        return None
    kept = contract_path(port.folder, served.contract_digest)
    way_out = f"{finding.way_out} `mesh contract diff {kept} {contract.file}` lists the changes since the served version."
    earlier = [version for version in port.history() if version.provenance.contract_digest == contract.digest]
    if readable := next((version for version in earlier if version.readable), None):
        way_out = (
            f"If the contract went back to its earlier text, `mesh rollback {contract.address} --to {readable.number}` serves "
            f"the version that was published under it. Otherwise, {way_out[0].lower()}{way_out[1:]}"
        )
    return ContractViolation(f"{contract.address} was not published, because its contract changed: {finding.refusal}.", way_out)
