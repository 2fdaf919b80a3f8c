"""What the last commits of a port have promised: the contracts that it was published under, or is served as a view under."""

from collections.abc import Iterator
from dataclasses import dataclass

from mesh_isolation.text import whole_number
from mesh_platform.errors import PortDamaged
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import place_of
from mesh_platform.port.version import Provenance


@dataclass(frozen=True)
class LastPromise:
    """A contract that the readers of one major of a port rely on."""

    major: int
    digest: str
    port: OutputPort
    """The major whose last commit states it, and in whose folder its text is kept."""

    kept: bool
    """Whether the text was kept with the commit, as all but the first releases do."""

    @property
    def file(self) -> str:
        """The contract's file, from the root of the repository."""
        return f"domains/{self.port.address.domain}/contracts/{self.port.address.port}.v{self.major}.odcs.yaml"


def last_promises(home: MeshHome, address: PortAddress, newest: int) -> Iterator[LastPromise]:
    """The promises of the port's majors up to `newest`, the latest first.

    A commit states the contract of its own major and those of the earlier majors that are views over it. An earlier major
    promises what its own last commit states if no later major is published, or if that one's commit was made before it
    stated the earlier ones. Raises MeshError when the ports cannot be read.
    """
    known = set()
    for major in sorted(place_of(home.port(address, newest)).majors(), reverse=True):
        port = OutputPort(address, home.port(address, major))
        served = _stated(port) if major <= newest else None
        if served is None:
            continue
        earlier = {whole_number(id.rpartition(".v")[2]): digest for id, digest in (served.earlier or {}).items()}
        for number, digest in ({major: served.contract_digest} | earlier).items():
            if number is not None and number not in known:
                known.add(number)
                yield LastPromise(number, digest, port, served.earlier is not None)
        if served.earlier is not None:
            return


def _stated(port: OutputPort) -> Provenance | None:
    """What the commit of the served version states; None if there is none."""
    try:
        return port.current().provenance if port.published else None
    except PortDamaged:  # the next version repairs it; the newest commit still states the contract
        newest = next(iter(port.history()), None)
        return newest and newest.provenance
