"""Publishing ports: call the gates, pin the inputs, build the candidates, judge them, and end each attempt.

`publish` is the only code path for this. The caller decides how an attempt ends: `commit` makes the candidate the port's next
version, and `keep` leaves the candidate in its place. Nothing is committed unless the caller passes `commit`.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mesh_isolation.files import code_digest
from mesh_isolation.leftovers import remove
from mesh_isolation.ordering import by_references
from mesh_isolation.text import counted
from mesh_platform.build.dbt import ENGINE, build_models
from mesh_platform.build.warehouse import put_back, settle
from mesh_platform.errors import ContractError, MeshError, PortDamaged, PublishError, UnknownPort, failure_of, machine_fault
from mesh_platform.events import Noted, Published, Step, tell
from mesh_platform.ingestion.limits import refused_source
from mesh_platform.port.output_port import check_readable, check_whole, keep_contract
from mesh_platform.port.sweeper import building, sweep_quietly
from mesh_platform.publish import candidate_judgement
from mesh_platform.publish.attempt import Attempt, Purpose, Work
from mesh_platform.publish.candidate import Candidate
from mesh_platform.publish.loading import ask_gates
from mesh_platform.publish.pinning import pin_inputs, prepare_views, referenced_files
from mesh_platform.publish.refusal import forget_refusal, refuse

End = Callable[[Attempt, Work], None]
"""The last step of every attempt, failed ones included."""


def publish(attempts: Mapping[str, Attempt], work: Work, end: End) -> Iterator[Attempt]:
    """Runs every attempt to its end, and yields it as soon as it is final.

    Args:
        attempts: port → attempt, from `work.attempts`.
        work: what the attempts share.
        end: called with each attempt: `commit`, `keep`, or the caller's own function.
    """
    domain = work.offer.domain
    ports = [attempt.candidate.port for attempt in attempts.values()]
    if swept := sweep_quietly(ports, work.home.candidates(domain.name), work.home.built(domain.name)):
        tell(Noted(domain.name, f"removed {counted(len(swept), 'file')} that a killed run left"))
    if work.purpose is not Purpose.REBUILD:
        _ask_gates(attempts, work)
    _pin(attempts, work)
    own = [version for version in work.pinned.values() if version.address.domain == domain.name]
    files = prepare_views(domain, [version for version in work.pinned.values() if version not in own], own, work.warehouse)
    put_back({table for attempt in attempts.values() for table in attempt.model.snapshots}, work.warehouse)
    with building(work.home.candidates(domain.name), attempts):
        _build(attempts, work, files)
        for group in _by_product(attempts, work):
            for attempt in group:
                judge_attempt(attempt, attempts, work)
            _hold_together(group)
            for attempt in group:
                end(attempt, work)
                yield attempt


def commit(attempt: Attempt, work: Work) -> None:
    """Makes the candidate the port's next version, unless the attempt has failed."""
    if work.purpose is not Purpose.PUBLISH:
        raise PublishError(
            f"{attempt.address} was built for a {work.purpose.value} and cannot be committed.", "Publish it with `mesh run`."
        )
    start = time.perf_counter()
    if attempt.problem is None:
        provenance = replace(
            work.provenance(attempt),
            code_digest=code_digest((node.name, node.code) for node in attempt.nodes if node.kind != "test"),
            engine=ENGINE,
            rows=attempt.audit.rows,
            rules=len(attempt.audit.verdicts),
            warnings=sum(not verdict.passed for verdict in attempt.audit.verdicts),
            set_aside=attempt.set_aside,
        )
        try:
            for earlier in work.offer.earlier.get(attempt.address.port, ()):
                keep_contract(attempt.candidate.port.folder, earlier)
            attempt.version = work.pinned[attempt.address] = attempt.candidate.publish(provenance, attempt.digest)
            settle(attempt.model.snapshots, work.warehouse)
        except Exception as problem:
            if attempt.version:  # it is served, whatever has failed since
                tell(Noted(work.offer.domain.name, f"after {attempt.address} was published: {failure_of(problem)}"))
            elif known := problem if isinstance(problem, MeshError) else machine_fault(problem):
                attempt.fail(known)
            else:
                raise
    attempt.seconds += time.perf_counter() - start
    if attempt.version:
        forget_refusal(work.home, attempt.address)
        tell(Published(attempt.version, attempt.audit, attempt.seconds))
    else:
        refuse(work.home, attempt.address, attempt.problem, attempt.seconds)


def keep(attempt: Attempt, work: Work) -> None:
    """Leaves the candidate in its place; publishes nothing."""


def _pin(attempts: Mapping[str, Attempt], work: Work) -> None:
    """Pins every version that the run reads."""
    if work.inputs is not None:
        work.pinned |= {version.address: version for version in work.inputs}
        return
    inputs, problems = pin_inputs(work.offer, work.graph, attempts)
    for port, problem in problems.items():
        attempts[port].fail(problem)
    own = []
    for port in work.graph.keys() - attempts.keys():
        # If a port of the domain has no version, only the ports that read it fail.
        with suppress(UnknownPort, PortDamaged):
            version = Candidate(work.offer.contracts[port], work.home).port.current()
            version.fetched()
            own.append(version)
    for version in (*inputs, *own):
        if version.damage:
            tell(Noted(work.offer.domain.name, version.damage))
        work.pinned[version.address] = version


def _ask_gates(attempts: Mapping[str, Attempt], work: Work) -> None:
    """Records the rulings in the attempts; the first refusal of a port is the one that is shown."""
    for attempt in attempts.values():
        attempt.refusal = refused_source(attempt.address, attempt.model.raw, work.read, attempt.contract.whole)
    reads = {port: {*one.model.inputs, *(to.address for to in work.offer.references(port))} for port, one in attempts.items()}
    for port, rulings in ask_gates(work.offer, reads).items():
        attempts[port].rulings = tuple(rulings)
        for ruling in rulings:
            attempts[port].refusal = attempts[port].refusal or ruling.refusal
    for attempt in attempts.values() if work.purpose is Purpose.PUBLISH else ():
        attempt.fail(attempt.refusal)


def _build(attempts: Mapping[str, Attempt], work: Work, files: Sequence[Path]) -> None:
    name = work.offer.domain.name
    wanted = {port: attempt for port, attempt in attempts.items() if not attempt.error}
    models = sorted({model for attempt in wanted.values() for model in attempt.model.models})
    if not models:
        return
    tell(Step(name, f"building {counted(len(models), 'model')}"))
    finished = 0

    def count(model: str, status: str) -> None:
        nonlocal finished
        finished += 1
        tell(Step(name, f"building: {finished} done, last {model} ({status})"))

    only = {port: predicate for port, attempt in attempts.items() if (predicate := attempt.candidate.only)}
    nodes = build_models(work.offer.domain, models, files, count, only)
    for attempt in attempts.values():
        model = attempt.model
        attempt.nodes = tuple(
            node for node in nodes.values() if node.name in model.models or node.id in model.tests or node.kind == "operation"
        )
        attempt.seconds = sum(node.seconds for node in attempt.nodes)
    for attempt in wanted.values():
        if all(node.good or node.kind == "test" for node in attempt.nodes):
            tell(Step(name, f"writing {attempt.address.port} anew"))
            try:
                attempt.candidate.take_over()
            except PublishError as problem:
                attempt.fail(problem)
    remove(work.home.built(name))


def _by_product(attempts: Mapping[str, Attempt], work: Work) -> list[list[Attempt]]:
    """The attempts grouped by product, each product after those that it reads or refers to."""
    groups: dict[str, list[str]] = {}
    for port, attempt in attempts.items():
        groups.setdefault(attempt.product.name, []).append(port)
    leads_to = {
        port: {*attempt.model.ports}
        | {to.address.port for to in work.offer.references(port) if to.address.domain == work.offer.domain.name}
        for port, attempt in attempts.items()
    }
    return [[attempts[port] for port in group] for group in by_references(groups.values(), leads_to)]


def judge_attempt(attempt: Attempt, attempts: Mapping[str, Attempt], work: Work) -> None:
    """Judges the candidate and records the result in the attempt."""
    start = time.perf_counter()
    attempt.fail(_not_built(attempt, attempts, work))
    for ruling in attempt.rulings if attempt.error is None else ():
        attempt.fail(ruling.confirm and ruling.confirm(attempt.nodes))
    if attempt.error is None:
        tell(Step(work.offer.domain.name, f"auditing {attempt.address.port}"))
        try:
            judgement = _judgement(attempt, attempts, work)
            attempt.audit, attempt.set_aside, attempt.digest = judgement.audit, judgement.aside, judgement.digest
            attempt.fail(judgement.error)
        except (PublishError, PortDamaged) as problem:
            attempt.fail(problem)
    attempt.seconds += time.perf_counter() - start


def _not_built(attempt: Attempt, attempts: Mapping[str, Attempt], work: Work) -> MeshError | None:
    if attempt.error:
        return None
    parts = [attempts[port] for port in attempt.model.ports if port in attempts]
    if lost := next((part for part in parts if part.error), None):
        return candidate_judgement.part_missing(attempt.address, lost.address)
    if reduced := next((part for part in parts if part.set_aside), None):
        return candidate_judgement.part_reduced(attempt.address, reduced.address)
    inputs = [work.pinned[address] for address in attempt.model.inputs]
    nodes = [node for node in attempt.nodes if node.kind != "test" or work.purpose is not Purpose.REBUILD]
    return candidate_judgement.dbt_failed(attempt.address, nodes, work.offer.domain, inputs)


def _judgement(attempt: Attempt, attempts: Mapping[str, Attempt], work: Work) -> candidate_judgement.CandidateJudgement:
    """The judgement of the candidate. Raises PublishError when its file is incomplete or cannot be read."""
    import duckdb

    contract, candidate = attempt.contract, attempt.candidate
    check_whole(candidate.path, contract.address)
    referenced = work.offer.references(contract.address.port)
    parallel = [one for one in attempts.values() if not one.error and one.address in {to.address for to in referenced}]
    try:
        # A relationship refers to what this run reads or publishes, else to what is served.
        references = referenced_files(
            referenced,
            work.referenced or work.home,
            work.pinned,
            {other.address: other.candidate.all_files() for other in parallel},
        )
        files = candidate.files()
        before = None if contract.address.port in work.accepted else candidate.port.rows_before()
        home = work.quarantine or work.home
        judgement = candidate_judgement.judge_candidate(
            contract, candidate.path, work.provenance(attempt), home, references, files, before
        )
    except (duckdb.Error, ContractError, OSError):
        check_readable(candidate.path, contract.address)
        raise
    if judgement.audit and judgement.audit.unevaluated:  # either the rule or the file that it reads may be at fault
        check_readable(candidate.path, contract.address)
    broken = judgement.error or candidate_judgement.earlier_broken(
        work.offer, contract.address.port, candidate.path, files, before, references
    )
    return replace(judgement, error=broken)


def _hold_together(group: Collection[Attempt]) -> None:
    """If one port of a product fails, all its ports fail: they are published together or not at all."""
    if broken := next((attempt for attempt in group if attempt.error), None):
        for attempt in group:
            attempt.fail(candidate_judgement.product_incomplete(attempt.address, broken.address))
