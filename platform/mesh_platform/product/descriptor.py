"""Data products, read from ODPS descriptors, the stages of their lifecycle, and their deprecated inputs.

The standard allows any `status` and lists five as examples; the platform allows only these five:
https://bitol-io.github.io/open-data-product-standard
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from mesh_isolation.sla_entries import ends_of
from mesh_isolation.team_files import UnreadableFile, read_team_text
from mesh_platform.contract.open_names import check_open_names, stated
from mesh_platform.errors import ContractError
from mesh_platform.names import PortAddress
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import read_mapping


class Stage(StrEnum):
    """A stage of the lifecycle; its value is the `status` in the descriptor."""

    proposed = "proposed"
    """Described for discussion, not built."""
    draft = "draft"
    """In development: built, audited and published, but only for its own domain."""
    active = "active"
    deprecated = "deprecated"
    """Built and supported until a known day."""
    retired = "retired"
    """No longer built; its history stays."""

    @property
    def words(self) -> str:
        """The stage as messages name it."""
        return "in development" if self is Stage.draft else self.value

    @property
    def built(self) -> bool:
        """Whether runs build and publish its ports."""
        return self not in (Stage.proposed, Stage.retired)

    @property
    def promised(self) -> bool:
        """Whether products of other domains may depend on it."""
        return self in (Stage.active, Stage.deprecated)


_ENDING = (Stage.deprecated, Stage.retired)

EXPECTATIONS, ALL_EXPECTATIONS = 100, 1_000
"""The most expectations of one port: those of one domain, and those of all. Each costs time at the producer's publishes."""

_PRODUCT = re.compile(r"[A-Za-z0-9_.-]{1,63}")  # Dagster shows it as a tag
_CONTRACT_ID = re.compile(r"([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\.v(\d{1,9})")


@dataclass(frozen=True)
class PortReference:
    """An input or output port as a descriptor refers to it: by the id of its contract, `sales.orders.v1`."""

    address: PortAddress
    major: int
    contract_id: str
    version: str
    expectations: tuple[dict[str, Any], ...] = ()
    """For an input port, the product's expectations of it, as the descriptor states them."""
    latest_days: int | None = None
    """For a partitioned input port, the number of days that are read, up to its newest day; None for all days.

    The custom property `latestDays` of an ODPS input port.
    """

    def contract_file(self, root: Path) -> Path:
        """The path of the contract's file in the mesh with this root; the file need not exist."""
        address = self.address
        return root / "domains" / address.domain / "contracts" / f"{address.port}.v{self.major}.odcs.yaml"


@dataclass(frozen=True)
class DataProduct:
    """A data product: one owner, one purpose, and one or more output ports."""

    name: str
    domain: str
    version: str
    status: str
    """The value of its stage; `stage` is the enum member."""
    purpose: str
    owner: str
    tags: tuple[str, ...]
    inputs: tuple[PortReference, ...]
    """The ports of other domains that it consumes; it may read no others."""
    outputs: tuple[PortReference, ...]
    file: str
    """The descriptor's file, relative to the repository's root."""
    successor: str | None = None
    """The product that replaces it, `sales/orders`: the custom property `successor`."""
    ends: date | None = None
    """The last day on which it is supported: the custom property `endsOn`."""

    @property
    def stage(self) -> Stage:
        return Stage(self.status)

    @property
    def address(self) -> str:
        """`sales/orders`: its domain and name."""
        return f"{self.domain}/{self.name}"


def load_product(path: Path, root: Path) -> DataProduct:
    """The product in `path`, a file `domains/<domain>/products/<product>.odps.yaml` below `root`. Raises ContractError."""
    odps = read_mapping(path, ContractError)
    check_against(odps, path, "odps")
    check_open_names(odps, f"{path}: ")
    domain, name = path.parents[1].name, path.name.removesuffix(".odps.yaml")
    for key, expected in (("name", name), ("domain", domain)):
        if odps.get(key) != expected:
            raise ContractError(f"{path} has {key}: {odps.get(key)!r}, but its path implies {expected!r}.", "Make them agree.")
    if not _PRODUCT.fullmatch(name):
        way_out = "Name the file and the product with at most 63 letters, digits, dots, hyphens and underscores."
        raise ContractError(f"{path} has name: {name!r}.", way_out)
    if not (odps.get("team") or {}).get("name"):
        raise ContractError(f"{path} names no team.", "Add team.name: a product has an owner.")
    if (status := odps.get("status")) not in list(Stage):
        raise ContractError(f"{path} has status: {status!r}.", f"Write one of {', '.join(Stage)}.")
    if odps.get("deprecated") and Stage(status) not in _ENDING:
        raise ContractError(f"{path} has deprecated: true, but status: {status}.", "Write status: deprecated.")
    product = DataProduct(
        name=name,
        domain=domain,
        version=str(odps.get("version")),
        status=status,
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
                f"Publish it under a contract with the id {domain}.{port['name']}.v<major>.",
            )
    return product


def _reference(port: dict[str, Any], path: Path) -> PortReference:
    contract_id = port.get("contractId")
    parts = _CONTRACT_ID.fullmatch(contract_id or "")
    if not parts:
        unpinned = ", so nothing pins it to a contract" if contract_id is None else ""
        raise ContractError(
            f"{path}: the port '{port['name']}' has the contractId {contract_id!r}{unpinned}.",
            "Write the id of its contract as <domain>.<port>.v<major>, like sales.orders.v1.",
        )
    if not port.get("version"):
        raise ContractError(
            f"{path}: the port '{port['name']}' has no version.", "Write the version of its contract, like 1.0.0."
        )
    if ("/" in port["name"] and port["name"] != f"{parts[1]}/{parts[2]}") or str(port["version"]).split(".")[0] != parts[3]:
        found = f"{path}: the port '{port['name']}' of version {port['version']} has the contractId {contract_id}."
        raise ContractError(found, "Write the name, the version and the contract of one port.")
    entries = [entry for value in stated(port, "expectations") for entry in (value if isinstance(value, list) else [value])]
    if len(entries) > EXPECTATIONS or not all(isinstance(entry, dict) for entry in entries):
        raise ContractError(
            f"{path}: the expectations of the port '{port['name']}' are not a list of at most {EXPECTATIONS} mappings.",
            "Write them as a list.",
        )
    address = PortAddress(parts[1], parts[2])
    return PortReference(address, int(parts[3]), parts[0], str(port["version"]), tuple(entries), _latest_days(port, path))


def _ends(odps: dict[str, Any], path: Path) -> date | None:
    for value in stated(odps, "endsOn"):
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise ContractError(f"{path} has endsOn: {value!r}, which is not a date.", "Write it as 2027-01-31.") from None
    return None


def _latest_days(port: dict[str, Any], path: Path) -> int | None:
    for value in stated(port, "latestDays"):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ContractError(
                f"{path}: the port '{port['name']}' has latestDays: {value!r}.",
                "Write the number of days to read, up to the newest day: an integer, 1 or more.",
            )
        return value
    return None


def advice_on(product: DataProduct) -> str | None:
    """A sentence that warns readers about the stage of a product; None for an active product."""
    if product.stage is Stage.active:
        return None
    if product.stage is Stage.draft:
        return f"{product.address} is in development: other domains than {product.domain} cannot rely on it yet."
    until = f" and ends on {product.ends}" if product.stage is Stage.deprecated and product.ends else ""
    instead = f"; use {product.successor} instead" if product.successor else ""
    return f"{product.address} is {product.stage.words}{until}{instead}."


def producer_of(reference: PortReference, root: Path) -> DataProduct | None:
    """The product that publishes the contract of `reference` in the mesh with this root.

    None when no product publishes it, or when the descriptor is invalid, which its own domain reports.
    """
    for path in sorted((root / "domains" / reference.address.domain / "products").glob("*.odps.yaml")):
        with suppress(ContractError, UnreadableFile):
            if reference.contract_id in read_team_text(path):  # skips most descriptors without parsing them
                product = load_product(path, root)
                if reference.contract_id in (output.contract_id for output in product.outputs):
                    return product
    return None


@dataclass(frozen=True)
class DeprecatedInput:
    """An input that is deprecated, by itself or with its product."""

    address: PortAddress
    contract: str
    """The id of its contract, with the major version: `sales.orders.v1`."""
    ends: date | None
    """The last day on which it is supported; None if no end date is stated."""
    successor: str | None = None
    """The product to read instead, if the producer names one."""

    def __str__(self) -> str:
        end = f"ends {self.ends}" if self.ends else "no end date yet"
        instead = f"; use {self.successor} instead" if self.successor else ""
        return f"reads {self.contract}, deprecated, {end}{instead}"

    def over(self, today: date) -> bool:
        """Whether its end date has passed."""
        return self.ends is not None and self.ends < today


def deprecated_inputs(product: DataProduct, root: Path) -> list[DeprecatedInput]:
    """The deprecated inputs of a product of the mesh with this root. Contracts that cannot be read are skipped.

    A contract is deprecated by itself, as one major version of a port, or with the product that publishes it; the earlier
    end date counts.
    """
    deprecated = []
    for reference in product.inputs:
        try:
            document = read_mapping(reference.contract_file(root), ContractError)
        except ContractError:
            document = {}  # its own domain reports the error
        producer = producer_of(reference, root)
        producer = producer if producer and producer.stage in _ENDING else None
        own_end = ends_of(document).get(None)
        if producer or own_end or document.get("status") in _ENDING:
            end = min((day for day in (own_end, producer and producer.ends) if day), default=None)
            successor = producer and producer.successor
            deprecated.append(DeprecatedInput(reference.address, reference.contract_id, end, successor))
    return deprecated
