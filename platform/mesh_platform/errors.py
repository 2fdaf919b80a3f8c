"""The errors that the platform raises on purpose: one tree; each message says what is wrong and what to do next.

MeshError
├── ProjectError             the repository or a domain does not have the layout that the platform expects
├── ContractError            a contract or a product descriptor is invalid
├── UnknownPort              the port, or the version or day of it, does not exist
├── UnknownEntry             the quarantine has no such entry
├── SourceError              a source file does not match its declaration, or exceeds a limit of its source
├── ContractViolation        a candidate breaks its contract and was not published
├── GateFailed               a gate did not decide, so it lets nothing through
├── CapabilityError          the answer of a capability is not what its hook asks for
├── AccessRefused            a consumer reads a port that it has not declared, or a column that no contract promises
├── TransformationError      a dbt model or test failed
├── PublishError             a candidate could not be written or committed
├── PortDamaged              files of a published port are missing or damaged
├── PortsUnreachable         the bucket that stores the ports does not respond or denies access
├── DomainBusy               another run is writing to this domain's warehouse
├── QueryRefused             SQL is not one SELECT over what it may read, fails, or exceeds its limits
├── MachineFault             the machine refuses a file or a process: its disk is full or failing, or a database is damaged
└── FileRefused              a file given on the command line cannot be read in the expected format, or cannot be written
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mesh_isolation.machine import DAMAGED, SQLITE, fault_of
from mesh_isolation.text import described as described
from mesh_isolation.tracebacks import is_interruption as is_interruption
from mesh_isolation.tracebacks import show_tracebacks as show_tracebacks
from mesh_isolation.tracebacks import shows_tracebacks as shows_tracebacks
from mesh_isolation.tracebacks import trace_error as trace_error


class MeshError(Exception):
    """The base class of the errors that the platform raises on purpose.

    Args:
        found: a sentence that names the object and says what is wrong with it.
        way_out: a sentence that says what to do next.
        place: where in the document it was found, key by key, as far as known: ("schema", 0, "properties", 3).
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
    """The repository or a domain does not have the layout that the platform expects."""


class ContractError(MeshError):
    """A contract or a product descriptor is invalid."""


class UnknownPort(MeshError):
    """The port, or the version or day of it, does not exist."""


class UnknownEntry(MeshError):
    """The quarantine has no such entry."""


class SourceError(MeshError):
    """A source file does not match its declaration, or exceeds a limit of its source."""


class ContractViolation(MeshError):
    """A candidate breaks its contract and was not published."""


class GateFailed(MeshError):
    """A gate did not decide, so it lets nothing through."""


class CapabilityError(MeshError):
    """The answer of a capability is not what its hook asks for."""


class AccessRefused(MeshError):
    """A consumer reads a port that it has not declared, or a column that no contract promises."""


class TransformationError(MeshError):
    """A dbt model or test failed."""


class PublishError(MeshError):
    """A candidate could not be written or committed."""


class PortDamaged(MeshError):
    """Files of a published port are missing or damaged."""


class PortsUnreachable(MeshError):
    """The bucket that stores the ports does not respond or denies access."""


class DomainBusy(MeshError):
    """Another run is writing to this domain's warehouse."""


class QueryRefused(MeshError):
    """SQL is not one SELECT over what it may read, fails, or exceeds its limits."""


class MachineFault(MeshError):
    """The machine refuses a file or a process: its disk is full or failing, or a database is damaged."""


class FileRefused(MeshError):
    """A file given on the command line cannot be read in the expected format, or cannot be written."""


def machine_fault(problem: BaseException | None) -> MachineFault | None:
    """The sentence for an error of the system or a library about a file; None for any other error.

    Every error that would reach a user passes here, so no other code has to expect a full disk.
    """
    fault = fault_of(problem)
    if fault is None or isinstance(problem, MachineFault):
        return problem if isinstance(problem, MachineFault) else None
    history = f"The history of runs in {os.environ.get('DAGSTER_HOME', 'the home')} is damaged, or from another Dagster: "
    return MachineFault((history if fault.damaged == SQLITE else "") + fault.found, fault.way_out or DAMAGED[fault.damaged])


@contextmanager
def naming_faults() -> Iterator[None]:
    """Inside the block, an error of the system or a library about a file is raised as MachineFault."""
    try:
        yield
    except Exception as problem:
        if isinstance(problem, MeshError) or not (fault := machine_fault(problem)):
            raise
        trace_error(problem)
        raise fault from None  # Dagster shows the innermost cause of a failure


def failure_of(problem: BaseException) -> str:
    """Why something failed, in one line without a full stop. Raises an interruption again."""
    if is_interruption(problem):
        raise problem
    known = problem if isinstance(problem, MeshError) else machine_fault(problem)
    return str(known).rstrip(".") if known else described(problem)
