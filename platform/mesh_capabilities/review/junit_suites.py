"""A check as test suites: one of contracts, one of policies, one of ports."""

from collections.abc import Iterator

from mesh_capabilities.review.check import Check
from mesh_platform.cli.output import Case, Suite


def suites(check: Check) -> Iterator[Suite]:
    """The suites; each case is one contract, one new violation, or one port."""
    contracts = [Case(one.file, failure="; ".join(found.sentence for found in one.of("error"))) for one in check.linted]
    contracts += [Case(f"{finding.contract}, its change", failure=finding.refusal or "") for finding in check.gate]
    yield Suite("contracts", tuple(contracts))
    broken = [Case(f"{found.policy}: {found.subject}", failure=found.message) for found in check.judged.new]
    yield Suite("policies", tuple(broken or [Case(f"{check.judged.asked} policies")]))
    ports = [Case(str(port.address), failure=str(port.error) if port.error else "") for port in check.rehearsed]
    ports += [Case(name, failure=str(problem)) for name, problem in check.reach.broken.items()]
    yield Suite("ports", tuple(ports))
