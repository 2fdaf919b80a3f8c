"""A process that publishes until it is killed, in the way of the platform: sweep, build, audit, publish, acknowledge."""

import os
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from shop import rows_of, select, the_shop

from mesh_platform.build.warehouse import writing
from mesh_platform.contract.audit import audit
from mesh_platform.names import literal
from mesh_platform.port.sweeper import sweep_quietly
from mesh_platform.port.version import Provenance

WAITING, BUILDING, AUDITING, PUBLISHING, ACKNOWLEDGED = range(5)


def publish_until_killed(root: Path, first_mark: int, step: "Synchronized[int]", told: int) -> None:
    """Never returns.

    Args:
        root: the shop's.
        first_mark: of the first version; the next has the next.
        step: says at every moment what the writer is doing, and outlives it.
        told: a pipe that gets one byte at the beginning of each build and of each publish.
    """
    import duckdb

    domain, contract, port = the_shop(root)
    candidate = domain.home.candidates("shop") / "things.parquet"
    candidate.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    mark = first_mark
    while True:
        with writing(domain, wait=30):
            step.value = BUILDING
            os.write(told, b"b")
            sweep_quietly([port], candidate.parent, domain.home.built("shop"))
            connection.execute(f"COPY ({select(mark)}) TO {literal(candidate)} (FORMAT parquet, COMPRESSION zstd)")
            step.value = AUDITING
            found = audit(contract, [candidate])
            assert not found.broken, found.broken
            step.value = PUBLISHING
            os.write(told, b"p")
            said = Provenance(contract.id, contract.version, contract.file, contract.digest, found.rows, len(found.verdicts))
            version = port.publish(candidate, contract, said)
            acknowledge(root, version.number, mark)
            step.value = ACKNOWLEDGED
        mark += 1


def acknowledge(root: Path, version: int, mark: int) -> None:
    """From here on, somebody counts on that version."""
    handle = os.open(root / "acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{version} {mark} {rows_of(mark)}\n".encode())
    os.fsync(handle)
    os.close(handle)


def acknowledged(root: Path) -> dict[int, int]:
    """Every acknowledged version with its mark."""
    file = root / "acknowledged"
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return {int(version): int(mark) for version, mark, _ in lines}
