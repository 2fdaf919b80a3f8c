"""Every error a user of the mesh can meet: one tree, each with what was found and the way out.

MeshError
├── ProjectError             the repository or a domain is not laid out as the platform needs it
├── ContractError            a contract or a product descriptor does not say what its standard asks for
├── RevisionError            git cannot show what a file said at the revision that was named
├── UnknownPort              somebody named a port that nobody publishes, or a version or a day that is not there
├── UnknownColumn            somebody named a column that a port does not have
├── UnknownProduct           somebody named a product that nobody describes
├── UnknownEntry             somebody named an entry that is not in the quarantine
├── SourceError              a source file cannot be read as its owner means it
├── ContractViolation        a candidate breaks its contract; it was not published
├── PolicyError              a policy or a waiver does not say what it must, or cannot be executed
├── UnknownPolicy            somebody named a policy that nobody has written
├── PolicyViolation          a product breaks a policy that forbids to publish it
├── AccessRefused            a consumer reads what it has not declared, or what nobody promised
├── TransformationError      a dbt model or test failed
├── LineageError             a query cannot be followed back to the columns it reads
├── NotReproducible          a version cannot be built again from what it was made of
├── EventsNotSent            lineage events did not reach the address that was named
├── PublishError             a candidate could not be written or committed
├── PortDamaged              files of a published port are missing or are not what was written
├── LifecycleRefused         a step in the life of a product is not allowed as things stand
├── PortsUnreachable         the bucket that holds the ports does not answer, or does not let anybody in
├── DomainBusy               another run is writing to this domain's warehouse
├── QueryRefused             a query is not read-only SQL over published ports
├── PortalError              the portal cannot be written to the folder, or served at the port, that was named
├── FileRefused              a file that a command names cannot be read as what it should be, or cannot be written
└── ScaffoldError            what was asked for cannot be made, taken back or brought up to date here
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager


class MeshError(Exception):
    """The base of all errors the platform raises on purpose.

    Args:
        found: one sentence that names the thing and what was found.
        way_out: what the reader can do about it, as a sentence.
        place: where in the document it was found, key by key, as far as that is known: ("schema", 0, "properties", 3).
    """

    def __init__(self, found: str, way_out: str = "", place: tuple[str | int, ...] = ()) -> None:
        super().__init__(found)
        self.found = found
        self.way_out = way_out
        self.place = place

    def __str__(self) -> str:
        return f"{self.found} {self.way_out}".strip()


@contextmanager
def inside(*steps: str | int) -> Iterator[None]:
    """Reads a part of a document, the one at `steps`: errors that are raised meanwhile get the place of the whole."""
    try:
        yield
    except MeshError as problem:
        problem.place = (*steps, *problem.place)
        raise


class ProjectError(MeshError):
    """The repository or a domain is not laid out as the platform needs it."""


class ContractError(MeshError):
    """A contract or a product descriptor does not say what its standard asks for."""


class RevisionError(MeshError):
    """Git cannot show what a file said at the revision that was named."""


class UnknownPort(MeshError):
    """Somebody named a port that nobody publishes, or a version or a day that is not there."""


class UnknownColumn(MeshError):
    """Somebody named a column that a port does not have."""


class UnknownProduct(MeshError):
    """Somebody named a product that nobody describes."""


class UnknownEntry(MeshError):
    """Somebody named an entry that is not in the quarantine."""


class SourceError(MeshError):
    """A source file cannot be read as its owner means it."""


class ContractViolation(MeshError):
    """A candidate breaks its contract; it was not published."""


class PolicyError(MeshError):
    """A policy or a waiver does not say what it must, or cannot be executed."""


class UnknownPolicy(MeshError):
    """Somebody named a policy that nobody has written."""


class PolicyViolation(MeshError):
    """A product breaks a policy that forbids to publish it."""


class AccessRefused(MeshError):
    """A consumer reads what it has not declared, or what nobody promised."""


class TransformationError(MeshError):
    """A dbt model or test failed."""


class LineageError(MeshError):
    """A query cannot be followed back to the columns it reads."""


class NotReproducible(MeshError):
    """A version cannot be built again from what it was made of."""


class EventsNotSent(MeshError):
    """Lineage events did not reach the address that was named."""


class PublishError(MeshError):
    """A candidate could not be written or committed."""


class PortDamaged(MeshError):
    """Files of a published port are missing or are not what was written."""


class LifecycleRefused(MeshError):
    """A step in the life of a product is not allowed as things stand."""


class PortsUnreachable(MeshError):
    """The bucket that holds the ports does not answer, or does not let anybody in."""


class DomainBusy(MeshError):
    """Another run is writing to this domain's warehouse."""


class QueryRefused(MeshError):
    """A query is not read-only SQL over published ports."""


class PortalError(MeshError):
    """The portal cannot be written to the folder, or served at the port, that was named."""


class FileRefused(MeshError):
    """A file that a command names cannot be read as what it should be, or cannot be written."""


class ScaffoldError(MeshError):
    """What was asked for cannot be made, taken back or brought up to date here."""


_ASKED = "MESH_DEBUG"


def ask() -> None:
    """From now on tracebacks are shown, in this process and in those it starts."""
    os.environ[_ASKED] = "1"


def asked() -> bool:
    """Whether tracebacks are shown."""
    return os.environ.get(_ASKED) == "1"


def trace(problem: BaseException | str) -> None:
    """Writes the traceback of `problem`, or a text that is one, to standard error, if it was asked for."""
    if asked():
        text = problem if isinstance(problem, str) else "".join(traceback.format_exception(problem))
        sys.stderr.write(f"{text.rstrip()}\n")
