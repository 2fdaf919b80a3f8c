"""One side of a comparison, alone in its process: does its work on a Parquet file and prints what that cost.

Usage: python side.py scan|gate|copy|publish FILE SELLERS. Start-up and imports are not counted; reading contracts is.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent
CONTRACTS = ROOT / "domains" / "bench" / "contracts"


def scan(file: Path, sellers: Path) -> None:
    """Reads every value of every column and does nothing with it: the least that a gate could cost."""
    from mesh_platform.contracts.document import load_contract

    columns = load_contract(CONTRACTS / "payments.v1.odcs.yaml", ROOT).column_names
    with duckdb.connect() as connection:
        connection.execute(
            f"SELECT {', '.join(f'bit_xor(hash({name}))' for name in columns)} FROM read_parquet('{file}')"
        ).fetchall()


def gate(file: Path, sellers: Path) -> None:
    """The audit, as every publish runs it."""
    from mesh_platform.contracts.audit import audit
    from mesh_platform.contracts.document import load_contract

    contract = load_contract(CONTRACTS / "payments.v1.odcs.yaml", ROOT)
    found = audit(contract, [file], {reference: [sellers] for reference in contract.references})
    assert not found.broken and len(found.verdicts) == len(contract.rules), found.broken


def copy(file: Path, sellers: Path) -> None:
    """What writing the rows costs anybody."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        _write(file, Path(folder) / "candidate.parquet")


def publish(file: Path, sellers: Path) -> None:
    """Writing the rows as a candidate and committing it as a version, without the audit."""
    from mesh_platform.contracts.document import load_contract
    from mesh_platform.naming import PortAddress
    from mesh_platform.ports.output_port import OutputPort
    from mesh_platform.ports.version import Provenance

    contract = load_contract(CONTRACTS / "payments.v1.odcs.yaml", ROOT)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        candidate = Path(folder) / "candidate.parquet"
        _write(file, candidate)
        rows = duckdb.sql(f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata('{candidate}')").fetchone()[0]
        port = OutputPort(PortAddress("bench", "payments"), Path(folder) / "port")
        provenance = Provenance(contract.id, contract.version, contract.file, contract.digest, rows, len(contract.rules))
        assert port.publish(candidate, contract, provenance).number == 0


def _write(file: Path, to: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_parquet('{file}')) TO '{to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    work = {"scan": scan, "gate": gate, "copy": copy, "publish": publish}[sys.argv[1]]
    # What is imported here is not measured below.
    import deltalake  # noqa: F401

    duckdb.connect().execute("SELECT 1")
    cpu, wall = _cpu(), time.perf_counter()
    work(Path(sys.argv[2]), Path(sys.argv[3]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": _cpu() - cpu, "wall": time.perf_counter() - wall, "peak_mb": peak}))
