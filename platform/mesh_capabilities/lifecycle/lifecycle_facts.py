"""The facts about a product that its lifecycle steps depend on: descriptor, contracts, consumers, record."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mesh_capabilities.errors import UnknownProduct
from mesh_capabilities.lifecycle.record import Transition, read_transitions, record_file
from mesh_capabilities.targets import matching_products
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import PortAddress, nearest
from mesh_platform.product.descriptor import DataProduct, Stage, load_product
from mesh_platform.product.offer import load_offer
from mesh_platform.project import DomainFolder, Project
from mesh_platform.yaml_files import read_mapping


@dataclass(frozen=True)
class ProductConsumer:
    """A product that reads another one, and is built."""

    product: str
    """`finance/daily_revenue`."""
    owner: str
    stage: Stage
    reads: tuple[str, ...]
    """The contracts that it declares as inputs, or the ports of its own domain that its models read."""
    file: str

    def __str__(self) -> str:
        return f"{self.product} of {self.owner} reads {', '.join(self.reads)} ({self.file})"


@dataclass(frozen=True)
class ProductConsumers:
    """The consumers of a product that are built, and the reasons why others are not known."""

    live: tuple[ProductConsumer, ...] = ()
    unknown: tuple[str, ...] = ()
    """Sentences about descriptors and models that cannot be read; each may be a consumer."""


@dataclass(frozen=True)
class ProductPromise:
    """One contract of the product, as far as it can be read."""

    address: PortAddress
    major: int
    contract_id: str
    contract: Contract | None
    problem: str = ""
    document: Mapping[str, Any] | None = None


class LifecycleFacts:
    """The facts about one product, each read once and only when needed.

    Args:
        project: the mesh.
        text: the product, `sales/orders`.

    Raises UnknownProduct when there is no descriptor, ContractError when it is not YAML or has no valid status.
    """

    def __init__(self, project: Project, text: str) -> None:
        domain, _, self.name = text.partition("/")
        self.project = project
        described = project.domains[domain].products.glob("*.odps.yaml") if domain in project.domains else ()
        # Compared with existing files, so that a text with ../ in it matches none.
        paths = [path for path in described if path.name == f"{self.name}.odps.yaml"]
        if not paths:
            project.check_loads(domain)
            raise UnknownProduct(f"There is no product '{text}'.", _way_to_product(project, text))
        self.path: Path = paths[0]
        self.domain: DomainFolder = project.domains[domain]
        self.document = read_mapping(self.path, ContractError)
        self.file = self.domain.relative(self.path)
        self.record_path: Path = record_file(self.path)
        if self.document.get("status") not in list(Stage):
            raise ContractError(
                f"{self.file} has the status: {self.document.get('status')!r}.", f"A status is one of {', '.join(Stage)}."
            )

    @property
    def address(self) -> str:
        """`sales/orders`."""
        return f"{self.domain.name}/{self.name}"

    @property
    def stage(self) -> Stage:
        return Stage(self.document["status"])

    @cached_property
    def product(self) -> DataProduct | MeshError:
        """The product, or the error in its descriptor."""
        try:
            return load_product(self.path, self.project.root)
        except MeshError as problem:
            return problem

    @cached_property
    def promises(self) -> list[ProductPromise]:
        """The contracts of all output ports; of one port the newest major first."""
        outputs = self.product.outputs if isinstance(self.product, DataProduct) else ()
        return [self._promise(out) for out in sorted(outputs, key=lambda out: (out.address, -out.major))]

    def _promise(self, output: Any) -> ProductPromise:
        path = output.contract_file(self.project.root)
        names = (output.address, output.major, output.contract_id)
        if not path.is_file():
            return ProductPromise(*names, None, f"{self.domain.relative(path)} does not exist.")
        try:
            return ProductPromise(*names, load_contract(path, self.project.root), document=read_mapping(path, ContractError))
        except MeshError as problem:
            return ProductPromise(*names, None, problem.found.replace(f"{self.project.root}/", ""))

    @property
    def newest(self) -> list[ProductPromise]:
        """The newest major of each port, which its model builds."""
        return list({promise.address: promise for promise in reversed(self.promises)}.values())

    @cached_property
    def consumers(self) -> ProductConsumers:
        """The products that read it."""
        ports = frozenset(str(port.get("name")) for port in self.document.get("outputPorts") or ())
        return consumers_of(self.project, self.domain.name, self.name, ports)

    @cached_property
    def record(self) -> list[Transition]:
        """The steps so far, oldest first. Raises ContractError when the record is damaged."""
        return read_transitions(self.record_path)


def _way_to_product(project: Project, text: str) -> str:
    """The way out of an unknown product: the product whose port has that name, or the nearest names."""
    with suppress(MeshError, KeyError, StopIteration):
        address = PortAddress.parse(text)
        product = load_offer(project.domains[address.domain]).product_of(address.port)
        return f"{text} is a port of the product {product.address}."
    return nearest(text, matching_products(""))


def consumers_of(project: Project, domain: str, name: str, ports: frozenset[str]) -> ProductConsumers:
    """The products that read the product `domain/name`, whose output ports have the names `ports`."""
    live: list[ProductConsumer] = []
    unknown: list[str] = []
    for other in project.domains.values():
        for path in sorted(other.products.glob("*.odps.yaml")):
            if (other.name, path.name) == (domain, f"{name}.odps.yaml"):
                continue
            try:
                product = load_product(path, project.root)
                reads = _declared(product, domain, ports)
            except MeshError as problem:
                unknown.append(f"{other.relative(path)} cannot be read: {problem.found}")
                continue
            if reads and product.stage.built:
                live.append(ProductConsumer(product.address, product.owner, product.stage, reads, product.file))
    try:
        live += _of_own_domain(project, domain, name, ports)
    except MeshError as problem:
        unknown.append(f"the models of {domain} cannot be read: {problem.found}")
    return ProductConsumers(tuple(live), tuple(unknown))


def _declared(product: DataProduct, domain: str, ports: frozenset[str]) -> tuple[str, ...]:
    inputs = (ref for ref in product.inputs if ref.address.domain == domain and ref.address.port in ports)
    return tuple(reference.contract_id for reference in inputs)


def _of_own_domain(project: Project, domain: str, name: str, ports: frozenset[str]) -> Iterator[ProductConsumer]:
    """The readers in the same domain. They need not declare what they read, so their models are read instead."""
    from mesh_platform.build.port_graph import load_port_graph

    folder = project.domains[domain]
    products = [load_product(path, project.root) for path in sorted(folder.products.glob("*.odps.yaml"))]
    others = [product for product in products if product.name != name and product.stage.built]
    graph = load_port_graph(folder) if others and ports else {}
    for product in others:
        models = [graph[out.address.port] for out in product.outputs if out.address.port in graph]
        if shared := sorted({port for model in models for port in model.ports} & ports):
            reads = tuple(f"{domain}/{port}" for port in shared)
            yield ProductConsumer(product.address, product.owner, product.stage, reads, product.file)
