"""What a product's descriptor says: the product, its ports out, its ports in, and what it relies on in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mesh_capabilities.governance.catalog.facts import Row
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_capabilities.governance.catalog.harvest.rules import rule_rows
from mesh_platform.contract.column import stated
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.product.descriptor import DataProduct, PortReference, load_product
from mesh_platform.product.expectations import Expectation, check_expectations, with_expectations
from mesh_platform.project import Project
from mesh_platform.yaml_files import read_mapping

_ARCHETYPES = ("source-aligned", "aggregate", "consumer-aligned")


def harvest_product(project: Project, file: str) -> Harvested:
    """The rows of the descriptor `file`; one that is broken has its name and the problem."""
    path = project.root / file
    domain, name = path.parents[1].name, path.name.removesuffix(".odps.yaml")
    row = {"product": f"{domain}/{name}", "domain": domain, "name": name, "file": file}
    reads = frozenset({f"file:{file}"})
    try:
        product, said = load_product(path, project.root), read_mapping(path, ContractError)
    except MeshError as problem:
        return Harvested({"products": [{**row, "problem": str(problem).replace(f"{project.root}/", "")}]}, reads)
    relied_on = [reference for reference in product.inputs if reference.expectations]
    problem = _problem(product, project)
    return Harvested(
        {
            "products": [{**row, **_said(product, said), "problem": problem}],
            "outputs": [_output(product, reference) for reference in product.outputs],
            "inputs_declared": [_input(product, reference) for reference in product.inputs],
            "rules": [rule for reference in relied_on for rule in _expected(product, reference, project)],
        },
        reads | {f"file:{reference.contract_file(Path()).as_posix()}" for reference in relied_on},
    )


def _said(product: DataProduct, said: Mapping[str, Any]) -> Row:
    described, support = said.get("description") or {}, said.get("support") or [{}]
    addresses = [entry["url"].removeprefix("mailto:") for entry in support if str(entry.get("url")).startswith("mailto:")]
    own = {name: next(iter(stated(said, key)), None) for name, key in _OWN.items()}
    return {
        "version": product.version,
        "status": product.status,
        "purpose": product.purpose,
        "limitations": _text(described.get("limitations")),
        "usage": _text(described.get("usage")),
        "owner": product.owner,
        "owner_address": next(iter(addresses), None),
        "channel": support[0].get("channel"),
        "tags": list(product.tags),
        "archetype": next((tag for tag in product.tags if tag in _ARCHETYPES), None),
        **own,
    }


_OWN = {
    "tier": "tier",
    "successor": "successor",
    "deprecated_from": "deprecatedFrom",
    "ends_on": "endsOn",
    "legal_basis": "legalBasis",
}
"""Columns of the table and the custom properties that hold them."""


def _output(product: DataProduct, reference: PortReference) -> Row:
    return {
        "port": str(reference.address),
        "major": reference.major,
        "domain": product.domain,
        "product": f"{product.domain}/{product.name}",
        "contract": reference.contract_id,
        "version": reference.version,
        "file": product.file,
    }


def _input(product: DataProduct, reference: PortReference) -> Row:
    return {
        "product": f"{product.domain}/{product.name}",
        "input": str(reference.address),
        "input_major": reference.major,
        "contract": reference.contract_id,
        "domain": product.domain,
        "input_domain": reference.address.domain,
        "latest_days": reference.latest_days,
        "file": product.file,
    }


def _problem(product: DataProduct, project: Project) -> str | None:
    try:
        check_expectations(product, project.root)
    except MeshError as problem:
        return str(problem).replace(f"{project.root}/", "")
    return None


def _expected(product: DataProduct, reference: PortReference, project: Project) -> Iterator[Row]:
    """What the product relies on in an input, as rules of the producer's contract."""
    try:
        contract = load_contract(reference.contract_file(project.root), project.root)
    except MeshError:
        return  # the contract's own row says so
    consumer, producer = f"{product.domain}/{product.name}", project.domains.get(reference.address.domain)
    entries = [Expectation(contract.id, consumer, product.owner, product.file, said) for said in reference.expectations]
    blocks = bool(producer) and producer.broken_expectations == "block"
    own = len(contract.rules)
    yield from rule_rows(contract, with_expectations(contract, entries, blocks).rules[own:], consumer)


def _text(value: object) -> str | None:
    return " ".join(str(value).split()) if value else None
