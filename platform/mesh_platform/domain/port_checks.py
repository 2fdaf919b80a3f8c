"""A contract's rules and dbt's tests as Dagster's asset checks: what is promised, and what was found of it."""

from collections.abc import Iterator

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey, MetadataValue

from mesh_platform.contracts.audit import Audit
from mesh_platform.contracts.contract import Contract
from mesh_platform.domain.outcome import Outcome
from mesh_platform.transformation.port_graph import PortModel

TESTS = "dbt_tests"
"""The check that shows a port's dbt tests."""


def check_specs(contract: Contract, model: PortModel) -> Iterator[AssetCheckSpec]:
    """One check for each kind of rule, one for each named quality rule, one for dbt's tests."""
    for check in contract.checks:
        rules = [rule for rule in contract.rules if rule.check == check]
        yield AssetCheckSpec(
            check,
            asset=AssetKey(contract.address),
            description=". ".join(rule.sentence.rstrip(".") for rule in rules) + ".",
            blocking=any(rule.blocks for rule in rules),
        )
    if model.tests:
        yield AssetCheckSpec(
            TESTS, asset=AssetKey(contract.address), description=f"dbt's tests of the model: {len(model.tests)}.", blocking=True
        )


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


def test_results(outcome: Outcome) -> Iterator[AssetCheckResult]:
    """What dbt's tests of the port found, as one check; nothing when none ran."""
    ran = [node for node in outcome.nodes if node.kind == "test"]
    if not ran:
        return
    bad = [node for node in ran if not node.good]
    yield AssetCheckResult(
        asset_key=AssetKey(outcome.address),
        check_name=TESTS,
        passed=not bad,
        metadata={"tests": len(ran), **({"failed": [f"{node.name}: {node.message}" for node in bad]} if bad else {})},
    )
