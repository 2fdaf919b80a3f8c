"""The versions of a port, each with what changed since the one before: rows, contract, inputs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from mesh_capabilities.portal.facts import Facts, Row
from mesh_capabilities.portal.words import counted
from mesh_platform.errors import MeshError
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress

SHOWN = 30
"""How many of the newest versions a page lists."""


@dataclass(frozen=True)
class VersionEntry:
    """One version as a page shows it."""

    row: Row
    changes: Sequence[str]
    """Sentences; none for a version that differs in nothing that is known."""
    late_by: float | None
    """Seconds since the version before; None for the first."""


def history(facts: Facts, port: Row, home: MeshHome | None) -> list[VersionEntry]:
    """The newest versions of a port, the newest first."""
    rows = [row for row in facts.by("versions", "port")[port["port"]] if row["major"] == port["major"]]
    rows.sort(key=lambda row: row["version"])
    inputs: dict[int, dict[str, int]] = {}
    for row in facts.by("version_inputs", "port")[port["port"]]:
        if row["major"] == port["major"]:
            inputs.setdefault(row["version"], {})[row["input"]] = row["input_version"]
    folder = home.port(PortAddress.parse(port["port"]), port["major"]) if home and port["published"] else None
    entries = []
    for before, row in list(zip([None, *rows], rows))[-SHOWN:]:
        changes = list(_changes(before, row, inputs, folder))
        waited = (row["committed_at"] - before["committed_at"]).total_seconds() if before else None
        entries.append(VersionEntry(row, changes, waited))
    return entries[::-1]


def _changes(before: Row | None, row: Row, inputs: dict[int, dict[str, int]], folder: Path | None) -> Iterator[str]:
    if row["rolled_back_to"] is not None:
        yield f"Rolled back to version {row['rolled_back_to']}."
    if before is None:
        yield "The first version that is known."
        return
    if row["rows"] is not None and before["rows"] is not None and row["rows"] != before["rows"]:
        gone = before["rows"] - row["rows"]
        yield f"{counted(abs(gone), 'row')} {'fewer' if gone > 0 else 'more'}."
    if row["contract_digest"] != before["contract_digest"]:
        old, new = before["contract_version"], row["contract_version"]
        yield f"Contract {old} became {new}." if old != new else f"The contract's text changed within {new}."
        if folder is not None:
            yield from _contract_changes(folder, before["contract_digest"], row["contract_digest"])
    moved = [
        f"{name} {was} → {now}"
        for name, now in sorted(inputs.get(row["version"], {}).items())
        if (was := inputs.get(before["version"], {}).get(name)) is not None and was != now
    ]
    if moved:
        yield f"Newer inputs: {', '.join(moved)}."


@lru_cache(maxsize=10_000)
def _contract_changes(folder: Path, old: str, new: str) -> tuple[str, ...]:
    """What changed between two contracts that were kept beside the data, in sentences; none where one was not kept."""
    import yaml

    from mesh_capabilities.contract_change.compare import compare
    from mesh_platform.port.output_port import kept_contract

    documents: list[Any] = []
    for digest in (old, new):
        try:
            documents.append(yaml.safe_load(kept_contract(folder, digest) or ""))
        except yaml.YAMLError:
            return ()
    if not all(isinstance(document, dict) for document in documents):
        return ()
    try:
        return tuple(change.sentence for change in compare(*documents))
    except (MeshError, KeyError, TypeError, IndexError):  # a contract of long ago need not be what `compare` expects
        return ()


def last_committed(facts: Facts) -> datetime | None:
    """When anything was published last."""
    return max((row["committed_at"] for row in facts.rows("versions")), default=None)
