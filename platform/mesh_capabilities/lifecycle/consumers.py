"""Who lives on a product: other products that are built and read it, from other domains and from its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from mesh_platform.errors import MeshError
from mesh_platform.product.descriptor import DataProduct, Stage, load_product
from mesh_platform.project import Project


@dataclass(frozen=True)
class Consumer:
    """One product that lives on another."""

    product: str
    """`finance/daily_revenue`."""
    owner: str
    stage: Stage
    reads: tuple[str, ...]
    """Contracts that it declares as inputs, or ports of its own domain that its models read."""
    file: str

    def __str__(self) -> str:
        return f"{self.product} of {self.owner} reads {', '.join(self.reads)} ({self.file})"


@dataclass(frozen=True)
class Consumers:
    """The live consumers, and what kept others from being looked at."""

    live: tuple[Consumer, ...] = ()
    unknown: tuple[str, ...] = ()
    """Sentences on descriptors and models that cannot be read: a consumer may hide behind each."""


def consumers_of(project: Project, domain: str, name: str, ports: frozenset[str]) -> Consumers:
    """Who reads the product `domain/name`, whose output ports have the names `ports`."""
    live: list[Consumer] = []
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
                live.append(Consumer(product.address, product.owner, product.stage, reads, product.file))
    try:
        live += _of_own_domain(project, domain, name, ports)
    except MeshError as problem:
        unknown.append(f"the models of {domain} cannot be read: {problem.found}")
    return Consumers(tuple(live), tuple(unknown))


def _declared(product: DataProduct, domain: str, ports: frozenset[str]) -> tuple[str, ...]:
    inputs = (ref for ref in product.inputs if ref.address.domain == domain and ref.address.port in ports)
    return tuple(reference.contract_id for reference in inputs)


def _of_own_domain(project: Project, domain: str, name: str, ports: frozenset[str]) -> Iterator[Consumer]:
    """Products of one domain need not declare what they read of each other; their models tell."""
    from mesh_platform.build.port_graph import load_port_graph

    folder = project.domains[domain]
    products = [load_product(path, project.root) for path in sorted(folder.products.glob("*.odps.yaml"))]
    others = [product for product in products if product.name != name and product.stage.built]
    graph = load_port_graph(folder) if others and ports else {}
    for product in others:
        made = [graph[out.address.port] for out in product.outputs if out.address.port in graph]
        if read := sorted({port for model in made for port in model.ports} & ports):
            reads = tuple(f"{domain}/{port}" for port in read)
            yield Consumer(product.address, product.owner, product.stage, reads, product.file)
