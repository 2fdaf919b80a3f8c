"""Loading a domain's offer and port models, and checking them against each other and against the declared inputs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextvars import copy_context
from types import MappingProxyType

from mesh_isolation.dbt_messages import NO_COLUMN, NO_FILE, NO_TABLE, NO_VARIABLE
from mesh_isolation.engine import REFUSED_CHANGE, REFUSED_STATEMENT
from mesh_platform.build.dbt import PUBLISHING, no_secret
from mesh_platform.build.port_graph import PortModel, load_port_graph
from mesh_platform.capabilities import rulings_on
from mesh_platform.errors import AccessRefused, ContractError, DomainBusy, MachineFault, MeshError, ProjectError
from mesh_platform.hooks import Ruling
from mesh_platform.ingestion.declaration import sources_of
from mesh_platform.ingestion.source import CsvSource, Source
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.product.descriptor import Stage, producer_of
from mesh_platform.product.offer import Offer, load_offer
from mesh_platform.project import DomainFolder
from mesh_platform.publish.pinning import taken_back

_WHOLE = "a run builds a port as a whole."
_PRIVATE = "Rows of earlier runs are kept by a private incremental model, or a snapshot, that the port selects from."


def check_port_models(offer: Offer, graph: Mapping[str, PortModel]) -> None:
    """Raises ContractError for a port model without a contract, and for a contract without a port model.

    Ports of a proposed or retired product need neither. Raises ProjectError for a port model with a branch for later runs.
    """
    domain = offer.domain
    described = {out.address.port for product in offer.products.values() for out in product.outputs} - offer.built
    for port in graph.keys() - offer.contracts.keys() - described:
        raise ContractError(
            f"dbt_projects/{domain.name}/{graph[port].file} builds '{port}', a port without a contract.",
            f"Write domains/{domain.name}/contracts/{port}.v1.odcs.yaml, or do not materialise the model as a port.",
        )
    for port in graph:
        if graph[port].asks_incremental:
            raise ProjectError(
                f"dbt_projects/{domain.name}/{graph[port].file} asks is_incremental(), which is never true: {_WHOLE}", _PRIVATE
            )
    for port in offer.contracts.keys() - graph.keys() - described:
        missing = f"no model builds '{port}'."
        way_out = f"Write dbt_projects/{domain.name}/models/ports/{port}.sql, or delete the contract."
        if file := next((domain.dbt_project / "models").rglob(f"{port}.sql"), None):
            missing = f"{domain.relative(file)} has another materialisation than port, or is disabled."
            verb = "Remove its materialisation from the model" if "/models/ports/" in str(file) else "Move it to models/ports/"
            way_out = f"{verb}: {_WHOLE} {_PRIVATE}"
        if next(domain.dbt_project.rglob(f"{port}.py"), None):
            way_out = (
                f"dbt makes a table of a model in Python: rename {port}.py, and select from it in models/ports/{port}.sql."
            )
        raise ContractError(f"{offer.contracts[port].file} is a contract without a port: {missing}", way_out)


def check_days(offer: Offer, graph: Mapping[str, PortModel]) -> None:
    """Raises ContractError when the days that a model reads would depend on what else runs.

    Models of one domain read an input through one view, so its products must read the same days of it. And while a
    partitioned port is built, only the days to publish exist, so no model of its domain can read it.
    """
    declared: dict[PortAddress, tuple[int | None, str]] = {}
    for product in offer.products.values():
        for reference in product.inputs:
            days, file = declared.setdefault(reference.address, (reference.latest_days, product.file))
            if days != reference.latest_days:
                raise ContractError(
                    f"{file} and {product.file} read different days of {reference.address}: {days or 'all'} and "
                    f"{reference.latest_days or 'all'}.",
                    "Declare the same latestDays: products of one domain share the views of their inputs.",
                )
    for port, model in graph.items():
        for other in model.ports:
            if offer.contracts[other].partition:
                raise ContractError(
                    f"dbt_projects/{offer.domain.name}/{model.file} reads '{other}' of its own domain, which is partitioned.",
                    f"Let {port} read the upstream models of '{other}': while '{other}' is built, only its new days exist.",
                )


def check_inputs(offer: Offer, graph: Mapping[str, PortModel]) -> None:
    """Raises AccessRefused for a port that reads an input that its product has not declared."""
    for port, model in graph.items():
        product = offer.product_of(port)
        declared = {reference.address for reference in product.inputs}
        for address in model.inputs:
            if address not in declared:
                raise AccessRefused(
                    f"{offer.domain.name}/{port} reads {address}, which its product '{product.name}' has not declared.",
                    f"Declare {address} under inputPorts in {product.file}, or do not read it.",
                )


def explain_missing(message: str, file: str, domain: DomainFolder, inputs: Sequence[PortVersion]) -> AccessRefused | None:
    """The error for a model that reads what it has not declared or no contract promises; None for any other message.

    Args:
        message: dbt's message for the failed model.
        file: the model's file, relative to the dbt project.
        domain: the domain of the model.
        inputs: the versions that the model's port reads.
    """
    model = f"dbt_projects/{domain.name}/{file}"
    if variable := NO_VARIABLE.search(message):
        return no_secret(model, variable[1], domain)
    if opened := NO_FILE.search(message):
        path, _, rest = opened[1].removeprefix(f"{domain.home.ports.as_posix()}/").partition("/")
        port = f"{path}/{rest.partition('/')[0]}"
        if path and rest:
            problem = f"opens {opened[1]}, a file of {port} that is not an input of this build"
            way_out = f"Declare {port} under inputPorts of the product, and read it with source()."
        else:
            problem = f"opens {opened[1]}, which is neither a source of {domain.name} nor a file of a declared input"
            way_out = "Declare the file as a source in the domain's ingestion, or read a declared input port with source()."
    elif refused := next((words for words in (REFUSED_STATEMENT, REFUSED_CHANGE) if words in message), None):
        problem = message[message.index(refused) :]
        way_out = "A build reads its sources and declared inputs, and writes only to its own warehouse."
    elif (column := NO_COLUMN.search(message)) and inputs:
        promises = ", ".join(f"{version.address} ({version.provenance.contract_file})" for version in inputs)
        problem = f"reads a column '{column[1]}', which is in none of the contracts that it reads: {promises}"
        way_out = f"Change {model}, or ask the producer to add the column to its contract."
    elif table := NO_TABLE.search(message):
        problem = f"reads '{table[1]}', which is neither a source of {domain.name} nor a declared input port"
        way_out = f"Read other domains with source() in {model}, and declare the port under inputPorts of the product."
    else:
        return None
    return AccessRefused(f"{model} {problem}.", way_out)


STAGE_TAG = "mesh/stage"
"""The tag of an asset that holds the stage of its product."""


def built_graph(offer: Offer, graph: Mapping[str, PortModel]) -> dict[str, PortModel]:
    """The models of the ports that are built, in the order of `graph`.

    Raises ContractError when one of them reads a port of its own domain that is not built.
    """
    built = {port: model for port, model in graph.items() if port in offer.built}
    for port, model in built.items():
        for other in model.ports:
            if other not in built:
                product = offer.product_of(other)
                raise ContractError(
                    f"dbt_projects/{offer.domain.name}/{model.file} reads '{other}' of its own domain, which is not built: "
                    f"{product.file} has status: {product.status}.",
                    f"Promote {product.address} with `mesh product promote`, or do not let {port} read it.",
                )
    return built


def refused_inputs(offer: Offer, reads: Mapping[str, Collection[PortAddress]]) -> dict[str, MeshError]:
    """For each port, why its product may not depend on an input that it reads: the input is not built or not active.

    A product in development may read another product in development.
    """
    refusals: dict[str, MeshError] = {}
    for port, inputs in reads.items():
        product = offer.product_of(port)
        for reference in product.inputs:
            producer = producer_of(reference, offer.domain.root) if reference.address in inputs else None
            if producer is None or producer.stage.promised or (producer.stage is product.stage is Stage.draft):
                continue
            says = f"{producer.address} is {producer.stage.words}"
            way_out = {
                Stage.retired: f"Read {producer.successor} instead." if producer.successor else "Read another product.",
                Stage.draft: f"Wait until {producer.address} is active. Only a product in development may read it now.",
            }.get(producer.stage, f"Wait until {producer.address} is built.")
            refusals[port] = AccessRefused(
                f"{offer.domain.name}/{port} was not published: it reads {reference.contract_id}, and {says}.", way_out
            )
    return refusals


def ask_gates(
    offer: Offer, reads: Mapping[str, Collection[PortAddress]], again: Mapping[str, PortVersion] = MappingProxyType({})
) -> dict[str, list[Ruling]]:
    """By port, the rulings of the products' stages, of a major taken back, and of every gate of the mesh.

    Args:
        offer: the domain's products and contracts.
        reads: each port to be published → the ports of other domains that its data are built from.
        again: port → the earlier version that a rollback serves again.
    """
    refused, context = refused_inputs(offer, reads), copy_context()
    refused |= {port: problem for port in reads if (problem := taken_back(offer.contracts[port], offer.domain.home))}
    context.run(PUBLISHING.set, offer.domain.name)
    rulings = context.run(rulings_on, offer, list(reads), again)
    return {port: [*([Ruling(refused[port])] if port in refused else []), *rulings[port]] for port in reads}


def load_built(domain: DomainFolder) -> tuple[Offer, dict[str, PortModel]]:
    """The offer, and the models of the ports that are built.

    Raises MeshError when a contract, a product or a model is invalid, or when they do not match.
    """
    offer = load_offer(domain)
    return offer, load_built_graph(offer)


def load_built_graph(offer: Offer) -> dict[str, PortModel]:
    """The models of the ports of an offer that are built. Raises MeshError as `load_built`."""
    graph = load_port_graph(offer.domain)
    check_port_models(offer, graph)
    graph = built_graph(offer, graph)
    check_inputs(offer, graph)
    check_days(offer, graph)
    return graph


def check_sources(domain: DomainFolder, graph: Mapping[str, PortModel], sources: Iterable[Source]) -> None:
    """Raises ContractError for a model that reads no declared source table, and for a port that is named like a source."""
    declared = {table for source in sources for table in source.tables}
    for name in sorted(graph.keys() & {source.asset_name for source in sources}):
        found = f"The port {domain.name}/{name} has the name of a source's asset."
        raise ContractError(found, "Rename the port, or the source's table.")
    for model in graph.values():
        for table in set(model.raw) - declared:
            found = f"dbt_projects/{domain.name}/{model.file} reads the source table '{table}', which no source declares."
            raise ContractError(found, f"Declare it in domains/{domain.name}/{domain.name}, or do not read it.")


def check_loads(offer: Offer) -> set[PortAddress]:
    """Checks that a run can load the dbt project and the Python of a domain, without Dagster.

    Returns: the ports that are built from metadata of the mesh. Raises MeshError when the domain does not load, but not when
    that cannot be told now: another process runs dbt, or the home cannot be written.
    """
    domain, context = offer.domain, copy_context()
    context.run(PUBLISHING.set, "")  # dbt is not waited for longer than for another domain's publish
    if offer.built and not domain.dbt_project.is_dir():
        missing = f"{domain.name} does not load: its dbt project dbt_projects/{domain.name} is missing."
        raise ProjectError(missing, "Restore the folder.")
    try:
        sources = sources_of(domain) if (domain.folder / domain.name).is_dir() else ()
        others = [source for source in sources if not isinstance(source, CsvSource) and source.follows(domain)]
        tables = {table for source in others for table in source.tables}
        graph = context.run(load_built_graph, offer) if any(domain.dbt_project.glob("*")) else {}
        check_sources(domain, graph, sources)
        return {PortAddress(domain.name, port) for port, model in graph.items() if tables.intersection(model.raw)}
    except (DomainBusy, MachineFault, OSError):
        return set()
