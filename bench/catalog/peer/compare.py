"""Measures the same policies in Rego and in SQL on a generated mesh, and compares their violations.

Usage: .venv/bin/python bench/catalog/peer/compare.py PYTHON --sizes 2x10x20 5x20x20, where PYTHON is the interpreter of a
temporary environment that has regopy. Writes bench/catalog/peer/results.json.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from report import machine  # noqa: E402

from mesh import described, make, size_of  # noqa: E402
from mesh_capabilities.governance.catalog.catalog import Catalog, open_catalog  # noqa: E402
from mesh_capabilities.governance.policy_report import evaluate  # noqa: E402
from mesh_platform.names import literal  # noqa: E402
from mesh_platform.project import Project  # noqa: E402

TABLES = ("products", "contracts", "columns", "rules", "column_lineage")
POLICIES = re.findall(r"^(\w+) contains (?!column\.contract|rule\.contract)", (HERE / "policies.rego").read_text(), re.M)
POLICIES = list(dict.fromkeys(POLICIES))
SPOILED = 0.01
"""The share of columns that are changed to violate policies."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", help="the interpreter that has regopy")
    parser.add_argument("--sizes", nargs="+", required=True, metavar="DOMAINSxPRODUCTSxCOLUMNS")
    parser.add_argument("--to", type=Path, default=HERE / "results.json")
    arguments = parser.parse_args()
    version = subprocess.run(
        [arguments.python, "-c", "import regopy; print(regopy.__version__)"], capture_output=True, text=True, check=True
    ).stdout.strip()
    sizes = [compare(arguments.python, size) for size in arguments.sizes]
    document = {"peer": f"regopy {version}", "machine": machine(), "policies": POLICIES, "sizes": sizes}
    arguments.to.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    agreed = all(size["agreed"] for size in sizes)
    print(f"{'✔' if agreed else '✘'} " + "; ".join(f"{size['size']}: {size['ratio']:.0f} times as long" for size in sizes))
    return 0 if agreed else 1


def compare(python: str, text: str) -> dict[str, Any]:
    """Measures both sides on one mesh: SQL on the open catalog, Rego on the facts in its interpreter's memory."""
    with tempfile.TemporaryDirectory(prefix="mesh-peer-") as scratch:
        project = make(Path(scratch) / "mesh", size_of(text))
        catalog = open_catalog(project)
        _spoil(catalog)
        facts = Path(scratch) / "facts.json"
        facts.write_text(json.dumps({name: catalog.rows(name) for name in TABLES}, default=str), encoding="utf-8")
        ours = _ours(project, catalog)
        process = subprocess.run([python, HERE / "run_rego.py", facts, *POLICIES], capture_output=True, text=True, check=True)
    rego = json.loads(process.stdout)
    load = rego.pop("load")["seconds"]
    seconds = sum(result["seconds"] for result in rego.values())
    counts = {policy: [ours["violations"].get(policy, 0), result["violations"]] for policy, result in rego.items()}
    return {
        "size": described(size_of(text)),
        "sql_cpu_seconds": round(ours["seconds"], 3),
        "rego_cpu_seconds": round(seconds, 3),
        "rego_load_cpu_seconds": round(load, 3),
        "ratio": round(seconds / ours["seconds"], 1),
        "agreed": all(sql == other for sql, other in counts.values()),
        "violations": counts,
    }


def _ours(project: Project, catalog: Catalog) -> Mapping[str, Any]:
    evaluate(project, catalog, policies=POLICIES)  # fills caches; the second evaluation is measured
    start = time.process_time()
    report = evaluate(project, catalog, policies=POLICIES)
    seconds = time.process_time() - start
    subjects: dict[str, set[str]] = {}
    for finding in report.findings:
        subjects.setdefault(finding.policy, set()).add(finding.subject)
    return {"seconds": seconds, "violations": {policy: len(names) for policy, names in subjects.items()}}


def _spoil(catalog: Catalog) -> None:
    """Changes some columns to violate policies, the same ones in each run."""
    connection = catalog.connection()
    columns = [(row["contract"], row["column"]) for row in catalog.rows("columns")]
    chosen = random.Random(7).sample(columns, max(3, int(len(columns) * SPOILED)))
    for change, (contract, column) in zip(
        ("classification = NULL", "description = NULL", "type = 'TIMESTAMP'") * len(chosen), chosen
    ):
        connection.execute(
            f'UPDATE mesh.columns SET {change} WHERE contract = {literal(contract)} AND "column" = {literal(column)}'
        )


if __name__ == "__main__":
    sys.exit(main())
