"""Whether a port still follows from its inputs, read from the commits: every version says which versions it was made of."""

from collections.abc import Iterable

from mesh_platform.errors import PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion


class Commits:
    """The served versions of ports, each looked up once: what one look at the mesh sees.

    Args:
        ports: every port that may be asked for, by address.
    """

    def __init__(self, ports: dict[PortAddress, OutputPort]) -> None:
        self._ports = ports
        self._served: dict[PortAddress, PortVersion | None] = {}

    def served(self, address: PortAddress) -> PortVersion | None:
        """The served version, or None when the port has none."""
        if address not in self._served:
            port = self._ports.get(address)
            try:
                self._served[address] = port.current() if port else None
            except PortDamaged:  # told by whoever reads it; here it is a port that serves nothing
                self._served[address] = None
        return self._served[address]

    def moved(self, address: PortAddress, inputs: Iterable[PortAddress]) -> bool:
        """Whether an input serves another version than the one that the port was made of; never published counts too."""
        served = self.served(address)
        made_of = served.provenance.inputs if served else {}
        return any((version := self.served(name)) and made_of.get(str(name)) != version.number for name in inputs)

    def settled(self, address: PortAddress) -> bool:
        """Whether the port and everything it is made of follow from their inputs as these are served now."""
        served = self.served(address)
        if served is None:
            return True
        inputs = [PortAddress.parse(name) for name in served.provenance.inputs]
        return not self.moved(address, inputs) and all(map(self.settled, inputs))
