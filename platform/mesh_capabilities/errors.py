"""The errors that capabilities raise on purpose, beside those of the core.

MeshError
├── RevisionError            Git cannot show a file at the given revision
├── UnknownColumn            the port has no such column
├── UnknownProduct           the product has no descriptor
├── PolicyError              a policy or a waiver is invalid or cannot be executed
├── UnknownPolicy            the policy does not exist
├── PolicyViolation          a product breaks a policy that blocks publishing
├── LineageError             a query cannot be traced to the columns that it reads
│   └── UnknownOrigin        a query reads a table that is no port of the mesh, and that nothing else explains
├── NotReproducible          a version cannot be rebuilt from its recorded inputs
├── EventsNotSent            lineage events did not reach the given address
├── LifecycleRefused         a lifecycle transition is not allowed in the current state
├── PortalError              the portal cannot be written to the given folder or served on the given port
├── WithdrawalRefused        a published major is declared by a contract, or a product reads it
└── ScaffoldError            the requested files cannot be created, undone or updated here
"""

from mesh_platform.errors import MeshError


class RevisionError(MeshError):
    """Git cannot show a file at the given revision."""


class UnknownColumn(MeshError):
    """The port has no such column."""


class UnknownProduct(MeshError):
    """The product has no descriptor."""


class PolicyError(MeshError):
    """A policy or a waiver is invalid or cannot be executed."""


class UnknownPolicy(MeshError):
    """The policy does not exist."""


class PolicyViolation(MeshError):
    """A product breaks a policy that blocks publishing."""


class LineageError(MeshError):
    """A query cannot be traced to the columns that it reads."""


class UnknownOrigin(LineageError):
    """A query reads a table that is no port of the mesh, and that nothing else explains."""


class NotReproducible(MeshError):
    """A version cannot be rebuilt from its recorded inputs."""


class EventsNotSent(MeshError):
    """Lineage events did not reach the given address."""


class LifecycleRefused(MeshError):
    """A lifecycle transition is not allowed in the current state."""


class PortalError(MeshError):
    """The portal cannot be written to the given folder or served on the given port."""


class WithdrawalRefused(MeshError):
    """A published major is declared by a contract, or a product reads it."""


class ScaffoldError(MeshError):
    """The requested files cannot be created, undone or updated here."""
