"""All contracts of a mesh as they stand, held against what they said at a git revision."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from mesh_capabilities.contract_change.gate import Finding, judge_change, judge_removal
from mesh_capabilities.contract_change.revision import Revision
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, MeshError
from mesh_platform.names import PortAddress
from mesh_platform.yaml_files import parse_mapping, read_mapping

SUFFIX = ".odcs.yaml"


def judge_mesh(root: Path, base: Revision, today: date) -> list[Finding]:
    """One finding for every contract whose text is not that of the base; a contract is known by its file."""
    before, after = contract_files(base.files("domains", SUFFIX)), contract_files(_files(root))
    findings = []
    for file in sorted(before | after):
        old = base.text(file) if file in before else None
        path = root / file
        if file in after and old == path.read_text(encoding="utf-8", errors="replace"):
            continue
        findings.append(_judge(root, file, old, base.name, today))
    return findings


def contract_files(files: Iterable[str]) -> set[str]:
    """Those of the files that are contracts of a domain: `domains/<domain>/contracts/<port>.v<major>.odcs.yaml`."""
    parts = ((file, Path(file).parts) for file in files)
    return {file for file, path in parts if len(path) == 4 and path[2] == "contracts" and file.endswith(SUFFIX)}


def address_of(file: str) -> tuple[PortAddress, int]:
    """The port and the major version that the name of a contract's file says; 0 for a name that says none."""
    path = Path(file)
    port, _, major = path.name.removesuffix(SUFFIX).rpartition(".v")
    return PortAddress(path.parts[1], port), int(major) if major.isdigit() else 0


def columns_of(document: dict[str, Any] | None) -> list[str]:
    """The names of all columns of a contract document."""
    tables = (document or {}).get("schema") or []
    return [str(entry.get("name")) for table in tables for entry in table.get("properties") or []]


def _judge(root: Path, file: str, old: str | None, base: str, today: date) -> Finding:
    address, major = address_of(file)
    contract, happened = f"{address.domain}.{address.port}.v{major}", "added"
    before = None
    if old is not None:
        happened = "changed" if (root / file).exists() else "deleted"
        try:
            before = parse_mapping(old, f"{file} at {base}", ContractError)
        except MeshError as problem:
            way_out = "Compare with a revision in which it is valid."
            return Finding(file, contract, happened, None, f"{problem.found} Nothing can be held against it", way_out)
    if happened == "deleted":
        return judge_removal(file, before, today)
    try:
        load_contract(root / file, root)
    except MeshError as problem:
        return Finding(file, contract, happened, None, problem.found.removeprefix(f"{root}/").rstrip("."), problem.way_out)
    if before is None:
        return Finding(file, contract, happened)
    return judge_change(file, before, read_mapping(root / file, ContractError), today)


def _files(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in root.glob(f"domains/*/contracts/*{SUFFIX}") if path.is_file()]
