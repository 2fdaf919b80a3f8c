"""Asset checks of a port: its contract's rules, dbt's tests, its deprecated inputs, and those that capabilities add."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey, MetadataValue

from mesh_platform.build.port_graph import PortModel
from mesh_platform.contract.audit import Audit
from mesh_platform.contract.contract import Contract
from mesh_platform.events import Noted, tell
from mesh_platform.hooks import CheckResult, capabilities_of
from mesh_platform.names import PortAddress
from mesh_platform.product.inputs import deprecated_inputs
from mesh_platform.product.offer import Offer
from mesh_platform.publish.attempt import Attempt

SUPPORTED = "inputs_supported"
"""The check that warns of deprecated inputs."""


def input_specs(offer: Offer, model: PortModel) -> Iterator[AssetCheckSpec]:
    """One check for a port that reads other domains. It is there before any input is deprecated, and blocks nothing."""
    if model.inputs:
        yield AssetCheckSpec(
            SUPPORTED,
            asset=AssetKey([offer.domain.name, model.name]),
            description="No input is deprecated: each of them will go on being served.",
        )


def input_results(offer: Offer, model: PortModel) -> Iterator[AssetCheckResult]:
    """What the producers' descriptors and contracts say today: a warning of an end to come, an error after it."""
    if not model.inputs:
        return
    product, today = offer.product_of(model.name), datetime.now(UTC).date()
    found = [one for one in deprecated_inputs(product, offer.domain.root) if one.address in model.inputs]
    for one in found:
        tell(Noted(offer.domain.name, f"{model.name} {one}"))
    yield AssetCheckResult(
        asset_key=AssetKey([offer.domain.name, model.name]),
        check_name=SUPPORTED,
        passed=not found,
        severity=AssetCheckSeverity.ERROR if any(one.over(today) for one in found) else AssetCheckSeverity.WARN,
        metadata={"deprecated inputs": list(map(str, found))} if found else {"inputs": len(model.inputs)},
    )


TESTS = "dbt_tests"
"""The check that shows a port's dbt tests."""


def check_specs(offer: Offer, model: PortModel) -> Iterator[AssetCheckSpec]:
    """One check for each kind of rule and each named quality rule, one for dbt's tests, and those of capabilities."""
    contract = offer.contracts[model.name]
    key = AssetKey(contract.address)
    for check in contract.checks:
        rules = [rule for rule in contract.rules if rule.check == check]
        description = ". ".join(rule.sentence.rstrip(".") for rule in rules) + "."
        yield AssetCheckSpec(check, asset=key, description=description, blocking=any(rule.blocks for rule in rules))
    if model.tests:
        yield AssetCheckSpec(TESTS, asset=key, description=f"dbt's tests of the model: {len(model.tests)}.", blocking=True)
    for specs in capabilities_of(offer.domain.root).checks(offer=offer, port=model.name):
        for spec in specs:
            yield AssetCheckSpec(spec.name, asset=key, description=spec.description, blocking=spec.blocking)
    yield from input_specs(offer, model)


def contract_results(contract: Contract, audit: Audit | None) -> Iterator[AssetCheckResult]:
    """What the audit found, check by check; nothing of checks that were not reached."""
    for check in contract.checks if audit else ():
        verdicts = audit.of_check(check)
        broken = [verdict for verdict in verdicts if not verdict.passed]
        if not verdicts:
            continue  # judged no further, because the columns are not the promised ones
        blocks = any(verdict.rule.blocks for verdict in broken)
        yield AssetCheckResult(
            asset_key=AssetKey(contract.address),
            check_name=check,
            passed=not broken,
            severity=AssetCheckSeverity.ERROR if blocks or not broken else AssetCheckSeverity.WARN,
            metadata={
                "rules": len(verdicts),
                **({"broken": MetadataValue.md("\n\n".join(map(str, broken)))} if broken else {}),
            },
        )


def test_results(attempt: Attempt) -> Iterator[AssetCheckResult]:
    """What dbt's tests of the port found, as one check; nothing when none ran."""
    ran = [node for node in attempt.nodes if node.kind == "test"]
    if not ran:
        return
    bad = [node for node in ran if not node.good]
    yield AssetCheckResult(
        asset_key=AssetKey(attempt.address),
        check_name=TESTS,
        passed=not bad,
        metadata={"tests": len(ran), **({"failed": [f"{node.name}: {node.message}" for node in bad]} if bad else {})},
    )


def gate_results(address: PortAddress, results: Sequence[CheckResult]) -> Iterator[AssetCheckResult]:
    """What the gates of the mesh show of a port, as Dagster's results."""
    for result in results:
        yield AssetCheckResult(
            asset_key=AssetKey(address),
            check_name=result.name,
            passed=result.passed,
            severity=AssetCheckSeverity.ERROR if result.error else AssetCheckSeverity.WARN,
            metadata={
                name: MetadataValue.md(value) if isinstance(value, str) else value for name, value in result.metadata.items()
            },
        )
