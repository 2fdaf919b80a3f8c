"""A port: contract, model and test, in a new product or in one that is there, with all that names it elsewhere."""

from typing import Any

from mesh_capabilities.scaffolding import readme_row
from mesh_capabilities.scaffolding.arrow import add_arrow, declare_input
from mesh_capabilities.scaffolding.contact import contact_of
from mesh_capabilities.scaffolding.growth import Grown, Growth
from mesh_capabilities.scaffolding.inputs import Input, find_input
from mesh_capabilities.scaffolding.insertion import add_entry
from mesh_capabilities.scaffolding.names import check_new
from mesh_capabilities.scaffolding.new_source import add_source_file
from mesh_capabilities.scaffolding.patterns import PATTERNS
from mesh_capabilities.scaffolding.record import read_record, record_of, written_record
from mesh_capabilities.scaffolding.rendering import newest_version, render
from mesh_capabilities.scaffolding.words import scalar
from mesh_platform.errors import ScaffoldError, UnknownPort
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import DomainFolder, Project

SOURCE_ALIGNED = "source-aligned"


def new_product(project: Project, address: str, pattern: str, made_of: str | None) -> Growth:
    """What a product with one port of the same name takes.

    Args:
        address: `logistics/shipments`.
        pattern: one of PATTERNS.
        made_of: the port it reads; None for a source-aligned one, which brings a source file.

    Raises ScaffoldError for a name or a pattern that cannot be, UnknownPort for an input that nobody publishes.
    """
    domain, name = _parse(project, address, 2)
    check_new(name, "product", domain.products, ".odps.yaml", domain.name)
    growth = Growth(f"product {domain.name}/{name}", domain.name, (f"{domain.name}/{name}",))
    _grow(growth, project, domain, name, name, pattern, made_of, ("product", "port", pattern))
    return growth


def new_port(project: Project, address: str, pattern: str, made_of: str | None) -> Growth:
    """What one more port of a product takes; it counts the product's first port unless `made_of` names another.

    Args:
        address: domain, product and port: `logistics/shipments/daily_shipments`.
    """
    domain, product, name = _parse(project, address, 3)
    descriptor = domain.products / f"{product}.odps.yaml"
    if not descriptor.is_file():
        has = ", ".join(sorted(path.name.removesuffix(".odps.yaml") for path in domain.products.glob("*.odps.yaml")))
        raise ScaffoldError(f"{domain.name} has no product '{product}'.", f"It has {has or 'none yet'}.")
    if made_of is None and pattern != SOURCE_ALIGNED:
        made_of = str(load_product(descriptor, project.root).outputs[0].address)
    growth = Growth(f"port {domain.name}/{name}", domain.name, (f"{domain.name}/{name}",))
    source = _grow(growth, project, domain, product, name, pattern, made_of, ("port", pattern))
    file = domain.relative(descriptor)
    answers = growth.grown[0].answers
    output = [f"name: {name}", f"description: {answers['grain']}", "type: delta", "version: 1.0.0"]
    output.append(f"contractId: {domain.name}.{name}.v1")
    growth.edit(project.root, file, lambda text: add_entry(text, ["outputPorts"], output, file))
    if source and not source.own and declare_input(growth, project.root, file, source):
        page = domain.relative(domain.folder / "README.md")
        others = {str(one.address) for one in load_product(descriptor, project.root).outputs}
        if page in growth.edited:
            growth.edit(project.root, page, lambda text: readme_row.add_input(text, others, str(source.address)))
    return growth


def _grow(
    growth: Growth,
    project: Project,
    domain: DomainFolder,
    product: str,
    port: str,
    pattern: str,
    made_of: str | None,
    parts: tuple[str, ...],
) -> Input | None:
    """Fills the growth; gives what the port reads."""
    check_new(port, "port", domain.contracts, ".v*.odcs.yaml", domain.name)
    source = _input(project, domain, pattern, made_of)
    shape = PATTERNS[pattern](port, source)
    for key in ("purpose", "limitations", "usage"):
        shape[key] = scalar(shape[key].replace("{domain}", domain.name))
    answers: dict[str, Any] = {
        "domain": domain.name,
        "product": product,
        "port": port,
        "pattern": pattern,
        **contact_of(domain),
        **shape,
        "keys": sum("key" in column for column in shape["columns"]),
        "input": source.answers() if source else {},
    }
    if source and source.own:  # inputPorts are what a product reads of other domains
        answers["reads_own"] = True
    growth.make(render(parts, answers))
    growth.grown.append(Grown(parts, newest_version(), answers))
    if source and not source.own:
        add_arrow(growth, project.root, domain, source.address)
    made_from = str(source.address) if source else add_source_file(growth, project.root, domain, port, shape)
    page = domain.relative(domain.folder / "README.md")
    if (project.root / page).is_file():
        address, grain, listed = f"{domain.name}/{port}", shape["grain"], [*_inputs(domain, product, made_from), made_from]
        growth.edit(project.root, page, lambda text: readme_row.add_port(text, address, grain, product, listed))
    _remember(growth, project, domain)
    growth.refuse_taken(project.root)
    return source


def _inputs(domain: DomainFolder, product: str, beside: str) -> list[str]:
    """What the product, if it is there, declares already; a row of the page names all inputs of its product."""
    path = domain.products / f"{product}.odps.yaml"
    inputs = load_product(path, domain.root).inputs if path.is_file() else ()
    return [str(reference.address) for reference in inputs if str(reference.address) != beside]


def _remember(growth: Growth, project: Project, domain: DomainFolder) -> None:
    record = record_of(domain.name)
    before = read_record(project.root, domain.name)
    if before:
        growth.edit(project.root, record, lambda _: written_record([*before, *growth.grown]))
    else:
        growth.make({record: written_record(growth.grown)})


def _input(project: Project, domain: DomainFolder, pattern: str, made_of: str | None) -> Input | None:
    if pattern not in PATTERNS:
        raise ScaffoldError(f"There is no pattern '{pattern}'.", f"Choose one of {', '.join(PATTERNS)}.")
    if pattern == SOURCE_ALIGNED:
        if made_of:
            raise ScaffoldError(
                "A source-aligned product is made of a source file and of no port.",
                "Leave out --from, or choose another pattern.",
            )
        return None
    if not made_of:
        raise ScaffoldError(f"The pattern {pattern} reads a port.", "Name it: --from sales/orders.")
    return find_input(project, made_of, domain.name)


def _parse(project: Project, address: str, parts: int) -> tuple:
    form = "domain/product/port" if parts == 3 else "domain/product"
    words = address.split("/")
    if len(words) != parts or not all(words):
        example = "logistics/shipments/daily_shipments" if parts == 3 else "logistics/shipments"
        raise ScaffoldError(f"'{address}' is not of the form {form}.", f"Write it like {example}.")
    if words[0] not in project.domains:
        has = ", ".join(project.domains) or "none"
        raise UnknownPort(f"There is no domain '{words[0]}'.", f"The mesh has {has}; `mesh new domain` makes one.")
    return (project.domains[words[0]], *words[1:])
