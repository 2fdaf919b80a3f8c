"""One side of a comparison, in its own process: does its work on a Parquet file and prints the cost.

Usage: python side.py scan|largest|gate|text_key|copy|publish FILE SELLERS. Start-up, imports and reading the contract
are not counted. `python side.py serve FILE SELLERS` publishes the sellers for `mesh contract test` and counts nothing.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from mesh_platform.contract.audit import audit
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import contract_in, load_contract, read_document
from mesh_platform.home import MeshHome
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance

ROOT = Path(__file__).resolve().parent
PAYMENTS = ROOT / "domains" / "bench" / "contracts" / "payments.v1.odcs.yaml"
CONTRACT = load_contract(PAYMENTS, ROOT)


def scan(file: Path, sellers: Path) -> None:
    """Reads every column and hashes every value: the least work that uses all of each value."""
    _aggregate("bit_xor(hash({}))", file)


def largest(file: Path, sellers: Path) -> None:
    """Reads every column for its largest value: two texts differ within a few letters, so most of each is not compared."""
    _aggregate("max({})", file)


def gate(file: Path, sellers: Path) -> None:
    """The audit, as every publish runs it."""
    _audit(CONTRACT, file, sellers)


def text_key(file: Path, sellers: Path) -> None:
    """The audit with a primary key of 32 letters in random order, which does not fit into a bitmap."""
    document = read_document(PAYMENTS)
    for column in document["schema"][0]["properties"]:
        column["primaryKey"] = column["name"] == "order_id"
    _audit(contract_in(document, PAYMENTS, ROOT), file, sellers)


def copy(file: Path, sellers: Path) -> None:
    """Writes the rows only: the cost without any contract."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        _write(file, Path(folder) / "candidate.parquet")


def publish(file: Path, sellers: Path) -> None:
    """Writes the rows as a candidate and commits it as a version, without the audit."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        candidate = Path(folder) / "candidate.parquet"
        _write(file, candidate)
        _commit(CONTRACT, candidate, Path(folder) / "port")


def serve(file: Path, sellers: Path) -> None:
    """The sellers as a published port of the home, for tools that follow the contract's relationship."""
    contract = load_contract(PAYMENTS.with_name("sellers.v1.odcs.yaml"), ROOT)
    with tempfile.TemporaryDirectory(dir=sellers.parent) as folder:
        candidate = Path(folder) / "sellers.parquet"
        candidate.write_bytes(sellers.read_bytes())
        _commit(contract, candidate, MeshHome.of(ROOT).port(contract.address, contract.major))


def _aggregate(expression: str, file: Path) -> None:
    columns = ", ".join(expression.format(name) for name in CONTRACT.column_names)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SELECT {columns} FROM read_parquet('{file}')").fetchall()


def _audit(contract: Contract, file: Path, sellers: Path) -> None:
    result = audit(contract, [file], {reference: [sellers] for reference in contract.references})
    if result.broken or len(result.verdicts) != len(contract.rules):
        raise SystemExit(f"the rows do not keep the contract: {'; '.join(map(str, result.broken))}")


def _write(file: Path, to: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"COPY (SELECT * FROM read_parquet('{file}')) TO '{to}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )


def _commit(contract: Contract, candidate: Path, folder: Path) -> None:
    (rows,) = duckdb.sql(f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata('{candidate}')").fetchone()
    provenance = Provenance(contract.id, contract.version, contract.file, contract.digest, rows, len(contract.rules))
    OutputPort(contract.address, folder).publish(candidate, contract, provenance)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sides = {side.__name__: side for side in (scan, largest, gate, text_key, copy, publish, serve)}
    work = sides[sys.argv[1]]
    # Imported here, so that the import is not measured.
    import deltalake  # noqa: F401

    duckdb.connect().execute("SELECT 1")
    cpu, wall = _cpu(), time.perf_counter()
    work(Path(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps({"cpu": _cpu() - cpu, "wall": time.perf_counter() - wall}))
