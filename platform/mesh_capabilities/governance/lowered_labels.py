"""Whether a version may be served again: its rows need what the labels of their own contract required when they were made.

The policies judge the models and the contracts of today. An earlier version can hold what other models wrote, so what its own
contract said of each column holds for its rows, until a run publishes other ones.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mesh_capabilities.errors import PolicyViolation
from mesh_capabilities.governance.approval import own_names, signature_of, signature_problem
from mesh_capabilities.kept_contracts import columns_of_kept, kept_table
from mesh_isolation.sensitivity import is_personal, sensitivity_level
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import ContractError
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.yaml_files import parse_mapping


def lowered_labels(offer: Offer, version: PortVersion) -> PolicyViolation | None:
    """The refusal to serve a version again, if a column needs more protection than its label in the present contract asks.

    Args:
        offer: the domain's products and contracts.
        version: an earlier version of one of its ports, with its place.
    """
    address, provenance = version.address, version.provenance
    newest = offer.contracts[address.port]
    majors = (newest, *offer.earlier.get(address.port, ()))
    contract = next((contract for contract in majors if contract.major == version.major), newest)
    again = f"{address} version {version.number} is not served again"
    run = f"`mesh run {address}` publishes a new version."
    kept = (
        _document_table(contract) if contract.digest == provenance.contract_digest else kept_table(version, offer.domain.root)
    )
    if columns_of_kept(kept) is None:
        return PolicyViolation(
            f"{again}: the contract that it was published under is lost, so nothing says how sensitive its columns are.",
            f"{run} To serve this one, restore the text with the SHA-256 {provenance.contract_digest[:12]}… "
            f"of {provenance.contract_file} in the port's folder; `mesh ports verify` names the file.",
        )
    if problems := list(_problems(contract, kept, offer)):
        listed = "".join(f"\n    {problem}" for problem in problems)
        return PolicyViolation(
            f"{again}, because its rows need more protection than {contract.id} {contract.version} gives them:{listed}",
            f"\n    {run} To serve this one, state at least the classification that it was published under in {contract.file}.",
        )
    return None


def _problems(contract: Contract, kept: Mapping[str, Any], offer: Offer) -> Iterator[str]:
    """One sentence for each column of the present contract that says less of its values than the `kept` table."""
    before, entries = columns_of_kept(kept) or {}, _by_name(kept)
    present = _by_name(_document_table(contract))
    today, own = datetime.now(UTC).date(), own_names(offer.domain.root, offer.domain.name)
    for column in contract.columns:
        name = column.name.casefold()
        if name not in before:
            continue  # the version has no such column, which the audit refuses
        was, now = before[name].sensitivity, column.sensitivity
        if sensitivity_level(now) < sensitivity_level(was):
            yield f"{column.name} was published as {was}, and is {now or 'not classified'} now"
        elif signature_of(entries[name]) is not None and not is_personal(now):  # a signed label may be lower than its sources'
            signature = signature_of(present.get(name, {}))
            problem = "is gone" if signature is None else signature_problem(signature, own, today)
            if problem:
                yield f"{column.name} was published as {was} with a signature declassified, which {problem}"


def _document_table(contract: Contract) -> dict[str, Any]:
    return parse_mapping(contract.text, contract.file, ContractError)["schema"][0]


def _by_name(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {entry["name"].casefold(): entry for entry in table["properties"]}
