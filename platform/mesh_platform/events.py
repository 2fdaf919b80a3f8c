"""Events of a running domain: listeners receive them, the command line to show them and tests to collect them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesh_platform.names import PortAddress

if TYPE_CHECKING:
    from mesh_platform.contract.audit import Audit
    from mesh_platform.ingestion.reading import Ingested
    from mesh_platform.port.version import PortVersion


@dataclass(frozen=True)
class Step:
    """Work has begun or made progress; the text is one short line."""

    domain: str
    text: str


@dataclass(frozen=True)
class Noted:
    """A note for the user who runs the domain; the run goes on."""

    domain: str
    text: str
    failure: bool = False
    """Whether it is why ports are not published."""


@dataclass(frozen=True)
class SourceRead:
    """A source file was read into the warehouse."""

    domain: str
    ingested: "Ingested"


@dataclass(frozen=True)
class Published:
    """A port has a new version."""

    version: "PortVersion"
    audit: "Audit"
    seconds: float


@dataclass(frozen=True)
class Refused:
    """A port was not published; the version served before is still served."""

    address: PortAddress
    reason: str
    seconds: float


Event = Step | Noted | SourceRead | Published | Refused
_listeners: list[Callable[[Event], None]] = []


def tell(event: Event) -> None:
    """Passes the event to every listener of this process."""
    for listener in _listeners:
        listener(event)


@contextmanager
def listening(listener: Callable[[Event], None]) -> Iterator[None]:
    """Calls `listener` with every event inside the block, on the thread that the event comes from."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
