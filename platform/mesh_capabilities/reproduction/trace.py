"""The provenance of a version: its input versions down to the source files, and the reasons against a rebuild."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from mesh_capabilities.reproduction.doubts import Doubt, Doubts
from mesh_capabilities.reproduction.source_files import SourceFile, SourceFiles
from mesh_capabilities.run_history import LineageHistory
from mesh_isolation.text import whole_number
from mesh_platform.cli.arguments import known_port
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError, PortDamaged, UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import published_port
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import logged_version, readable_versions
from mesh_platform.project import Project


@dataclass(frozen=True)
class Traced:
    """One version with its provenance."""

    address: PortAddress
    number: int
    port: OutputPort
    """The table that holds it."""
    version: PortVersion | None
    """What its commit records; None if there is no such commit."""
    readable: bool
    """Whether its data can still be read."""
    sources: tuple[SourceFile, ...] = ()
    inputs: tuple["Traced", ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """Why a rebuild from its pinned inputs may not give the same data; empty if it would."""

    def __str__(self) -> str:
        return f"{self.address}@{self.number}"

    @property
    def not_built(self) -> str:
        """Why no build of its own made its data, without a full stop; empty if one did. An earlier version can be rebuilt."""
        provenance = self.version.provenance if self.version else None
        if provenance and provenance.rolled_back_to is not None:
            return f"it was not built: it is a rollback to version {provenance.rolled_back_to}"
        return "it replaced no day: all its days came with earlier commits" if provenance and provenance.days == [] else ""

    @property
    def reasons(self) -> tuple[Doubt, ...]:
        """Why a rebuild of this very version may not give the same data: its doubts, and that no build made it."""
        return (*([Doubt(self.not_built, forbids=True)] if self.not_built else ()), *self.doubts)

    def walk(self) -> Iterator["Traced"]:
        """This version and all versions upstream of it, each once."""
        seen: dict[int, Traced] = {}
        ahead = [self]
        for traced in ahead:
            if id(traced) not in seen:
                seen[id(traced)] = traced
                yield traced
                ahead += traced.inputs


def parse_version(text: str) -> tuple[PortAddress, int | None]:
    """`"finance/daily_revenue@17"` → the port and the number, None if there is none. Raises UnknownPort."""
    name, at, number = text.partition("@")
    if at and whole_number(number) is None:
        raise UnknownPort(f"'{text}' is not a version.", "Write it as domain/port@number, like finance/daily_revenue@17.")
    return PortAddress.parse(name), whole_number(number)


def trace_version(project: Project, address: PortAddress, number: int | None = None) -> Traced:
    """Traces a version of a port, by default the served one, through the commits of all its inputs.

    Raises UnknownPort if there is no such version.
    """
    try:
        port = published_port(project.home, address)
    except UnknownPort:
        known_port(str(address))
        raise
    if number is None:
        number = port.current().number
    elif number not in (numbers := port.log.numbers()):
        raise UnknownPort(
            f"{address} has no version {number}; the newest is {numbers[-1]}.", f"`mesh history {address}` lists its versions."
        )
    with LineageHistory(project.home) as history:
        return _Tracing(project, SourceFiles(project.home, history), Doubts(project)).of(port, number)


@dataclass
class _Tracing:
    """Traces versions. Each version is traced only once, even if several versions read it."""

    project: Project
    files: SourceFiles
    doubts: Doubts
    known: dict[tuple[str, int], Traced] = field(default_factory=dict)
    readable: dict[str, set[int]] = field(default_factory=dict)

    def of(self, port: OutputPort, number: int) -> Traced:
        key = (str(port.folder), number)
        if key not in self.known:
            self.known[key] = self._traced(port, number)
        return self.known[key]

    def _traced(self, port: OutputPort, number: int) -> Traced:
        version = _version_of(port, number)
        if version is None:
            return Traced(port.address, number, port, None, False)
        provenance = version.provenance
        sources = tuple(
            self.files.find(port.address.domain, table, digest) for table, digest in sorted(provenance.source.items())
        )
        inputs = []
        for name, input_number in sorted(provenance.inputs.items()):
            major = provenance.majors.get(name, 1)
            table = _table_read(self.project, PortAddress.parse(name), major, version.committed)
            inputs.append(self.of(table, input_number))
        read = {str(traced.address): traced.port if traced.readable else None for traced in inputs}
        doubts = tuple(self.doubts.about(version, sources, read))
        return Traced(port.address, number, port, version, self._readable(port, number), sources, tuple(inputs), doubts)

    def _readable(self, port: OutputPort, number: int) -> bool:
        key = str(port.folder)
        if key not in self.readable:
            self.readable[key] = readable_versions(port.log) if port.published else set()
        return number in self.readable[key]


def _table_read(project: Project, address: PortAddress, major: int, read_at: datetime) -> OutputPort:
    """The table whose versions a reader of that major read at that time.

    An earlier major whose contract says `servedFrom` is a view over the major named there, from the first
    version of that major on. Its readers then pin versions of the newer table.
    """
    own = OutputPort(address, project.home.port(address, major))
    if len(list(own.folder.parent.glob("v*"))) < 2:
        return own  # there is no other major, so the contract need not be read
    path = project.root / "domains" / address.domain / "contracts" / f"{address.port}.v{major}.odcs.yaml"
    with suppress(MeshError, OSError):
        served_from = load_contract(path, project.root).served_from if path.is_file() else None
        if served_from:
            newer = OutputPort(address, project.home.port(address, int(served_from.rpartition(".v")[2])))
            first = _version_of(newer, 0)
            if first and first.committed <= read_at:
                return newer
    return own


def _version_of(port: OutputPort, number: int) -> PortVersion | None:
    """What the commit with that number records, whether its files exist or not; None if there is no such commit."""
    with suppress(PortDamaged, UnknownPort):
        return logged_version(port.log, number)
    return None
