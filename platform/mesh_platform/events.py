"""What happens while a domain runs, told to whoever listens: the command line shows it, tests can collect it."""

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
    """Something has begun or moved on; the text is one short line."""

    domain: str
    text: str


@dataclass(frozen=True)
class Noted:
    """Something that whoever runs the domain should know, and that stops nothing."""

    domain: str
    text: str


@dataclass(frozen=True)
class SourceRead:
    """A source file is in the warehouse."""

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
    """A port was not published; its last good version stays served."""

    address: PortAddress
    reason: str
    seconds: float


Event = Step | Noted | SourceRead | Published | Refused
_listeners: list[Callable[[Event], None]] = []


def tell(event: Event) -> None:
    """Tells every listener of this process."""
    for listener in _listeners:
        listener(event)


@contextmanager
def listening(listener: Callable[[Event], None]) -> Iterator[None]:
    """Within it, `listener` is called with every event, from whichever thread it comes."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
