"""The provenance of one version: the versions it was made of, down to the source files, and what a rebuild would lack."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mesh_capabilities.reproduction.rebuild_doubts import Doubt, Doubts
from mesh_capabilities.reproduction.source_files import SourceFile, SourceFiles
from mesh_capabilities.reproduction.stored import described_at, stored_port
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.shelf import published_port
from mesh_platform.port.version import PortVersion
from mesh_platform.port.whole_versions import readable_versions
from mesh_platform.project import Project


@dataclass(frozen=True)
class Traced:
    """One version with everything that it was made of."""

    address: PortAddress
    number: int
    port: OutputPort
    """The table that it lies in."""
    version: PortVersion | None
    """What its commit says; None where there is no such commit."""
    readable: bool
    """Whether its data can still be read."""
    sources: tuple[SourceFile, ...] = ()
    inputs: tuple["Traced", ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """Why building it again, from its inputs as they are pinned, might not give the same data; none when it would."""

    def __str__(self) -> str:
        return f"{self.address}@{self.number}"

    @property
    def possible(self) -> bool:
        """Whether it can be built again at all from what there is."""
        return not any(doubt.forbids for doubt in self.doubts)

    def walk(self) -> Iterator["Traced"]:
        """This version and all it was made of, each once."""
        seen: dict[int, Traced] = {}
        ahead = [self]
        for one in ahead:
            if id(one) not in seen:
                seen[id(one)] = one
                yield one
                ahead += one.inputs


def parse_version(text: str) -> tuple[PortAddress, int | None]:
    """`"finance/daily_revenue@17"` → the port and the number, None where none is named. Raises UnknownPort."""
    name, at, number = text.partition("@")
    if at and not number.isdecimal():
        raise UnknownPort(f"'{text}' names no version.", "Write it as domain/port@number, like finance/daily_revenue@17.")
    return PortAddress.parse(name), int(number) if at else None


def trace(project: Project, address: PortAddress, number: int | None = None) -> Traced:
    """Follows a version of a port, by default the served one, through the commits of all that it was made of.

    Raises UnknownPort when there is no such version.
    """
    port = published_port(project.home, address)
    if number is None:
        number = port.current().number
    elif number not in (numbers := port.log.numbers()):
        raise UnknownPort(
            f"{address} has no version {number}; the newest is {numbers[-1]}.", f"`mesh history {address}` lists what there is."
        )
    return Tracing(project).of(port, number)


@dataclass
class Tracing:
    """Follows versions; each is followed once, however many were made of it."""

    project: Project
    known: dict[tuple[str, int], Traced] = field(default_factory=dict)
    readable: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.files = SourceFiles(self.project.home)
        self.doubts = Doubts(self.project)

    def of(self, port: OutputPort, number: int) -> Traced:
        key = (str(port.folder), number)
        if key not in self.known:
            self.known[key] = self._followed(port, number)
        return self.known[key]

    def _followed(self, port: OutputPort, number: int) -> Traced:
        version = described_at(port, number)
        if version is None:
            return Traced(port.address, number, port, None, False)
        said = version.provenance
        sources = tuple(self.files.find(port.address.domain, table, digest) for table, digest in sorted(said.source.items()))
        inputs = []
        for name, input_number in sorted(said.inputs.items()):
            address = PortAddress.parse(name)
            stored = stored_port(self.project, address, said.majors.get(name, 1), version.committed)
            inputs.append(self.of(stored, input_number))
        unreadable = [str(one) for one in inputs if not one.readable]
        doubts = tuple(self.doubts.about(version, sources, unreadable))
        return Traced(port.address, number, port, version, self._readable(port, number), sources, tuple(inputs), doubts)

    def _readable(self, port: OutputPort, number: int) -> bool:
        key = str(port.folder)
        if key not in self.readable:
            self.readable[key] = readable_versions(port.log) if port.published else set()
        return number in self.readable[key]
