"""The asset checks of a port: contract rules, dbt tests, deprecated inputs, and the checks of capabilities."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from mesh_isolation.text import plain, visible
from mesh_platform.build.port_graph import PortModel
from mesh_platform.capabilities import further_checks
from mesh_platform.contract.audit import Audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import RESERVED
from mesh_platform.events import Noted, tell
from mesh_platform.hooks import CheckResult
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import deprecated_inputs
from mesh_platform.product.offer import Offer
from mesh_platform.publish.attempt import Attempt

SUPPORTED = "inputs_supported"
"""The check that warns of deprecated inputs."""


def input_specs(offer: Offer, model: PortModel) -> Iterator[dg.AssetCheckSpec]:
    """One non-blocking check for a port that reads other domains, whether an input is deprecated or not."""
    if model.inputs:
        yield dg.AssetCheckSpec(
            SUPPORTED, asset=dg.AssetKey([offer.domain.name, model.name]), description="No input is deprecated."
        )


def input_results(offer: Offer, model: PortModel) -> Iterator[dg.AssetCheckResult]:
    """The result from the producers' current descriptors and contracts: a warning before an end date, an error after it."""
    if not model.inputs:
        return
    product, today = offer.product_of(model.name), datetime.now(UTC).date()
    inputs = [entry for entry in deprecated_inputs(product, offer.domain.root) if entry.address in model.inputs]
    for deprecated in inputs:
        tell(Noted(offer.domain.name, f"{model.name} {deprecated}"))
    over = any(deprecated.over(today) for deprecated in inputs)
    metadata = {"deprecated inputs": list(map(visible, inputs))} if inputs else {"inputs": len(model.inputs)}
    yield check_result(dg.AssetKey([offer.domain.name, model.name]), SUPPORTED, not inputs, over, metadata)


TESTS = "dbt_tests"
"""The check that shows a port's dbt tests."""


def check_specs(offer: Offer, model: PortModel) -> Iterator[dg.AssetCheckSpec]:
    """One check for each kind of rule and each named quality rule, one for dbt's tests, and those of the capabilities."""
    contract = offer.contracts[model.name]
    key = dg.AssetKey(contract.address)
    for check in contract.checks:
        rules = [rule for rule in contract.rules if rule.check == check]
        description = ". ".join(rule.sentence.rstrip(".") for rule in rules) + "."
        yield dg.AssetCheckSpec(check, asset=key, description=plain(description), blocking=any(rule.blocks for rule in rules))
    if model.tests:
        yield dg.AssetCheckSpec(TESTS, asset=key, description=f"dbt's tests of the model: {len(model.tests)}.", blocking=True)
    for spec in further_checks(offer, model.name, {*RESERVED, SUPPORTED, *contract.checks}):
        yield dg.AssetCheckSpec(spec.name, asset=key, description=plain(spec.description))
    yield from input_specs(offer, model)


def contract_results(contract: Contract, audit: Audit | None) -> Iterator[dg.AssetCheckResult]:
    """The results of the audit by check, without the checks that it did not reach."""
    for check in contract.checks if audit else ():
        verdicts = audit.of_check(check)
        broken = [verdict for verdict in verdicts if not verdict.passed]
        if not verdicts:
            continue  # not reached, because the columns do not match the contract
        blocks = any(verdict.rule.blocks for verdict in broken)
        metadata = {"rules": len(verdicts)}
        if broken:
            metadata["broken"] = dg.MetadataValue.md("\n\n".join(map(plain, broken)))
        yield check_result(dg.AssetKey(contract.address), check, not broken, blocks or not broken, metadata)


def test_results(attempt: Attempt) -> Iterator[dg.AssetCheckResult]:
    """The result of the port's dbt tests, as one check; nothing if none ran."""
    ran = [node for node in attempt.nodes if node.kind == "test"]
    if not ran:
        return
    bad = [node for node in ran if not node.good]
    failed = {"failed": [visible(f"{node.name}: {node.message}") for node in bad]} if bad else {}
    yield check_result(dg.AssetKey(attempt.address), TESTS, not bad, True, {"tests": len(ran), **failed})


def gate_results(address: PortAddress, results: Sequence[CheckResult]) -> Iterator[dg.AssetCheckResult]:
    """The checks of the gates for a port, as results of Dagster."""
    for result in results:
        metadata = {
            name: dg.MetadataValue.md(plain(value)) if isinstance(value, str) else value
            for name, value in result.metadata.items()
        }
        yield check_result(dg.AssetKey(address), result.name, result.passed, result.error, metadata)


def check_result(key: dg.AssetKey, name: str, passed: bool, error: bool, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    """The result of one check of an asset; `error` says whether a failure is an error or a warning."""
    severity = dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(asset_key=key, check_name=name, passed=passed, severity=severity, metadata=metadata)
