"""Why a rebuild of a version may not give the same data, or is not possible: one list for `mesh trace` and `mesh reproduce`."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mesh_capabilities.compiled_models import load_compiled
from mesh_capabilities.reproduction.code_doubts import code_doubts
from mesh_capabilities.reproduction.source_files import SourceFile
from mesh_isolation.team_files import UnreadableFile, code_digest, digest_of, plain_files
from mesh_platform.build.dbt import ENGINE, CompiledModel
from mesh_platform.build.port_graph import PortModel, load_port_graph
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.partitioned_port import latest
from mesh_platform.port.version import PortVersion
from mesh_platform.product.offer import load_offer
from mesh_platform.project import Project


@dataclass(frozen=True)
class Doubt:
    """One reason why a rebuild may not give the same data."""

    sentence: str
    forbids: bool = False
    """Whether a rebuild is impossible; otherwise it is possible, and its data may differ."""


@dataclass
class Doubts:
    """Compares versions with the current contracts, models and engine of the mesh. Each domain is loaded once.

    `mesh trace` shows the doubts, and `mesh reproduce` refuses what one of them forbids and reports the others.
    """

    project: Project
    graphs: dict[str, Mapping[str, PortModel]] = field(default_factory=dict)
    codes: dict[str, list[CompiledModel]] = field(default_factory=dict)

    def about(
        self, version: PortVersion, sources: Sequence[SourceFile], inputs: Mapping[str, OutputPort | None]
    ) -> Iterator[Doubt]:
        """The doubts about one version.

        Args:
            version: what its commit records.
            sources: its source files with their current states.
            inputs: each of its inputs with the port that holds it; None if its data can no longer be read.
        """
        provenance = version.provenance
        for name, port in inputs.items():
            if port is None:
                yield Doubt(f"its input {name}@{provenance.inputs[name]} can no longer be read", forbids=True)
        for source in sources:
            if source.state != "same":
                yield Doubt(source.sentence, forbids=True)
        yield from self._contract(version)
        yield from self._models(version)
        yield from self._days(version, inputs)
        engine = provenance.engine
        if engine not in (None, ENGINE):
            yield Doubt(f"it was built by {engine}, and the engine is {ENGINE} now")

    def _contract(self, version: PortVersion) -> Iterator[Doubt]:
        provenance = version.provenance
        path = self.project.root / provenance.contract_file
        with suppress(UnreadableFile):
            if digest_of(path) == provenance.contract_digest:
                return
        try:
            now = load_contract(path, self.project.root)
        except (MeshError, OSError):
            yield Doubt(f"its contract {provenance.contract_file} no longer exists or cannot be read")
            return
        yield Doubt(
            f"its contract has changed: it was {provenance.contract_version}, "
            f"and {provenance.contract_file} is {now.version} now"
        )

    def _models(self, version: PortVersion) -> Iterator[Doubt]:
        address, recorded = version.address, version.provenance.code_digest
        domain = self.project.domains.get(address.domain)
        if domain is None:
            yield Doubt(f"the domain {address.domain} is no longer part of this mesh", forbids=True)
            return
        try:
            if address.domain not in self.graphs:
                self.graphs[address.domain] = load_port_graph(domain)
            model = self.graphs[address.domain].get(address.port)
            if model is None:
                yield Doubt(f"no model of {address.domain} builds it any more", forbids=True)
                return
            if model.snapshots:
                tables = ", ".join(model.snapshots).replace('"', "")
                yield Doubt(f"it reads dbt snapshots ({tables}), whose earlier states are not kept", forbids=True)
            read = {*map(str, model.inputs), *(str(PortAddress(domain.name, other)) for other in model.ports)}
            if gained := sorted(read - set(version.provenance.inputs)) + sorted(
                set(model.raw) - set(version.provenance.source)
            ):
                yield Doubt(f"its models now read {', '.join(gained)}, which it did not read", forbids=True)
        except MeshError as problem:
            yield Doubt(f"dbt cannot load the current models: {problem.found}", forbids=True)
            return
        try:
            if recorded is None:
                yield Doubt("the code of its models was not recorded when it was built")
            elif recorded not in self._current_codes(address.domain, model):
                yield Doubt("the code of its models has changed")
            yield from map(Doubt, code_doubts(self._compiled(address.domain), model.models, domain.dbt_project))
        except MeshError as problem:  # dbt cannot compile the project; a build of its port can still work
            yield Doubt(f"its models cannot be compared with those of that time: {problem.found.rstrip('.')}")

    def _days(self, version: PortVersion, inputs: Mapping[str, OutputPort | None]) -> Iterator[Doubt]:
        """Whether `latestDays` of an input now selects other days than it did."""
        provenance, domain = version.provenance, self.project.domains.get(version.address.domain)
        with suppress(MeshError, StopIteration):  # other doubts name what is not there or does not load
            product = load_offer(domain).product_of(version.address.port) if domain and provenance.days_read else None
            latest_days = {str(reference.address): reference.latest_days for reference in product.inputs} if product else {}
            for name, read in provenance.days_read.items():
                if port := inputs.get(name):
                    whole = port.at(provenance.inputs[name])
                    days = latest_days.get(name)
                    if (whole if days is None else latest(whole, days)).days != read:
                        yield Doubt(f"latestDays now selects other days of {name}@{whole.number} than the build did")

    def _compiled(self, domain: str) -> list[CompiledModel]:
        if domain not in self.codes:
            self.codes[domain] = load_compiled(self.project.domains[domain])
        return self.codes[domain]

    def _current_codes(self, domain: str, model: PortModel) -> set[str]:
        """The digest of the current code as it is executed without earlier tables of incremental models, and with them."""
        compiled = {each.node: each for each in self._compiled(domain)}
        seeds = {file.stem: file for file in plain_files(self.project.domains[domain].dbt_project, ".csv")}

        def code(name: str, again: bool) -> str:
            if name in compiled:
                return again and compiled[name].adds or compiled[name].sql
            return _seed_code(seeds.get(name))

        return {code_digest((name, code(name, again)) for name in model.models) for again in (False, True)}


_LARGEST_SEED = 1 << 20
"""dbt does not compare the content of a larger seed."""


def _seed_code(file: Path | None) -> str:
    """The code of a seed as dbt reports it when it runs: the SHA-256 of its text, or empty if that cannot be said."""
    with suppress(OSError, UnicodeDecodeError):
        if file and file.stat().st_size <= _LARGEST_SEED:
            return hashlib.sha256(file.read_text(encoding="utf-8").strip().encode()).hexdigest()
    return ""
