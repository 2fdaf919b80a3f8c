"""The corpus: small data sets, good and bad, each with its contract and the verdicts that are expected of it."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
RECORDED = FOLDER / "datacontract-cli.json"
"""What the peer found, by case, data set and check; record.py writes it."""


@dataclass(frozen=True)
class Case:
    """One contract with rows that keep it and rows that break it."""

    name: str
    document: dict[str, Any]

    @property
    def rules(self) -> dict[str, dict[str, Any]]:
        """By the name of a quality rule, else by a rule's sentence: `good` and `bad`, which are our verdicts (passed, broken
        or warned), and `peer`, the peer's checks of the same."""
        return self.document["rules"]

    def contract(self) -> dict[str, Any]:
        """The contract of shop/things."""
        table = {"name": "things", "properties": self.document["columns"], "quality": self.document.get("quality", [])}
        levels = {"slaProperties": self.document["service_levels"]} if "service_levels" in self.document else {}
        return {
            "apiVersion": self.document.get("version", "v3.1.0"),
            "kind": "DataContract",
            "id": "shop.things.v1",
            "name": "things",
            "version": "1.0.0",
            "status": "active",
            "domain": "shop",
            "dataProduct": "things",
            "schema": [table],
            **levels,
        }

    def query(self, data: str) -> str:
        """SQL that makes the rows of `good` or `bad`."""
        types = self.document.get("stored", {}).get(data)
        types = types or {column["name"]: column["physicalType"] for column in self.document["columns"]}
        columns = ", ".join(f'CAST(column{place} AS {kind}) AS "{name}"' for place, (name, kind) in enumerate(types.items()))
        values = ", ".join(f"({', '.join(map(_sql, row))})" for row in self.document["rows"][data])
        names = ", ".join(f"column{place}" for place in range(len(types)))
        held = f"(VALUES {values})" if values else f"(SELECT {', '.join('NULL' for _ in types)} LIMIT 0)"
        return f"SELECT {columns} FROM {held} t({names})"


def cases() -> dict[str, Case]:
    """All of them, by name."""
    files = sorted(FOLDER.glob("*.yaml"))
    return {file.stem: Case(file.stem, yaml.safe_load(file.read_text("utf-8"))) for file in files}


def recorded() -> dict[str, dict[str, dict[str, str]]]:
    """By case, then `good` or `bad`, then the peer's check: what it found."""
    return json.loads(RECORDED.read_text("utf-8"))["found"]


def peer_verdicts(case: Case, checks: list[str]) -> dict[str, str]:
    """The peer's verdicts on `good` and `bad` in our words, each the worst of its `checks`.

    `not judged` stands for a rule that it has no check for or could not execute. A warning on both, on good data and on
    bad, is its way to say so.
    """
    results_by_data = {data: {verdicts.get(check) for check in checks} for data, verdicts in recorded()[case.name].items()}
    if not checks or any(results - {"passed", "failed", "warning"} for results in results_by_data.values()):
        return dict.fromkeys(results_by_data, "not judged")
    if all("warning" in results for results in results_by_data.values()):
        return dict.fromkeys(results_by_data, "not judged")
    words = {"failed": "broken", "warning": "warned", "passed": "passed"}
    return {data: next(words[result] for result in words if result in results) for data, results in results_by_data.items()}


def _sql(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value)
        case float():
            return "'nan'::DOUBLE" if math.isnan(value) else repr(value)
        case list():
            return f"[{', '.join(map(_sql, value))}]"
        case dict():
            return f"{{{', '.join(f'{_sql(name)}: {_sql(part)}' for name, part in value.items())}}}"
    return "'" + str(value).replace("'", "''") + "'"
