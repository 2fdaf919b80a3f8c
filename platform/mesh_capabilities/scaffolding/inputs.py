"""What something new is made of: another port, found by its address, with what its contract promises."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from mesh_capabilities.scaffolding.money import units_of
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import ScaffoldError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project


@dataclass(frozen=True)
class Input:
    """A port that a new one reads."""

    contract: Contract
    own: bool
    """Whether it belongs to the domain that reads it."""
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By column, what its contract says of the unit and the currency of its values."""

    @property
    def address(self) -> PortAddress:
        return self.contract.address

    @property
    def relation(self) -> str:
        """How a model of the reader names it."""
        address = self.address
        return f"ref('{address.port}')" if self.own else f"source('{address.domain}', '{address.port}')"

    def answers(self) -> dict:
        """As the templates ask for it."""
        contract = self.contract
        return {
            "port": str(self.address),
            "name": self.address.port,
            "relation": self.relation,
            "version": contract.version,
            "contract": contract.id,
        }


def find_input(project: Project, address: str, reader: str) -> Input:
    """The port at `address` as the domain `reader` would read it.

    Raises UnknownPort when nobody publishes it, and ScaffoldError when the reader cannot read it.
    """
    wanted = PortAddress.parse(address)
    if wanted.domain not in project.domains:
        raise UnknownPort(f"There is no domain '{wanted.domain}'.", f"The mesh has {', '.join(project.domains) or 'none'}.")
    contracts = load_offer(project.domains[wanted.domain]).contracts
    if wanted.port not in contracts:
        raise UnknownPort(
            f"{wanted.domain} has no port '{wanted.port}'.", f"It has {', '.join(sorted(contracts)) or 'none yet'}."
        )
    contract = contracts[wanted.port]
    if wanted.domain == reader and contract.partition:
        raise ScaffoldError(
            f"{wanted} grows day by day, and while it is built only its new days are there for {reader}.",
            f"Let the new port read what {wanted.port} is made of.",
        )
    _refuse_circle(project, wanted.domain, reader)
    return Input(contract, wanted.domain == reader, units_of(yaml.safe_load(contract.text)))


def _refuse_circle(project: Project, producer: str, reader: str) -> None:
    """Raises ScaffoldError where the producer consumes the reader already, itself or through others."""
    ahead, seen = [[producer]], set()
    while ahead:
        path = ahead.pop()
        if path[-1] == reader and len(path) > 1:
            raise ScaffoldError(
                f"{reader} cannot consume {producer}, because {' consumes '.join(path)}.",
                "Domains must not consume each other in a circle: one of them has to stop reading the other.",
            )
        if path[-1] in seen or path[-1] not in project.domains:
            continue
        seen.add(path[-1])
        offer = load_offer(project.domains[path[-1]])
        consumed = {reference.address.domain for product in offer.products.values() for reference in product.inputs}
        ahead += [[*path, other] for other in sorted(consumed - {path[-1]})]
