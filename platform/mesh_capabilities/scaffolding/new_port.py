"""A product, a port or a subscription: contract, model and test, and every file that refers to them."""

from pathlib import Path
from typing import Any

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.growth import Growth, Rendering
from mesh_capabilities.scaffolding.insertion import add_input, add_port, add_source
from mesh_capabilities.scaffolding.new_names import check_new, scalar
from mesh_capabilities.scaffolding.patterns import PATTERNS, Input, find_input
from mesh_capabilities.scaffolding.rendering import newest_version, read_renderings, record_of, render, written_record
from mesh_isolation.text_formats import mail_address
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress, nearest
from mesh_platform.product.descriptor import load_product
from mesh_platform.project import DomainFolder, Project
from mesh_platform.yaml_files import parse_mapping, read_mapping

SOURCE_ALIGNED = "source-aligned"


def new_product(project: Project, address: str, pattern: str, reads: str | None) -> Growth:
    """The files of a new product with one port of the same name.

    Args:
        address: `logistics/shipments`.
        pattern: one of PATTERNS.
        reads: the port that it reads; None for a source-aligned product, which has a source file.

    Raises ScaffoldError for a name or a pattern that cannot be used, UnknownPort for an input that does not exist.
    """
    domain, name = _parse(project, address, 2)
    check_new(name, "product", domain.products, ".odps.yaml", domain.name)
    growth = Growth(f"product {domain.name}/{name}", domain.name, (f"{domain.name}/{name}",))
    _grow(growth, project, domain, name, name, pattern, reads, ("product", "port", pattern))
    return growth


def new_port(project: Project, address: str, pattern: str, reads: str | None) -> Growth:
    """The files of one more port of a product; it reads the product's first port unless `reads` names another.

    Args:
        address: domain, product and port: `logistics/shipments/daily_shipments`.
    """
    domain, product, name = _parse(project, address, 3)
    descriptor = domain.products / f"{product}.odps.yaml"
    if not descriptor.is_file():
        products = (path.name.removesuffix(".odps.yaml") for path in domain.products.glob("*.odps.yaml"))
        raise ScaffoldError(f"{domain.name} has no product '{product}'.", nearest(product, products))
    if reads is None and pattern != SOURCE_ALIGNED:
        reads = str(load_product(descriptor, project.root).outputs[0].address)
    growth = Growth(f"port {domain.name}/{name}", domain.name, (f"{domain.name}/{name}",))
    source = _grow(growth, project, domain, product, name, pattern, reads, ("port", pattern))
    file = domain.relative(descriptor)
    answers = growth.renderings[0].answers
    output = [f"name: {name}", f"description: {answers['grain']}", "type: delta", "version: 1.0.0"]
    output.append(f"contractId: {domain.name}.{name}.v1")
    growth.edit_yaml(project.root, file, lambda yaml: yaml.with_item(("outputPorts",), output))
    if source and not source.own and declare_input(growth, project.root, file, source):
        page = domain.relative(domain.folder / "README.md")
        others = {str(output.address) for output in load_product(descriptor, project.root).outputs}
        if page in growth.edited:
            growth.edit(project.root, page, lambda text: add_input(text, others, str(source.address)))
    return growth


def _grow(
    growth: Growth,
    project: Project,
    domain: DomainFolder,
    product: str,
    port: str,
    pattern: str,
    reads: str | None,
    parts: tuple[str, ...],
) -> Input | None:
    """Adds the files of the port to the growth; returns the port that it reads."""
    check_new(port, "port", domain.contracts, ".v*.odcs.yaml", domain.name)
    source = _input(project, domain, pattern, reads)
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
    if source and source.own:  # inputPorts are the ports of other domains
        answers["reads_own"] = True
    growth.make(render(parts, answers))
    growth.renderings.append(Rendering(parts, newest_version(), answers))
    if source and not source.own:
        add_dbt_source(growth, project.root, domain, source.address)
    read = str(source.address) if source else add_source_file(growth, project.root, domain, port, shape)
    page = domain.relative(domain.folder / "README.md")
    if (project.root / page).is_file():
        address, grain, listed = f"{domain.name}/{port}", shape["grain"], [*_inputs(domain, product, read), read]
        growth.edit(project.root, page, lambda text: add_port(text, address, grain, product, listed))
    _remember(growth, project, domain)
    growth.refuse_taken(project.root)
    return source


def _inputs(domain: DomainFolder, product: str, beside: str) -> list[str]:
    """The other inputs that the product already declares: a row of the README names all inputs of its product."""
    path = domain.products / f"{product}.odps.yaml"
    inputs = load_product(path, domain.root).inputs if path.is_file() else ()
    return [str(reference.address) for reference in inputs if str(reference.address) != beside]


def _remember(growth: Growth, project: Project, domain: DomainFolder) -> None:
    record = record_of(domain.name)
    before = read_renderings(project.root, domain.name)
    if before:
        growth.edit(project.root, record, lambda _: written_record([*before, *growth.renderings]))
    else:
        growth.make({record: written_record(growth.renderings)})


def _input(project: Project, domain: DomainFolder, pattern: str, reads: str | None) -> Input | None:
    if pattern not in PATTERNS:
        raise ScaffoldError(f"There is no pattern '{pattern}'.", f"Choose one of {', '.join(PATTERNS)}.")
    if pattern == SOURCE_ALIGNED:
        if reads:
            raise ScaffoldError(
                "A source-aligned product reads a source file and no port.",
                "Leave out --from, or choose another pattern.",
            )
        return None
    if not reads:
        raise ScaffoldError(f"The pattern {pattern} reads a port.", "Name it: --from sales/orders.")
    return find_input(project, reads, domain.name)


def _parse(project: Project, address: str, parts: int) -> tuple:
    form = "domain/product/port" if parts == 3 else "domain/product"
    words = address.split("/")
    if len(words) != parts or not all(words):
        example = "logistics/shipments/daily_shipments" if parts == 3 else "logistics/shipments"
        raise ScaffoldError(f"'{address}' is not of the form {form}.", f"Write it like {example}.")
    project.check_loads(words[0])
    if words[0] not in project.domains:
        raise UnknownPort(
            f"There is no domain '{words[0]}'.", f"{nearest(words[0], project.domains)} `mesh new domain` adds one."
        )
    return (project.domains[words[0]], *words[1:])


_PATTERN = "consumer-aligned"


def new_subscription(project: Project, consumer: str, port: str, product: str | None) -> Growth:
    """The files with which the domain `consumer` reads `port`: the dbt source, the declared input, and a port that reads it.

    An input that no model reads would be an error, so there is always such a port. It has the name of the port that it
    reads: `sales_orders`.

    Args:
        product: the product of the consumer that declares the input and gets the port; None for a new one.

    Raises UnknownPort for a domain or port that does not exist, and ScaffoldError for a port that cannot be consumed.
    """
    project.domain(consumer)
    source = find_input(project, port, consumer)
    if source.own:
        raise ScaffoldError(f"{port} belongs to {consumer} itself.", "A domain reads its own ports with ref() in a model.")
    name = f"{source.address.domain}_{source.address.port}"
    if product is None:
        growth = new_product(project, f"{consumer}/{name}", _PATTERN, port)
    else:
        growth = new_port(project, f"{consumer}/{product}/{name}", _PATTERN, port)
    growth.what = f"subscription {consumer} <- {port}"
    return growth


def add_dbt_source(growth: Growth, root: Path, consumer: DomainFolder, producer: PortAddress) -> None:
    """Adds the producer's port to the consumer's dbt sources, if it is missing."""
    path = f"dbt_projects/{consumer.name}/models/inputs/{producer.domain}.yml"
    if not (root / path).is_file():
        answers = {"domain": consumer.name, "producer": producer.domain, "port": producer.port}
        growth.make(render(["input"], answers))
        return
    if f"[{producer.domain}, {producer.port}]" in (root / path).read_text(encoding="utf-8"):
        return
    key = f"[{producer.domain}, {producer.port}]"
    entry = [f"name: {producer.port}", f"config: {{meta: {{dagster: {{asset_key: {key}}}}}}}"]
    growth.edit_yaml(root, path, lambda yaml: yaml.with_item(("sources", 0, "tables"), entry))


def declare_input(growth: Growth, root: Path, descriptor: str, source: Input) -> bool:
    """Adds the port to the inputs of a product; returns whether it was missing."""
    contract = source.contract
    entry = [f"name: {source.address}", f"version: {contract.version}", f"contractId: {contract.id}"]
    text = growth.created.get(descriptor) or (root / descriptor).read_text(encoding="utf-8")
    declared = parse_mapping(text, descriptor, ScaffoldError)
    if any(declared_input.get("contractId") == contract.id for declared_input in declared.get("inputPorts") or ()):
        return False
    if "inputPorts" in declared:
        growth.edit_yaml(root, descriptor, lambda yaml: yaml.with_item(("inputPorts",), entry))
    else:
        block = ["inputPorts:", f"  - {entry[0]}", *(f"    {line}" for line in entry[1:])]
        growth.edit_yaml(root, descriptor, lambda yaml: yaml.with_block(block, before="outputPorts"))
    return True


def add_source_file(growth: Growth, root: Path, domain: DomainFolder, table: str, shape: dict[str, Any]) -> str:
    """Adds a source file to the domain; returns its path below the source folder."""
    file = f"{domain.name}/{table}.csv"
    module = f"domains/{domain.name}/{domain.name}/ingestion.py"
    lines = [
        f"{table.upper()} = CsvSource(",
        f'    "{table}",',
        f'    "{file}",',
        f'    description="{shape["grain"]}",',
        "    columns={",
        *(f'        "{column["name"]}": "{column["physical"]}",' for column in shape["columns"]),
        "    },",
        "    set_aside=0,  # of its rows; if more cannot be read, nothing is published from the file",
        '    volume="-50 %, +50 %",  # of its rows in the version before; beyond, nothing is published either',
        ")",
    ]
    declaration = "\n".join(lines)
    growth.edit(root, module, lambda text: add_source(text, table.upper(), declaration, module))
    listed = f"dbt_projects/{domain.name}/models/staging/sources.yml"
    if (root / listed).is_file():
        growth.edit_yaml(root, listed, lambda yaml: yaml.with_item(("sources", 0, "tables"), [f"name: {table}"]))
    else:
        head = f"# What ingestion reads into the schema `raw`; {module} says from which files.\n"
        growth.make({listed: f"{head}sources:\n  - name: raw\n    tables:\n      - name: {table}\n"})
    return file


def contact_of(domain: DomainFolder) -> dict[str, str]:
    """The team of a domain, its channel and its mail address, as variables of the templates.

    The address comes from an earlier product, else from the record, else from the name of the domain.
    """
    team = domain.owner.removeprefix("team:")
    return {"team": team, "channel": domain.channel, "address": _address(domain)}


def _address(domain: DomainFolder) -> str:
    for path in sorted(domain.products.glob("*.odps.yaml")):
        for support in read_mapping(path, ScaffoldError).get("support") or ():
            if address := isinstance(support, dict) and mail_address(support.get("url")):
                return address
    for rendering in read_renderings(domain.root, domain.name):
        if "address" in rendering.answers:
            return rendering.answers["address"]
    return f"data-{domain.name.replace('_', '-')}@example.com"
