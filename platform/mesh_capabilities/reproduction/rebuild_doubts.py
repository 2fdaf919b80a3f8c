"""What has changed since a version was built: why building it again might not, or cannot, give the same data."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mesh_capabilities.reproduction.source_files import SourceFile
from mesh_platform.build.dbt import ENGINE
from mesh_platform.build.port_graph import PortModel, code_digest, load_compiled, load_port_graph
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError
from mesh_platform.port.version import PortVersion
from mesh_platform.project import Project


@dataclass(frozen=True)
class Doubt:
    """One reason not to be sure of a rebuild."""

    sentence: str
    forbids: bool = False
    """Whether it cannot be built again at all; else it can, and may come out otherwise."""


@dataclass
class Doubts:
    """Holds versions against the mesh as it stands: contracts, models, engine. Every domain is asked once."""

    project: Project
    graphs: dict[str, Mapping[str, PortModel]] = field(default_factory=dict)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def about(self, version: PortVersion, sources: Sequence[SourceFile], unreadable: Collection[str]) -> Iterator[Doubt]:
        """The doubts about one version.

        Args:
            version: what its commit says.
            sources: its source files as they are now.
            unreadable: those of its inputs whose data cannot be read any more.
        """
        yield from (Doubt(f"{name}, which it was made of, can be read no more", forbids=True) for name in unreadable)
        for source in sources:
            if source.state != "same":
                yield Doubt(source.sentence, forbids=True)
        yield from self._contract(version)
        yield from self._models(version)
        engine = version.provenance.engine
        if engine not in (None, ENGINE):
            yield Doubt(f"it was built by {engine}, and now there is {ENGINE}")

    def _contract(self, version: PortVersion) -> Iterator[Doubt]:
        said = version.provenance
        path = self.project.root / said.contract_file
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == said.contract_digest:
            return
        try:
            now = load_contract(path, self.project.root)
        except (MeshError, OSError):
            yield Doubt(f"its contract {said.contract_file} is not there any more, or cannot be read")
            return
        yield Doubt(f"its contract has changed: it was {said.contract_version}, and {said.contract_file} is {now.version}")

    def _models(self, version: PortVersion) -> Iterator[Doubt]:
        address, recorded = version.address, version.provenance.code_digest
        domain = self.project.domains.get(address.domain)
        if domain is None:
            yield Doubt(f"the domain {address.domain} is not in this mesh any more", forbids=True)
            return
        try:
            if address.domain not in self.graphs:
                self.graphs[address.domain] = load_port_graph(domain)
            model = self.graphs[address.domain].get(address.port)
            if model is None:
                yield Doubt(f"no model of {address.domain} makes it any more", forbids=True)
                return
            if model.snapshots:
                tables = ", ".join(model.snapshots).replace('"', "")
                yield Doubt(f"it remembers earlier runs ({tables}), and no version keeps what they remembered", forbids=True)
            if recorded is None:
                yield Doubt("the code of its models was not recorded yet when it was built")
            elif recorded != self._code_now(address.domain, model):
                yield Doubt("the code of its models has changed")
        except MeshError as problem:
            yield Doubt(f"dbt cannot say what its models are now: {problem.found}", forbids=True)

    def _code_now(self, domain: str, model: PortModel) -> str:
        if domain not in self.codes:
            self.codes[domain] = {one.node: one.sql for one in load_compiled(self.project.domains[domain])}
        return code_digest((name, self.codes[domain].get(name, "")) for name in model.models)
