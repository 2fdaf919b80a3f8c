"""What a contract's file says: the contract, its columns, its rules, and at which line a broken one breaks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mesh_capabilities.governance.catalog.facts import Row
from mesh_capabilities.governance.catalog.harvest.columns import column_rows
from mesh_capabilities.governance.catalog.harvest.harvested import Harvested
from mesh_capabilities.governance.catalog.harvest.rules import rule_rows
from mesh_platform.contract.column import stated
from mesh_platform.contract.contract import PROPERTY, Contract, ends_of
from mesh_platform.contract.document import contract_in
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.project import Project
from mesh_platform.standards import check_against, disagreements
from mesh_platform.yaml_files import Positioned, read_positions


def harvest_contract(project: Project, file: str) -> Harvested:
    """The rows of the contract in `file`; one that is broken has its name, the problem, and the line of it."""
    path = project.root / file
    domain, called = path.parents[1].name, path.name.removesuffix(".odcs.yaml")
    port, _, major = called.partition(".v")
    row = {
        "contract": f"{domain}.{called}",
        "port": f"{domain}/{port}",
        "major": int(major) if major.isdigit() else None,
        "domain": domain,
        "file": file,
        "valid": False,
    }
    reads = frozenset({f"file:{file}"})
    try:
        read = read_positions(path)
    except OSError as problem:
        return Harvested({"contracts": [{**row, "problem": f"{file} cannot be read: {problem.strerror}."}]}, reads)
    if read.faults:
        found = f"{file}: {read.faults[0].found}."
        return Harvested({"contracts": [{**row, "problem": found, "line": read.faults[0].line}]}, reads)
    try:
        check_against(read.document, path, "odcs", "mesh_platform.contract")
        contract = contract_in(read.document, path, project.root)
    except MeshError as problem:
        said = {"problem": str(problem).replace(f"{project.root}/", ""), "line": _line(read, path)}
        return Harvested({"contracts": [{**row, **said, "status": _text(read.document.get("status"))}]}, reads)
    return Harvested(
        {
            "contracts": [{**row, **_said(contract, read.document), "valid": True}],
            "columns": list(column_rows(contract, read)),
            "rules": list(rule_rows(contract, contract.rules)),
        },
        reads | set(_leads_to(contract)),
    )


def _said(contract: Contract, said: Mapping[str, Any]) -> Row:
    described = said.get("description") or {}
    levels = {str(level.get("property")).lower(): level for level in reversed(said.get("slaProperties") or [])}
    kept = levels.get("retention") or levels.get("re") or {}
    return {
        "product": f"{contract.address.domain}/{contract.product}" if contract.product else None,
        "version": contract.version,
        "status": said.get("status"),
        "digest": contract.digest,
        "api_version": said.get("apiVersion"),
        **{part: _text(described.get(part)) for part in ("purpose", "limitations", "usage")},
        "freshness_seconds": int(contract.freshness.total_seconds()) if contract.freshness else None,
        "retention": _text(" ".join(str(kept[part]) for part in ("value", "unit") if kept.get(part) is not None)),
        "version_retention": next(map(_text, stated(said, PROPERTY)), None),
        "support_channel": next((entry.get("channel") for entry in said.get("support") or []), None),
        "ends_on": ends_of(dict(said)).get(None),
        "served_from": contract.served_from,
        "tags": list(said.get("tags") or []),
        "grain": contract.grain,
        "description": contract.description,
        "partitioned_by": contract.partition.column if contract.partition else None,
    }


def _leads_to(contract: Contract) -> Iterator[str]:
    """The contracts of other ports that its relationships lead to: a key's type there is part of what it says."""
    for (domain, port), major in contract.references:
        yield f"file:domains/{domain}/contracts/{port}.v{major}.odcs.yaml"


def _line(read: Positioned, path: Path) -> int | None:
    """Where the first disagreement with the standard stands; none for what only the platform objects to."""
    try:
        errors = disagreements(read.document, path, "odcs", "mesh_platform.contract")
    except ContractError:
        return read.line(("apiVersion",))
    return read.line(tuple(errors[0].absolute_path)) if errors else None


def _text(value: object) -> str | None:
    return " ".join(str(value).split()) or None if value is not None else None
