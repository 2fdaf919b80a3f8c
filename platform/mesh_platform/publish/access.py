"""Who may read what: only declared input ports, and of those only what their contracts promise."""

import re
from collections.abc import Mapping, Sequence

from mesh_platform.build.port_graph import PortModel
from mesh_platform.errors import AccessRefused, ContractError
from mesh_platform.names import PortAddress
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import Offer
from mesh_platform.project import DomainFolder

# DuckDB's two ways of saying that a relation has no such column.
_NO_COLUMN = re.compile(r'(?:does not have a column named|Referenced column|[Cc]olumn) "([^"]+)"')
# DuckDB's way of saying that there is no such relation.
_NO_TABLE = re.compile(r'Table with name "?([\w.]+)"? does not exist')


def check_ports(offer: Offer, graph: Mapping[str, PortModel]) -> None:
    """Holds the port models against the contracts: each has the other. Raises ContractError.

    What is only described, because its product is proposed or retired, may have one without the other, or neither.
    """
    domain = offer.domain
    described = {out.address.port for product in offer.products.values() for out in product.outputs} - offer.built
    for port in graph.keys() - offer.contracts.keys() - described:
        raise ContractError(
            f"dbt_projects/{domain.name}/{graph[port].file} makes '{port}', a port without a contract.",
            f"Write domains/{domain.name}/contracts/{port}.v1.odcs.yaml, or do not materialise the model as a port.",
        )
    for port in offer.contracts.keys() - graph.keys() - described:
        raise ContractError(
            f"{offer.contracts[port].file} is a contract without a port: no model makes '{port}'.",
            f"Write dbt_projects/{domain.name}/models/ports/{port}.sql, or delete the contract.",
        )


def check_days(offer: Offer, graph: Mapping[str, PortModel]) -> None:
    """Raises ContractError where the days that a model sees would depend on what else runs.

    Models of one domain see an input through one view, so its products read the same days of it. And while a port that
    grows is built, only the days to be published are there.
    """
    declared: dict[PortAddress, tuple[int | None, str]] = {}
    for product in offer.products.values():
        for reference in product.inputs:
            days, file = declared.setdefault(reference.address, (reference.latest_days, product.file))
            if days != reference.latest_days:
                raise ContractError(
                    f"{file} and {product.file} read other days of {reference.address}: {days or 'all'} and "
                    f"{reference.latest_days or 'all'}.",
                    "Products of one domain share the views of their inputs: declare the same latestDays.",
                )
    for port, model in graph.items():
        for other in model.ports:
            if offer.contracts[other].partition:
                raise ContractError(
                    f"dbt_projects/{offer.domain.name}/{model.file} reads '{other}' of its own domain, which grows day by day.",
                    f"While '{other}' is built, only its new days are there: let {port} read what '{other}' is made of.",
                )


def check_inputs(offer: Offer, graph: Mapping[str, PortModel]) -> None:
    """Raises AccessRefused for a port that reads an input which its product has not declared."""
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
    """What DuckDB's complaint about a missing column or table means for a reader of input ports; None if nothing.

    Args:
        message: dbt's message for the failed model.
        file: the model's file, from the dbt project's folder.
        inputs: the versions that the model's port reads.
    """
    model = f"dbt_projects/{domain.name}/{file}"
    if (column := _NO_COLUMN.search(message)) and inputs:
        promises = ", ".join(f"{version.address} ({version.provenance.contract_file})" for version in inputs)
        return AccessRefused(
            f"{model} reads a column '{column[1]}', which is in none of the contracts it reads: {promises}.",
            f"Change {model}, or ask the producer to promise the column.",
        )
    if table := _NO_TABLE.search(message):
        return AccessRefused(
            f"{model} reads '{table[1]}', which is neither a source of {domain.name} nor a declared input port.",
            f"Read other domains through source() in {model}, and declare the port under inputPorts of the product.",
        )
    return None
