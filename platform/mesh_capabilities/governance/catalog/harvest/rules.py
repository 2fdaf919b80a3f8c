"""Rules as rows: each under a name of its own within its contract."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mesh_capabilities.governance.catalog.facts import Row
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import RESERVED, Rule


def rule_rows(contract: Contract, rules: Iterable[Rule], source: str = "contract") -> Iterator[Row]:
    """The rows of rules of a contract. Rules that share a check are told apart by their columns, then by a number."""
    seen: Counter[str] = Counter()
    for rule in rules:
        name = "_".join((rule.check, *rule.columns)) if rule.check in RESERVED else rule.check
        seen[name] += 1
        yield {
            "contract": contract.id,
            "port": str(contract.address),
            "rule": name if seen[name] == 1 else f"{name}_{seen[name]}",
            "check": rule.check,
            "sentence": rule.sentence,
            "columns": list(rule.columns),
            "severity": "error" if rule.blocks else "warning",
            "kind": "expectation" if rule.asked_by else rule.check if rule.check in RESERVED else "quality",
            "source": source,
        }
