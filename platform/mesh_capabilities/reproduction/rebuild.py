"""Building a port again from what one of its versions was made of, in a home of its own: nothing is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.reproduction.source_files import SourceFile
from mesh_capabilities.reproduction.trace import Traced
from mesh_platform.build import dbt
from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import ContractError, MeshError, NotReproducible, SourceError
from mesh_platform.events import Step, tell
from mesh_platform.home import MeshHome
from mesh_platform.ingestion.reading import ingest_all
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.names import PortAddress
from mesh_platform.port.partitions import latest
from mesh_platform.port.version import PortVersion, Provenance, seen_as
from mesh_platform.product.offer import Offer
from mesh_platform.publish.judging import judge
from mesh_platform.publish.pinning import prepare_views, referenced_files


@dataclass(frozen=True)
class Recipe:
    """Everything that a version is built of again."""

    offer: Offer
    model: PortModel
    contract: Contract
    """As it stands now; where it has changed, the rebuild is judged by what it says now."""
    inputs: tuple[PortVersion, ...]
    """The pinned versions of all inputs, as the models see them."""
    sources: tuple[tuple[CsvSource, SourceFile], ...]
    remarks: tuple[str, ...] = ()


def recipe(traced: Traced, offer: Offer, model: PortModel, sources: Mapping[str, CsvSource]) -> Recipe:
    """What is needed, held against what the models read now. Raises NotReproducible when something is not there."""
    said = traced.version.provenance
    port, root = traced.address.port, offer.domain.root
    read = {*map(str, model.inputs), *(str(PortAddress(offer.domain.name, other)) for other in model.ports)}
    if gained := sorted(read - set(said.inputs)) + sorted(set(model.raw) - set(said.source)):
        raise NotReproducible(
            f"{traced} cannot be built again: its models now read {', '.join(gained)}, which it was not made of.",
            "Check out the models as they were, and try again.",
        )
    references = {str(reference.address): reference for reference in offer.product_of(port).inputs}
    inputs, remarks = [], []
    for one in traced.inputs:
        name = str(one.address)
        if name not in read:
            continue
        version = one.port.at(one.number)
        major = said.majors.get(name, 1)
        if major != version.major:
            file = root / "domains" / one.address.domain / "contracts" / f"{one.address.port}.v{major}.odcs.yaml"
            version = seen_as(load_contract(file, root), version)
        days = references[name].latest_days if name in references else None
        if days is not None:
            version = latest(version, days)
        if name in said.days_read and version.days != said.days_read[name]:
            remarks.append(f"of {one} other days are read now than then, as latestDays says")
        inputs.append(version)
    files = tuple((sources[table], one) for one in traced.sources if (table := one.table.port.partition("_")[2]) in model.raw)
    return Recipe(offer, model, offer.contracts[port], tuple(inputs), files, tuple(remarks))


def build(recipe: Recipe, real: MeshHome, scratch: MeshHome) -> tuple[Path, list[str]]:
    """Builds the candidate in `scratch`, with bad rows set aside as at a publish.

    Args:
        recipe: what of.
        real: the mesh's home, for the ports that the contract's relationships lead to.
        scratch: the home in force, empty.

    Returns: the candidate, and what there is to say of it. Raises NotReproducible when it cannot be built.
    """
    import duckdb

    domain, address = recipe.offer.domain, recipe.contract.address
    scratch.warehouse(domain.name).parent.mkdir(parents=True, exist_ok=True)
    warehouse = WarehouseFile(domain.home.warehouse(domain.name))
    _ingest(recipe, scratch, warehouse)
    own = [version for version in recipe.inputs if version.address.domain == domain.name]
    prepare_views(domain, [version for version in recipe.inputs if version not in own], own, warehouse)
    tell(Step(domain.name, f"building {len(recipe.model.models)} models"))
    nodes = dbt.build(domain, recipe.model.models, lambda name, status: None)
    remarks = [*recipe.remarks, *_failed(address, nodes.values(), recipe.model)]
    candidate = scratch.candidates(domain.name) / f"{address.port}.parquet"
    tell(Step(domain.name, f"auditing {address.port}"))
    made_of = Provenance(recipe.contract.id, recipe.contract.version, recipe.contract.file, recipe.contract.digest, 0, 0)
    pinned = {version.address: version for version in recipe.inputs}
    try:
        judged = judge(recipe.contract, candidate, made_of, scratch, referenced_files(recipe.contract, real, pinned))
        error: object = judged.error
    except (MeshError, ContractError, duckdb.Error) as problem:
        error = problem
    if error:
        remarks.append(f"it would not be published now: {str(error).splitlines()[0].rstrip(':')}")
    return candidate, remarks


def _ingest(recipe: Recipe, scratch: MeshHome, warehouse: object) -> None:
    domain = recipe.offer.domain.name
    for source, file in recipe.sources:
        link = scratch.sources / source.file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file.path)
    with warehouse.get_connection() as connection:
        wanted = {source.table: (source, file) for source, file in recipe.sources}
        read = ingest_all([source for source, _ in recipe.sources], scratch.sources, scratch.aside(domain), connection)
        for source, came in read if wanted else ():
            if isinstance(came, SourceError):
                raise NotReproducible(f"{recipe.contract.address} cannot be built again: {came.found}", came.way_out)
            if came.sha256 != wanted[source.table][1].sha256:
                raise NotReproducible(f"{wanted[source.table][1].path} has changed while it was read.", "Try it again.")


def _failed(address: PortAddress, nodes: Sequence[dbt.NodeResult], model: PortModel) -> list[str]:
    """Tests that fail now, for they forbid a publish and no rebuild. Raises NotReproducible for a model that fails."""
    bad = [node for node in nodes if not node.good and (node.name in model.models or node.id in model.tests)]
    for node in sorted(bad, key=lambda node: node.status == "skipped"):
        if node.kind != "test" and not (node.status == "skipped" and any(other.kind == "test" for other in bad)):
            raise NotReproducible(
                f"{address} cannot be built again: the {node.kind} {node.name} ended with {node.status}: {node.message}.",
                f"See {node.file} of its dbt project.",
            )
        if node.kind != "test":
            raise NotReproducible(
                f"{address} cannot be built again: {node.name} was skipped, because a test of a model it reads fails now.",
                "`mesh run` says which.",
            )
    return [f"the test {node.name} ends with {node.status} now" for node in bad]
