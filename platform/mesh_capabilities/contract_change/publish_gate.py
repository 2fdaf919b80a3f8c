"""Whether a port may be published under its present contracts, compared with what its last commit has promised."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from mesh_capabilities.contract_change.compare import DRAFTS
from mesh_capabilities.contract_change.contract_gate import (
    GateFinding,
    judge_contract_change,
    judge_contract_removal,
    too_short,
)
from mesh_capabilities.contract_change.last_promises import LastPromise, last_promises
from mesh_capabilities.kept_contracts import contract_in_git, lost_contract, undamaged_contract
from mesh_capabilities.notice import notice_of
from mesh_isolation.team_files import UnreadableFile
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import ContractError, ContractViolation, MeshError
from mesh_platform.hooks import Ruling
from mesh_platform.port.output_port import contract_path
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.product.offer import Offer
from mesh_platform.yaml_files import parse_mapping


def contract_rulings(
    offer: Offer, ports: Collection[str], again: Mapping[str, PortVersion] = MappingProxyType({})
) -> dict[str, Ruling]:
    """Refuses a port if one of its contracts changed without the version that the change needs, broke within its major, or
    was deleted inside its notice period. The contracts of earlier majors, which are views over the newest, are judged, too.

    A version in `again` that was published under the present contracts goes back to them together with its data, unless the
    contract is a draft: what was promised since does not become one again. The ends and the notice that were promised last
    still hold: an end is announced early enough, and can be postponed, but not brought forward.
    """
    return {port: Ruling(_refusal(offer, port, again[port].provenance if port in again else None)) for port in ports}


def _refusal(offer: Offer, port: str, again: Provenance | None) -> MeshError | None:
    newest = offer.contracts[port]
    contracts = {contract.major: contract for contract in (newest, *offer.earlier.get(port, ()))}
    try:
        for promise in last_promises(offer.domain.home, newest.address, newest.major):
            contract = contracts.get(promise.major)
            if contract and contract.digest == promise.digest:
                continue
            if again and contract and _promised_by(again, contract) and not _is_draft(contract):
                problem = _ended_early(offer, promise, contract)
            else:
                problem = _broken_promise(offer, promise, contract)
            if problem:
                return problem
    except MeshError as problem:
        return problem
    return None


def _is_draft(contract: Contract) -> bool:
    return bool(contract.text) and parse_mapping(contract.text, contract.file, ContractError).get("status") in DRAFTS


def _ended_early(offer: Offer, promise: LastPromise, contract: Contract) -> MeshError | None:
    """Why the contract of an earlier version may not be served again: it ends sooner than was promised since, or can."""
    if (old := _promised_document(promise, offer, contract)) is None:
        return None
    port, today = promise.port, datetime.now(UTC).date()
    if not (short := _shortened(old, parse_mapping(contract.text, contract.file, ContractError), today)):
        return None
    return ContractViolation(
        f"{contract.address} is not served again under {contract.id} {contract.version}: {'; '.join(short)}.",
        f"Restore {contract.file} to the text that is served now, {contract_path(port.folder, promise.digest)}. To end it, "
        f"announce an end in a version after {old.get('version')}, and run `mesh run {contract.address}`.",
    )


def _shortened(old: dict[str, Any], new: dict[str, Any], today: date) -> list[str]:
    """Sentences on the ends, and the notice, that are shorter in `new` than `old` promises; none if `old` is a draft."""
    if old.get("status") in DRAFTS:
        return []
    try:
        short, before, after = too_short(old, new, today), notice_of(old), notice_of(new)
    except ContractError as problem:
        return [f"the notice that its consumers have is not known: {problem.found.rstrip('.')}"]
    return [
        *short,
        *([f"its consumers have {before.days} days' notice, and would have {after.days}"] if after < before else []),
    ]


def _broken_promise(offer: Offer, promise: LastPromise, contract: Contract | None) -> MeshError | None:
    """Why the promise is broken by the present contract, or by there being none."""
    port, today = promise.port, datetime.now(UTC).date()
    if (old := _promised_document(promise, offer, contract)) is None:
        return None
    if contract is None:
        return _removed(promise, judge_contract_removal(promise.file, old, today))
    new: dict[str, Any] = parse_mapping(contract.text, contract.file, ContractError)
    finding = judge_contract_change(contract.file, old, new, today, offer.domain.root)
    if finding.allowed:
        return None
    kept = contract_path(port.folder, promise.digest)
    way_out = f"{finding.way_out} `mesh contract diff {kept} {contract.file}` lists the changes since the served version."
    history = () if new.get("status") in DRAFTS or _shortened(old, new, today) else port.history()
    earlier = [version for version in history if _promised_by(version.provenance, contract)]
    if readable := next((version for version in earlier if version.readable), None):
        way_out = (
            f"If the contract went back to its earlier text, `mesh rollback {contract.address} --to {readable.number}` serves "
            f"the version that was published under it. Otherwise, {way_out[0].lower()}{way_out[1:]}"
        )
    return ContractViolation(f"{contract.address} was not published, because its contract changed: {finding.refusal}.", way_out)


def _promised_document(promise: LastPromise, offer: Offer, contract: Contract | None) -> dict[str, Any] | None:
    """The contract that was promised; None if there is no text to compare. Raises as `_promised_text` does."""
    text = _promised_text(promise, offer) if contract is None or contract.text else None
    served_under = f"the contract of v{promise.major} that {promise.port.address} is served under"
    return None if text is None else parse_mapping(text, served_under, ContractError)


def _promised_text(promise: LastPromise, offer: Offer) -> str | None:
    """The contract's text as it was kept, else as git has it; None if its commit kept none.

    Raises PortDamaged when it is lost or altered.
    """
    port = promise.port
    try:
        return undamaged_contract(port.folder, promise.digest)
    except UnreadableFile as problem:
        if not promise.kept and problem.strerror == "does not exist":
            return None
        if text := contract_in_git(offer.domain.root, promise.file, promise.digest):
            return text
        raise lost_contract(port.address, port.folder, promise.digest, problem) from None


def _promised_by(provenance: Provenance, contract: Contract) -> bool:
    return contract.digest in (provenance.contract_digest, (provenance.earlier or {}).get(contract.id))


def _removed(promise: LastPromise, finding: GateFinding) -> MeshError | None:
    if finding.allowed:
        return None
    address = promise.port.address
    return ContractViolation(
        f"{address} was not published, because a contract of it is missing: {finding.refusal}.",
        f"{finding.way_out} If no product reads v{promise.major}, "
        f"`mesh ports withdraw {address} --major {promise.major}` takes it back.",
    )
