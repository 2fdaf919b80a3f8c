"""The stages in the life of a data product, as the `status` of an ODPS descriptor says them.

The standard leaves `status` open and gives these five as its examples; here they are all there is:
https://bitol-io.github.io/open-data-product-standard
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from mesh_platform.contract.column import stated
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import read_mapping


class Stage(StrEnum):
    """One stage; its value is what the descriptor says."""

    proposed = "proposed"
    """Described, so that others can talk about it; nothing is built."""
    draft = "draft"
    """In development: built, audited and published, but promised to nobody outside of its domain."""
    active = "active"
    deprecated = "deprecated"
    """Built and promised until a day that is known."""
    retired = "retired"
    """Known to have been there; nothing is built any more."""

    @property
    def words(self) -> str:
        """As people call it."""
        return "in development" if self is Stage.draft else self.value

    @property
    def built(self) -> bool:
        """Whether runs build and publish its ports."""
        return self not in (Stage.proposed, Stage.retired)

    @property
    def promised(self) -> bool:
        """Whether products of other domains may rest on it."""
        return self in (Stage.active, Stage.deprecated)


_CONTRACT_ID = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\.v(\d+)")


@dataclass(frozen=True)
class PortReference:
    """A port as a descriptor names it, in or out: by the id of its contract, `sales.orders.v1`."""

    address: PortAddress
    major: int
    contract_id: str
    version: str
    expectations: tuple[dict[str, Any], ...] = ()
    """What the product relies on in the port, as its descriptor states it; only of input ports."""
    latest_days: int | None = None
    """Of an input that is cut into days: how many are read, ending with its newest one. None for all.

    The custom property `latestDays` of an ODPS input port.
    """

    def contract_file(self, root: Path) -> Path:
        """Where the contract stands in the mesh below `root`, if it is there."""
        address = self.address
        return root / "domains" / address.domain / "contracts" / f"{address.port}.v{self.major}.odcs.yaml"


@dataclass(frozen=True)
class DataProduct:
    """What a domain offers as one thing: one owner, one purpose, one or more output ports."""

    name: str
    domain: str
    version: str
    status: str
    """The value of its stage; `stage` is the same as a word that can be asked."""
    purpose: str
    owner: str
    tags: tuple[str, ...]
    inputs: tuple[PortReference, ...]
    """The ports of other domains that it consumes; reading any other is refused."""
    outputs: tuple[PortReference, ...]
    file: str
    """The descriptor's file, from the repository's root."""
    successor: str | None = None
    """The product that takes its place, `sales/orders`: the custom property `successor`."""
    ends: date | None = None
    """The last day of its promise: the custom property `endsOn`."""

    @property
    def stage(self) -> Stage:
        return Stage(self.status)

    @property
    def address(self) -> str:
        """`sales/orders`, as people write it."""
        return f"{self.domain}/{self.name}"


def load_product(path: Path, root: Path) -> DataProduct:
    """The product in `path`, a file `domains/<domain>/products/<product>.odps.yaml` below `root`. Raises ContractError."""
    odps = read_mapping(path, ContractError)
    check_against(odps, path, "odps", "mesh_platform.product")
    domain, name = path.parents[1].name, path.name.removesuffix(".odps.yaml")
    for key, expected in (("name", name), ("domain", domain)):
        if odps.get(key) != expected:
            raise ContractError(f"{path} says {key}: {odps.get(key)!r}, but its place says {expected!r}.", "Make them agree.")
    if not (odps.get("team") or {}).get("name"):
        raise ContractError(f"{path} names no team.", "A product has an owner: add team.name.")
    if odps["status"] not in list(Stage):
        raise ContractError(f"{path} says status: {odps['status']!r}.", f"A product is one of {', '.join(Stage)}.")
    product = DataProduct(
        name=name,
        domain=domain,
        version=str(odps.get("version")),
        status=odps["status"],
        purpose=" ".join(((odps.get("description") or {}).get("purpose") or "").split()),
        owner=odps["team"]["name"],
        tags=tuple(odps.get("tags") or ()),
        inputs=tuple(_reference(port, path) for port in odps.get("inputPorts") or ()),
        outputs=tuple(_reference(port, path) for port in odps.get("outputPorts") or ()),
        file=path.relative_to(root).as_posix(),
        successor=next(iter(stated(odps, "successor")), None),
        ends=_ends(odps, path),
    )
    for port, reference in zip(odps.get("outputPorts") or (), product.outputs):
        if reference.address != (domain, port["name"]):
            raise ContractError(
                f"{path} publishes the port '{port['name']}' under the contract {reference.contract_id}.",
                f"A port of this domain has a contract called {domain}.{port['name']}.v<major>.",
            )
    return product


def _reference(port: dict[str, Any], path: Path) -> PortReference:
    contract_id = port.get("contractId")
    parts = _CONTRACT_ID.fullmatch(contract_id or "")
    if not parts:
        raise ContractError(
            f"{path}: the port '{port['name']}' has the contractId {contract_id!r}.",
            "A port without a contract is none: write <domain>.<port>.v<major>, like sales.orders.v1.",
        )
    entries = [entry for value in stated(port, "expectations") for entry in (value if isinstance(value, list) else [value])]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ContractError(f"{path}: the expectations of the port '{port['name']}' are no list of mappings.", "Correct it.")
    address = PortAddress(parts[1], parts[2])
    return PortReference(address, int(parts[3]), parts[0], str(port["version"]), tuple(entries), _latest_days(port, path))


def _ends(odps: dict[str, Any], path: Path) -> date | None:
    for value in stated(odps, "endsOn"):
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise ContractError(f"{path} says endsOn: {value!r}, which is no date.", "Write it as 2027-01-31.") from None
    return None


def _latest_days(port: dict[str, Any], path: Path) -> int | None:
    for value in stated(port, "latestDays"):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ContractError(
                f"{path}: the port '{port['name']}' has latestDays: {value!r}.",
                "Write how many days are read, ending with the newest one: a whole number, 1 or more.",
            )
        return value
    return None
