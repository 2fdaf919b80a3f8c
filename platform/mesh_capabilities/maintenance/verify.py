"""Verifying: the files of every retained version of a port, compared with what its commits record of them.

Without `deep`, it checks that each file exists, has the recorded length, and begins and ends like a Parquet file; of a port
in a bucket, only the existence and the length. With `deep`, it reads every file and compares its SHA-256 with the digest in
its name. A file that was committed before digests were recorded has none, and is counted as such.
"""

import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mesh_capabilities.kept_contracts import lost_contracts
from mesh_capabilities.maintenance.vacuum import pinned_versions, present_versions, retained
from mesh_capabilities.targets import of_targets
from mesh_isolation.files import is_complete, recorded_digest
from mesh_isolation.text import counted
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError, PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.place import place_of, port_flaws
from mesh_platform.port.shelf import port_folders
from mesh_platform.port.version import damaged_version
from mesh_platform.port.whole_versions import listed_version
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project


@dataclass
class Inspection:
    """What was verified of one major of a port, and what is wrong with it."""

    port: OutputPort
    versions: int = 0
    """The number of versions whose files were verified."""
    removed: int = 0
    """The number of versions beyond the contract's retention whose files a vacuum has removed."""
    files: int = 0
    bytes: int = 0
    undigested: int = 0
    """The number of these files that were committed before digests were recorded."""
    problems: list[str] = field(default_factory=list)

    @property
    def major(self) -> str:
        return self.port.folder.name


def inspect_targets(project: Project, targets: Sequence[str], deep: bool, progress: Callable[[str], None]) -> list[Inspection]:
    """Verifies every published major of the ports of `targets` (`sales`, `sales/orders`; none for all).

    Args:
        project: the mesh.
        targets: domains and ports, as typed.
        deep: read every file, and compare its digest.
        progress: called with a text before each version.

    Raises UnknownPort for an unknown target, PortsUnreachable when the bucket of the ports does not respond.
    """
    ports = [port for port in port_folders(project.home) if port.published]
    chosen = of_targets(project, ports, targets, published=True)
    contracts = _contracts(project)
    pinned = pinned_versions(version for port in ports for version in present_versions(port))
    inspections = []
    for port in chosen:
        contract = contracts.get((port.address, port.folder.name))
        inspections.append(_inspected(port, contract, pinned.get(str(port.address), ()), deep, progress))
    return inspections


def _contracts(project: Project) -> dict[tuple[PortAddress, str], Contract]:
    """The contract of each major. Contracts of a domain that does not load are left out; the domain reports the error."""
    contracts = {}
    for domain in project.domains.values():
        with suppress(MeshError):
            contracts |= {(part.address, f"v{part.major}"): part for part in load_offer(domain).contracts.values()}
    return contracts


def _inspected(
    port: OutputPort, contract: Contract | None, pinned: Collection[int], deep: bool, progress: Callable[[str], None]
) -> Inspection:
    done, seen = Inspection(port), {}
    progress(f"{port.address}: reading the log")
    history = port.history()
    try:
        damaged_entry = port.log.first_damage()
    except PortDamaged as damage:
        damaged_entry = (-1, damage)
    if damaged_entry:
        done.problems.append(str(damaged_entry[1]))
    if history and (first := history[-1].number) > 0 and not damaged_entry:
        done.problems.append(  # a vacuum of the mesh removes no entry
            f"{port.address}: its log begins with version {first}, because another program has removed entries; the earlier "
            f"versions cannot be read. Restore the entries of {port.log.folder} from a backup."
        )
    # Without a contract it is not known which files a vacuum may have removed: only the newest version must have its files.
    kept = {version.number for version in history[:1]} | set(pinned)
    kept |= set(retained(history, contract.retention, datetime.now(UTC))) if contract else set()
    promised = [(version.number, version.provenance) for version in history if version.number in kept]
    done.problems += map(str, lost_contracts(port.address, port.folder, promised))
    for version in reversed(history):
        try:
            listed, sizes = listed_version(port.log, version.number)
        except PortDamaged as damage:
            done.problems.append(str(damage))
            continue
        stored = port.log.place.sizes(sizes)
        if version.number not in kept and len(stored) < len(sizes):
            done.removed += 1
            continue
        new = {file: size for file, size in sizes.items() if file not in seen}
        progress(f"{port.address} version {version.number}: {counted(len(new), 'file')}, {sum(new.values()) / 1e6:,.1f} MB")
        seen |= _problems(port, {file: stored.get(file) for file in new}, new, deep)
        if version is history[0]:  # as every reader verifies it
            try:
                port.at(version.number)
            except PortDamaged as problem:
                done.problems.append(str(problem))
        done.versions += 1
        done.files += len(new)
        done.bytes += sum(new.values())
        done.undigested += sum(recorded_digest(file) is None for file in new)
        broken = [file for file in listed.files if seen[file] and not any(str(file) in known for known in done.problems)]
        done.problems += [str(damaged_version(port.address, version.number, seen[file])) for file in broken[:_SHOWN]]
    return done


_SHOWN = 10
"""The number of damaged files that are named for each version."""


def _problems(port: OutputPort, stored: dict[Path, int | None], sizes: dict[Path, int], deep: bool) -> dict[Path, str]:
    """What is wrong with each of these files; an empty text if nothing is."""
    problems = dict.fromkeys(sizes, "")
    for file, size in stored.items():
        if size is None:
            problems[file] = f"{file} is missing"
        elif size != sizes[file]:
            problems[file] = f"{file} has {size:,} bytes and was written with {sizes[file]:,}"
    rest = [file for file, problem in problems.items() if not problem]
    if deep and port.log.place.remote:
        problems |= _fetched_flaws(port, rest)
    elif deep:
        problems |= port_flaws(port.folder, rest, again=True)
    if not port.log.place.remote:
        problems |= {file: f"{file} is not a complete Parquet file" for file in rest if not problems[file] and not _ends(file)}
    return problems


def _ends(file: Path) -> bool:
    try:
        return is_complete(file)
    except OSError:
        return False


def _fetched_flaws(port: OutputPort, files: Iterable[Path]) -> dict[Path, str]:
    """What is wrong with objects in a bucket: they are copied to a temporary folder, because a local copy proves nothing."""
    reasons = {}
    for file in files:
        with tempfile.TemporaryDirectory(prefix="mesh-verify-") as scratch:
            place = place_of(Path(scratch, "ports", *port.folder.parts[-3:]))
            copy = place.folder / file.relative_to(port.folder)
            place.fetch([copy])
            for reason in port_flaws(place.folder, [copy], again=True).values():
                reasons[file] = reason.replace(str(place.folder), place.uri)
    return reasons
