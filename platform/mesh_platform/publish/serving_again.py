"""Going back to an earlier version: it is judged like a candidate, by the contract and the gates as they are now."""

from dataclasses import replace

from mesh_isolation.text import hiding_values
from mesh_platform.contract.audit import audit
from mesh_platform.errors import ContractViolation, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import contract_path, keep_contract
from mesh_platform.port.place import major_of
from mesh_platform.port.shelf import published_port, reading
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project
from mesh_platform.publish.candidate_judgement import earlier_broken, in_lines
from mesh_platform.publish.loading import ask_gates
from mesh_platform.publish.pinning import referenced_files, taken_back


def serve_again(project: Project, address: PortAddress, number: int) -> PortVersion:
    """Serves the data of an earlier version of a port again, as a new version under the present contract.

    Its files are audited against the contract of their major, with the expectations of consumers, and against those of
    earlier majors that are served as views over it. Every gate that a publish asks is asked. If one refuses, the served
    version stays.

    Raises UnknownPort when the version does not exist, cannot be read or is already served, or when no run builds the port;
    ContractViolation for a broken rule; the refusal of a gate; PublishError when another process commits meanwhile.
    """
    port, domain = published_port(project.home, address), project.domains.get(address.domain)
    offer = load_offer(domain) if domain else None
    built = offer is not None and address.port in offer.built
    majors = [offer.contracts[address.port], *offer.earlier.get(address.port, ())] if built else []
    contract = next((contract for contract in majors if contract.major == major_of(port.folder.name)), None)
    if contract is None:
        raise (majors and taken_back(majors[0], project.home)) or UnknownPort(
            f"No version of {address} can be served again: no product that is built publishes it.",
            f"Restore its contract and its product in domains/{address.domain}.",
        )
    earlier = port.at(number)
    reads = [*map(PortAddress.parse, earlier.provenance.inputs), *(to.address for to in offer.references(address.port))]
    for ruling in ask_gates(offer, {address.port: reads}, {address.port: earlier})[address.port]:
        if ruling.refusal:
            raise ruling.refusal
    with hiding_values(), reading(earlier):
        files = earlier.fetched()
        references = referenced_files(offer.references(address.port), project.home)
        audited = audit(contract, files, references)
        if audited.broken:
            raise ContractViolation(
                f"{address} version {number} breaks the contract {contract.id} {contract.version} of today, and is not served "
                f"again:{in_lines(audited.broken)}",
                _way_out(earlier, contract.digest),
            )
        # Beside the candidates, under a name of its own: a run may be judging a candidate of the port.
        view = project.home.candidates(address.domain) / f"{address.port}.version{number}.parquet"
        view.parent.mkdir(parents=True, exist_ok=True)
        if contract is majors[0] and (problem := earlier_broken(offer, address.port, view, files, references=references)):
            raise problem
    earlier_majors = majors[majors.index(contract) + 1 :]
    for kept in (contract, *earlier_majors):
        keep_contract(port.folder, kept)
    judged = replace(
        earlier.provenance,
        contract=contract.id,
        contract_version=contract.version,
        contract_file=contract.file,
        contract_digest=contract.digest,
        earlier={kept.id: kept.digest for kept in earlier_majors},
        rules=len(audited.verdicts),
        warnings=sum(not verdict.passed for verdict in audited.verdicts),
    )
    return port.rollback(number, judged)


def _way_out(version: PortVersion, digest: str) -> str:
    address, kept = version.address, version.provenance
    way_out = f"\n    `mesh run {address}` publishes a new version; `mesh history {address}` lists all with their contracts."
    if kept.contract_digest == digest:
        return way_out
    file = contract_path(version.place.folder, kept.contract_digest)
    return f"{way_out} To serve this one, restore the contract that it was published under, {kept.contract_version}: {file}."
