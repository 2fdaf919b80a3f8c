"""The input of other tools for the same rows and rules: the contract of datacontract-cli, and the tests of dbt."""

from pathlib import Path
from typing import Any

import yaml

CONTRACTS = Path(__file__).resolve().parent / "domains" / "bench" / "contracts"
REQUIRED = ("payment_id", "order_id", "seller_number", "payment_type", "amount", "installments", "paid_at")
PATTERNS = {"order_id": "^[0-9a-f]{32}$", "zip_code_prefix": "^[0-9]{5}$"}
RANGES = {"amount": (0, 100_000), "installments": (0, 36)}
TYPES = ["boleto", "credit_card", "debit_card", "voucher"]


def datacontract_file(file: Path, to: Path) -> Path:
    """The benchmark's contract with `file` as its server, and without the parts that the other tool does not support here.

    These are the relationship and the latency. The other tool also has a different name for a time with a time zone.
    """
    document: dict[str, Any] = yaml.safe_load((CONTRACTS / "payments.v1.odcs.yaml").read_text(encoding="utf-8"))
    document["servers"] = [{"server": "local", "type": "local", "path": str(file), "format": "parquet"}]
    del document["slaProperties"]
    for column in document["schema"][0]["properties"]:
        column.pop("relationships", None)
        column["physicalType"] = column["physicalType"].replace("TIMESTAMPTZ", "timestamp_tz")
    to.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return to


def dbt_project(file: Path, sellers: Path, folder: Path) -> Path:
    """A project with a view over each file and a test for every rule, as a user would write it."""
    _write(
        folder / "dbt_project.yml",
        {"name": "peer", "version": "1.0.0", "profile": "peer", "flags": {"send_anonymous_usage_stats": False}},
    )
    _write(
        folder / "profiles.yml",
        {
            "peer": {
                "target": "peer",
                "outputs": {"peer": {"type": "duckdb", "path": str(folder / "peer.duckdb"), "threads": 2}},
            }
        },
    )
    models = folder / "models"
    models.mkdir(parents=True, exist_ok=True)
    (models / "payments.sql").write_text(f"select * from read_parquet('{file}')\n", encoding="utf-8")
    (models / "sellers.sql").write_text(f"select * from read_parquet('{sellers}')\n", encoding="utf-8")
    tests: dict[str, list[Any]] = {name: ["not_null"] for name in REQUIRED}
    tests["payment_id"].append("unique")
    tests["payment_type"].append({"accepted_values": {"arguments": {"values": TYPES}}})
    tests["seller_number"].append({"relationships": {"arguments": {"to": "ref('sellers')", "field": "seller_number"}}})
    columns = [{"name": name, "data_tests": data_tests} for name, data_tests in tests.items()]
    _write(models / "payments.yml", {"models": [{"name": "payments", "columns": columns}]})
    rules = {f"{name}_matches": f"not regexp_matches({name}, '{pattern}')" for name, pattern in PATTERNS.items()}
    rules |= {f"{name}_in_range": f"{name} < {low} or {name} > {high}" for name, (low, high) in RANGES.items()}
    for name, broken in rules.items():
        _singular(folder, name, f"select * from {{{{ ref('payments') }}}} where {broken}")
    _singular(folder, "enough", "select count(*) from {{ ref('payments') }} having count(*) = 0")
    _singular(
        folder, "latency", "select max(paid_at) from {{ ref('payments') }} having max(paid_at) < now() - interval 100 year"
    )
    return folder


def _singular(folder: Path, name: str, sql: str) -> None:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / f"{name}.sql").write_text(f"{sql}\n", encoding="utf-8")


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
