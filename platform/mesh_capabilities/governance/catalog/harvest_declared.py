"""Harvesters of declarations: domains, products, contracts and lifecycle records.

Each reads one file. A file that is broken gives a row with its problem instead.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh_capabilities.governance.approval import own_names, signature_of, signature_problem, signed_on
from mesh_capabilities.governance.catalog.fact_tables import FactRow, Harvested
from mesh_capabilities.yaml_text import Positioned, read_positions
from mesh_isolation.sla_entries import ends_of, level_columns
from mesh_isolation.team_files import UnreadableFile
from mesh_isolation.text import whole_number
from mesh_isolation.text_formats import mail_address
from mesh_platform.contract.contract import RETENTION_PROPERTY, Contract
from mesh_platform.contract.document import contract_in, load_contract
from mesh_platform.contract.open_names import stated
from mesh_platform.contract.rule import RESERVED, Rule
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.product.descriptor import DataProduct, PortReference, load_product
from mesh_platform.product.expectations import Expectation, check_expectations, with_expectations
from mesh_platform.project import Project, load_domain
from mesh_platform.standards import check_against, disagreements
from mesh_platform.yaml_files import read_mapping

_ARCHETYPES = ("source-aligned", "aggregate", "consumer-aligned")
_PRODUCT_PROPERTIES = {
    "tier": "tier",
    "successor": "successor",
    "deprecated_from": "deprecatedFrom",
    "ends_on": "endsOn",
    "legal_basis": "legalBasis",
}
"""Columns of the table `products`, and the custom properties of the descriptor that fill them."""

_ANY_CONTRACT = "contracts:"
"""What a broken unit was read from, if the fault may be in another contract than its own."""


# Domains.


def harvest_domain(project: Project, name: str) -> Harvested:
    """The row of one domain."""
    row = {"domain": name, "file": f"domains/{name}/domain.yaml", "problem": None}
    reads = frozenset({f"file:{row['file']}"})
    try:
        domain = load_domain(project.root, name)
    except MeshError as problem:
        return Harvested({"domains": [{**row, "problem": _message(problem, project)}]}, reads)
    texts = {part: getattr(domain, part) for part in ("title", "description", "channel")}
    return Harvested({"domains": [{**row, **texts, "owner": domain.owner.removeprefix("team:")}]}, reads)


# Products: the product, its output ports, its input ports, and its expectations of them.


def harvest_product(project: Project, file: str) -> Harvested:
    """The rows of the descriptor `file`."""
    path = project.root / file
    domain, name = path.parents[1].name, path.name.removesuffix(".odps.yaml")
    row = {"product": f"{domain}/{name}", "domain": domain, "name": name, "file": file}
    reads = frozenset({f"file:{file}"})
    try:
        product, document = load_product(path, project.root), read_mapping(path, ContractError)
    except MeshError as problem:
        return Harvested({"products": [{**row, "problem": _message(problem, project)}]}, reads)
    with_reliance = [reference for reference in product.inputs if reference.expectations]
    problem = _expectation_problem(product, project)
    return Harvested(
        {
            "products": [{**row, **_product(product, document), "problem": problem}],
            "outputs": [_output(product, reference) for reference in product.outputs],
            "inputs_declared": [_input(product, reference) for reference in product.inputs],
            "rules": [rule for reference in with_reliance for rule in _expected_rules(product, reference, project)],
        },
        reads
        | {f"file:{reference.contract_file(Path()).as_posix()}" for reference in with_reliance}
        | ({_ANY_CONTRACT} if problem else set()),
    )


def _product(product: DataProduct, document: Mapping[str, Any]) -> FactRow:
    description, support = document.get("description") or {}, document.get("support") or [{}]
    addresses = [*filter(None, (mail_address(entry.get("url")) for entry in support))]
    properties = {column: next(iter(stated(document, key)), None) for column, key in _PRODUCT_PROPERTIES.items()}
    return {
        "version": product.version,
        "status": product.status,
        "purpose": product.purpose,
        "limitations": _text(description.get("limitations")),
        "usage": _text(description.get("usage")),
        "owner": product.owner,
        "owner_address": next(iter(addresses), None),
        "channel": support[0].get("channel"),
        "tags": list(product.tags),
        "archetype": next((tag for tag in product.tags if tag in _ARCHETYPES), None),
        **properties,
    }


def _output(product: DataProduct, reference: PortReference) -> FactRow:
    return {
        "port": str(reference.address),
        "major": reference.major,
        "domain": product.domain,
        "product": f"{product.domain}/{product.name}",
        "contract": reference.contract_id,
        "version": reference.version,
        "file": product.file,
    }


def _input(product: DataProduct, reference: PortReference) -> FactRow:
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


def _expectation_problem(product: DataProduct, project: Project) -> str | None:
    try:
        check_expectations(product, project.root)
    except MeshError as problem:
        return _message(problem, project)
    return None


def _expected_rules(product: DataProduct, reference: PortReference, project: Project) -> Iterator[FactRow]:
    """The product's expectations of an input, as rules of the upstream contract."""
    try:
        contract = load_contract(reference.contract_file(project.root), project.root)
    except MeshError:
        return  # the contract's own row has the problem
    consumer, producer = f"{product.domain}/{product.name}", project.domains.get(reference.address.domain)
    expectations = [Expectation(contract.id, consumer, product.owner, product.file, entry) for entry in reference.expectations]
    blocks = bool(producer) and producer.broken_expectations == "block"
    own = len(contract.rules)
    yield from _rules(contract, with_expectations(contract, expectations, blocks).rules[own:], consumer)


# Contracts: the contract, its columns, its rules, and the line of the problem in a broken one.


def harvest_contract(project: Project, file: str) -> Harvested:
    """The rows of the contract in `file`; of a broken one, also the line of the problem."""
    path = project.root / file
    domain, stem = path.parents[1].name, path.name.removesuffix(".odcs.yaml")
    port, _, major = stem.partition(".v")
    row = {
        "contract": f"{domain}.{stem}",
        "port": f"{domain}/{port}",
        "major": whole_number(major),
        "domain": domain,
        "file": file,
        "valid": False,
    }
    reads = frozenset({f"file:{file}"})
    try:
        read = read_positions(path)
    except UnreadableFile as problem:
        return Harvested({"contracts": [{**row, "problem": f"{file} {problem.strerror}. {problem.way_out}"}]}, reads)
    if read.faults:
        fault = {"problem": f"{file}: {read.faults[0].found}.", "line": read.faults[0].line}
        return Harvested({"contracts": [{**row, **fault}]}, reads)
    try:
        check_against(read.document, path, "odcs")
        contract = contract_in(read.document, path, project.root)
    except MeshError as problem:
        fault = {"problem": _message(problem, project), "line": _line(read, path)}
        row |= {**fault, "status": _text(read.document.get("status"))}
        # The fault may be in one that it refers to, or in the inputs of its product.
        return Harvested({"contracts": [row]}, reads | {_ANY_CONTRACT, _descriptor(domain, read.document.get("dataProduct"))})
    unaccepted, decided_by = _unaccepted_signatures(project, domain, read.document)
    return Harvested(
        {
            "contracts": [{**row, **_contract(contract, read.document), "valid": True}],
            "columns": list(_columns(contract, read, unaccepted)),
            "unaccepted_signatures": [
                {"contract": contract.id, "column": name, "problem": problem} for name, problem in unaccepted.items()
            ],
            "rules": list(_rules(contract, contract.rules)),
        },
        reads | decided_by | set(_referenced_files(contract)),
    )


def _unaccepted_signatures(project: Project, domain: str, document: Mapping[str, Any]) -> tuple[dict[str, str], set[str]]:
    """By column, why its signature does not count; and the keys of what decides that, beside the contract."""
    columns = {entry["name"]: signature_of(entry) for entry in document["schema"][0]["properties"]}
    signatures = {name: signature for name, signature in columns.items() if signature is not None}
    if not signatures:
        return {}, set()
    today, own = datetime.now(UTC).date(), own_names(project.root, domain)
    problems = {name: signature_problem(signature, own, today) for name, signature in signatures.items()}
    days = filter(None, map(signed_on, signatures.values()))
    decided_by = {f"file:domains/{domain}/domain.yaml", *(["day:"] if any(day > today for day in days) else [])}
    return {name: problem for name, problem in problems.items() if problem}, decided_by


def _contract(contract: Contract, document: Mapping[str, Any]) -> FactRow:
    description = document.get("description") or {}
    levels = {str(level.get("property")).lower(): level for level in reversed(document.get("slaProperties") or [])}
    retention = levels.get("retention") or levels.get("re") or {}
    return {
        "product": f"{contract.address.domain}/{contract.product}" if contract.product else None,
        "version": contract.version,
        "status": document.get("status"),
        "digest": contract.digest,
        "api_version": document.get("apiVersion"),
        **{part: _text(description.get(part)) for part in ("purpose", "limitations", "usage")},
        "freshness_seconds": int(contract.freshness.total_seconds()) if contract.freshness else None,
        "retention": _text(_quantity(retention)),
        "version_retention": next(map(_text, stated(document, RETENTION_PROPERTY)), None),
        "support_channel": next((entry.get("channel") for entry in document.get("support") or []), None),
        "ends_on": ends_of(document).get(None),
        "served_from": contract.served_from,
        "tags": list(document.get("tags") or []),
        "grain": contract.grain,
        "description": contract.description,
        "partitioned_by": contract.partition.column if contract.partition else None,
    }


def _referenced_files(contract: Contract) -> Iterator[str]:
    """What decides whether its relationships are valid: the contracts that they refer to, and the inputs of its product."""
    for (domain, port), major in contract.references:
        yield f"file:domains/{domain}/contracts/{port}.v{major}.odcs.yaml"
        yield _descriptor(contract.address.domain, contract.product)


def _descriptor(domain: str, product: object) -> str:
    return f"file:domains/{domain}/products/{Path(str(product)).name}.odps.yaml"


def _line(read: Positioned, path: Path) -> int | None:
    """The line of the first violation of the standard; None when only a rule of the platform is broken."""
    try:
        found = disagreements(read.document, path, "odcs")
    except ContractError:
        return read.line(("apiVersion",))
    return read.line(found[0][0]) if found else None


def _columns(contract: Contract, read: Positioned, unaccepted: Mapping[str, str]) -> Iterator[FactRow]:
    """One row per column, in the order of the file `read`; its classification is the most sensitive of it and its parts."""
    document = read.document
    points_to = _pointers(contract)
    for place, (entry, column) in enumerate(zip(document["schema"][0]["properties"], contract.columns)):
        key = contract.primary_key.index(column.name) + 1 if column.name in contract.primary_key else None
        yield {
            "contract": contract.id,
            "port": str(contract.address),
            "major": contract.major,
            "column": column.name,
            "position": place + 1,
            "type": column.type,
            "logical_type": column.logical,
            "description": column.description or None,
            "business_name": entry.get("businessName"),
            "required": column.required,
            "unique": column.unique or contract.primary_key == (column.name,),
            "primary_key": key is not None,
            "key_position": key,
            "classification": column.sensitivity,
            **_protection(entry, document, column.personal),
            "masking": _property(entry, "masking"),
            "declassified_by": None if column.name in unaccepted else _signer(signature_of(entry)),
            "unit": _property(entry, "unit"),
            "currency_column": _property(entry, "currencyColumn"),
            "tags": list(entry.get("tags") or []),
            "glossary_term": entry.get("businessName"),
            "points_to": points_to.get(column.name),
            "line": read.line(("schema", 0, "properties", place)),
        }


def _protection(entry: Mapping[str, Any], document: Mapping[str, Any], personal: bool) -> FactRow:
    """Purpose, legal basis and retention of the column; for personal data without them, those of the contract."""
    fallback = document if personal else {}
    return {
        "purpose": _property(entry, "processingPurpose") or _property(fallback, "processingPurpose"),
        "legal_basis": _property(entry, "legalBasis") or _property(fallback, "legalBasis"),
        "retention": _retention(document, entry["name"], personal),
    }


def _retention(document: Mapping[str, Any], column: str, personal: bool) -> str | None:
    """Rows are kept until a time column, the element of the level, is that old; with a row go all personal data in it."""
    for level in document.get("slaProperties") or []:
        about = personal or column in level_columns(level, document)
        if str(level.get("property")).lower() in ("retention", "re") and about:
            return _quantity(level)
    return None


def _signer(signature: Any) -> str | None:
    return _text(signature["by"]) if signature else None


def _pointers(contract: Contract) -> dict[str, str]:
    """By foreign key column, the column that it refers to, as `sales/orders.order_id`."""
    pointers: dict[str, str] = {}
    for rule in contract.rules:
        port = rule.reference.address if rule.reference else contract.address
        for column, target in zip(rule.columns, rule.points_to):
            pointers.setdefault(column, f"{port}.{target}")
    return pointers


def _rules(contract: Contract, rules: Iterable[Rule], source: str = "contract") -> Iterator[FactRow]:
    """The rows of rules, each with a unique name: rules of one check are distinguished by columns, then by a number."""
    seen: Counter[str] = Counter()
    for rule in rules:
        name = "_".join((rule.check, *rule.columns)) if rule.check in RESERVED else rule.check
        seen[name] += 1
        yield {
            "contract": contract.id,
            "port": str(contract.address),
            "rule": name if seen[name] == 1 else f"{name}_{seen[name]}",
            "check": rule.check,
            "sentence": rule.sentence,
            "columns": list(rule.columns),
            "severity": "error" if rule.blocks else "warning",
            "kind": "expectation" if rule.asked_by else rule.check if rule.check in RESERVED else "quality",
            "source": source,
        }


# Lifecycle records: the transitions of a product, in the file beside its descriptor.


def harvest_transitions(project: Project, file: str) -> Harvested:
    """The rows of a record `<product>.lifecycle.yaml`; a record that cannot be read is a problem of its domain."""
    path, reads = project.root / file, frozenset({f"file:{file}"})
    domain, name = path.parents[1].name, path.name.removesuffix(".lifecycle.yaml")
    try:
        entries = read_mapping(path, ContractError).get("transitions") or []
        rows = [
            {
                "product": f"{domain}/{name}",
                "from_status": entry["from"],
                "to_status": entry["to"],
                "at": entry["at"],
                "by": entry["by"],
                "why": entry["why"],
                "successor": entry.get("successor"),
                "ends_on": entry.get("ends"),
            }
            for entry in entries
        ]
    except (MeshError, KeyError, TypeError, AttributeError) as problem:
        text = str(problem) if isinstance(problem, MeshError) else "it is not a lifecycle record"
        return Harvested({"problems": [{"domain": domain, "file": file, "problem": f"{file}: {text}"}]}, reads)
    return Harvested({"transitions": rows}, reads)


# Values.


def _message(problem: MeshError, project: Project) -> str:
    return str(problem).replace(f"{project.root}/", "")


def _text(value: object) -> str | None:
    """The value on one line; None for nothing."""
    return " ".join(str(value).split()) or None if value is not None else None


def _property(document: Mapping[str, Any], name: str) -> str | None:
    """A custom property."""
    return next((str(value) for value in stated(document, name) if value is not None), None)


def _quantity(level: Mapping[str, Any]) -> str:
    """Value and unit of a service level."""
    return " ".join(str(level[part]) for part in ("value", "unit") if level.get(part) is not None)
