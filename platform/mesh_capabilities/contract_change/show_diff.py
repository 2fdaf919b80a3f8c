"""`mesh contract diff`: what changed between two versions of a contract, and the version number that asks for."""

from pathlib import Path
from typing import Any

from mesh_capabilities.contract_change.consumers import Consumers
from mesh_capabilities.contract_change.mesh_gate import address_of, columns_of
from mesh_capabilities.contract_change.revision import Revision
from mesh_capabilities.contract_change.versions import Comparison, compare_versions
from mesh_capabilities.contract_change.words import comparison_document, print_changes
from mesh_platform.cli.output import console, print_json, verdict
from mesh_platform.errors import ContractError, ProjectError, RevisionError, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.project import Project, load_project
from mesh_platform.standards import check_against
from mesh_platform.yaml_files import parse_mapping, read_mapping


def diff_contracts(old: str, new: str | None, base: str | None, as_json: bool) -> int:
    """Prints the comparison of two files, or of a port's contract with what it said at a git revision.

    Returns: 0 when the version has grown as much as the changes ask for, else 1.
    """
    if (new is None) == (base is None):
        raise ContractError(
            "A comparison takes two files, or one port and a revision.", "Write OLD NEW, or DOMAIN/PORT --base REV."
        )
    if base is not None:
        project = load_project()
        before, after = _documents_of_port(project, PortAddress.parse(old), base)
    else:
        project = _project_or_none()
        before, after = _document(Path(old)), _document(Path(new))
    comparison = compare_versions(before, after)
    hurt = _hurt(project, before, comparison)
    if as_json:
        print_json({"contract": before.get("id"), **comparison_document(comparison, hurt)})
    else:
        out = console()
        out.print(f"[bold]{before.get('id')}[/] {comparison.old_version} → {comparison.new_version}")
        print_changes(out, comparison, hurt)
        count = len(comparison.changes)
        verdict(comparison.sufficient, f"{f'{count} changes' if count != 1 else '1 change'}: {comparison.sentence}")
    return 0 if comparison.sufficient else 1


def _hurt(project: Project | None, before: dict[str, Any], comparison: Comparison) -> dict:
    port, major = _port_of(before)
    if project is None or port is None or port.domain not in project.domains:
        return {}
    consumers = Consumers(project, {port: columns_of(before)})
    return {change: consumers.hurt_by(change, port, major) for change in comparison.changes}


def _port_of(document: dict[str, Any]) -> tuple[PortAddress | None, int]:
    tables, major = document.get("schema") or [], str(document.get("version")).partition(".")[0]
    if len(tables) != 1 or not document.get("domain"):
        return None, 0
    return PortAddress(str(document["domain"]), str(tables[0].get("name"))), int(major) if major.isdigit() else 0


def _project_or_none() -> Project | None:
    """Two files can be compared anywhere; outside of a mesh there is nobody to be hurt."""
    try:
        return load_project()
    except ProjectError:
        return None


def _document(path: Path) -> dict[str, Any]:
    document = read_mapping(path, ContractError)
    check_against(document, path, "odcs", "mesh_platform.contract")
    return document


def _documents_of_port(project: Project, port: PortAddress, base: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The newest contract of a port now, and what it said at the revision: the same file there, else the newest major."""
    folder = f"domains/{port.domain}/contracts"
    revision = Revision(project.root, base)
    now = [path.relative_to(project.root).as_posix() for path in (project.root / folder).glob("*.odcs.yaml")]
    here = _newest(now, port)
    there = _newest(revision.files(folder, ".odcs.yaml"), port)
    if here is None:
        raise UnknownPort(f"There is no contract of {port}.", "`mesh products` lists the ports of the mesh.")
    if there is None:
        raise RevisionError(f"There was no contract of {port} at {base}.", "Name a later revision.")
    file = here if revision.text(here) is not None else there
    name = f"{file} at {base}"
    before = parse_mapping(revision.text(file) or "", name, ContractError)
    check_against(before, Path(name), "odcs", "mesh_platform.contract")
    return before, _document(project.root / here)


def _newest(files: list[str], port: PortAddress) -> str | None:
    mine = [file for file in files if address_of(file)[0] == port]
    return max(mine, key=lambda file: address_of(file)[1], default=None)
