"""`mesh ports vacuum`: what is kept of every port, and what was removed."""

from mesh_capabilities.maintenance.vacuum import Vacuum
from mesh_platform.cli.output import add_row, console, print_json, table, verdict
from mesh_platform.contract.contract import Contract
from mesh_platform.project import load_project


def vacuum_ports(targets: list[str], dry_run: bool, wait: float, as_json: bool) -> None:
    """Removes, or with `dry_run` only says, what no contract and no consumer needs."""
    from mesh_capabilities.maintenance.running import vacuum

    found = vacuum(load_project(), targets, dry_run, wait)
    if as_json:
        print_json({"dry_run": dry_run, "ports": [_document(*one) for one in found]})
        return
    listing = table("port", "keeps", "readable versions", "given up", "files", "MB", numbers=("files", "MB"))
    for contract, one in found:
        add_row(
            listing,
            contract.address,
            contract.retention or "every version",
            _numbers(one.kept),
            _numbers(one.given_up),
            f"{len(one.files):,}",
            f"{one.bytes / 1e6:.1f}",
        )
    console().print(listing)
    files, size = sum(len(one.files) for _, one in found), sum(one.bytes for _, one in found) / 1e6
    versions = sum(len(one.given_up) for _, one in found)
    verb = "would be removed" if dry_run else "removed"
    verdict(True, f"{versions} versions of {len(found)} ports given up: {files:,} files, {size:.1f} MB {verb}")


def _numbers(versions: tuple[int, ...]) -> str:
    """Newest first, those in a row as a range."""
    parts: list[list[int]] = []
    for number in versions:
        if parts and parts[-1][-1] == number + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _document(contract: Contract, one: Vacuum) -> dict:
    return {
        "port": str(contract.address),
        "retention": contract.retention.said if contract.retention else None,
        "readable": one.kept,
        "given_up": one.given_up,
        "files": [str(file.relative_to(one.port.folder)) for file in one.files],
        "bytes": one.bytes,
    }
