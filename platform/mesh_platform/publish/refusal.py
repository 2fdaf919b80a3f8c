"""The refusal of the last attempt to publish each port, kept in the home until the port is published."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh_isolation.files import write_whole
from mesh_isolation.records import read_cache
from mesh_platform.errors import MeshError
from mesh_platform.events import Refused, tell
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion


@dataclass(frozen=True)
class Refusal:
    """When an attempt to publish a port was refused, and why."""

    at: datetime
    by: str
    """The broken rule, the policy or another reason, in one line."""


def refuse(home: MeshHome, address: PortAddress, error: MeshError, seconds: float = 0.0, by: str | None = None) -> None:
    """Records that an attempt to publish the port was refused after so many seconds, and tells the listeners.

    The record holds the reason alone: `by`, or what the error found.
    """
    head, *rest = (by or error.found).splitlines()
    # Rules and policies are listed below the sentence; examples of their rows are indented further.
    reasons = [line.strip() for line in rest if line[:4].isspace() and not line[:5].isspace()] or [head]
    more = f", and {len(reasons) - 1} more" if reasons[1:] else ""
    record = {"at": datetime.now(UTC).isoformat(), "by": f"{reasons[0][:200].removesuffix('.')}{more}"}
    with suppress(OSError):  # the refusal itself is reported all the same
        write_whole({_file(home, address): json.dumps(record)})
    tell(Refused(address, str(error), seconds))


def last_refusal(home: MeshHome, address: PortAddress, served: PortVersion | None) -> Refusal | None:
    """The refusal of the last attempt; None if the port has been published since."""
    refusal = read_cache(_file(home, address), Refusal)
    # A publish that was killed after its commit has left the record.
    return refusal if refusal and (served is None or refusal.at > served.committed) else None


def forget_refusal(home: MeshHome, address: PortAddress) -> None:
    """Removes the record, because the port has been published."""
    with suppress(OSError):
        _file(home, address).unlink(missing_ok=True)


def _file(home: MeshHome, address: PortAddress) -> Path:
    return home.root / "refused" / address.domain / f"{address.port}.json"
