"""A mesh of two domains with a fake dbt, and a count of what is read of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mesh_capabilities import compiled_models
from mesh_capabilities.governance.catalog import harvesting
from mesh_capabilities.governance.catalog.catalog import Catalog, open_catalog
from mesh_platform.build import dbt
from mesh_platform.build.dbt import CompiledModel
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import TransformationError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
from mesh_platform.project import load_project

RELIES = [{"property": "expectations", "value": [{"columns": ["id", "price"]}]}]
COLUMNS = (
    {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True, "required": True},
    {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(12,2)", "classification": "internal"},
)


class SmallMesh:
    """shop publishes things and sellers; books publishes sales from things, with expectations of its columns."""

    def __init__(self, company, parquet: Callable[..., Path], models: dict[str, dict[str, str]]) -> None:
        self.company, self.root, self._parquet = company, company.root, parquet
        self.models = models
        """By domain, the SQL of its ports as dbt compiles it; of a domain without any, dbt cannot read the project."""
        self.read: Counter[str] = Counter()
        """By kind of part, how many were read since `reads` was asked last."""

    def open(self) -> Catalog:
        return open_catalog(load_project(self.root, with_broken=True))

    def reads(self) -> dict[str, int]:
        """Opens the catalog once more, and says how many parts of each kind were read for that."""
        self.read.clear()
        self.open()
        return dict(self.read)

    def model(self, domain: str, port: str, sql: str) -> None:
        """Another model: its file changes, and what dbt makes of it."""
        self.models[domain][port] = sql
        self.company.write(f"dbt_projects/{domain}/models/ports/{port}.sql", f"{sql}\n")

    def publish(self, port: str, inputs: Mapping[str, int] = {}) -> None:
        address = PortAddress.parse(port)
        file = f"domains/{address.domain}/contracts/{address.port}.v1.odcs.yaml"
        contract = load_contract(self.root / file, self.root)
        candidate = self._parquet("SELECT 1::INTEGER AS id, 2::DECIMAL(12,2) AS price")
        said = Provenance(contract.id, contract.version, file, contract.digest, 1, 3, run="a run", inputs=inputs)
        OutputPort(address, load_project(self.root).home.port(address, 1)).publish(candidate, contract, said)


def manifest(domain: str, models: Mapping[str, str]) -> dict:
    """The manifest that dbt would write: a model reads `<other domain>.<port>` and `main.<port>` as in its SQL."""
    nodes, sources = {}, {}
    for port, sql in models.items():
        reads = []
        for other in ("shop", "books"):
            for name in ("things", "sellers", "sales"):
                if f"{other}.{name}" in sql:
                    reads.append(f"source.{other}.{name}")
                    said = {"source_name": other, "name": name, "original_file_path": "inputs.yml"}
                    meta = {"config": {"meta": {"dagster": {"asset_key": [other, name]}}}}
                    table = {"database": domain, "schema": other, "identifier": name}
                    sources[reads[-1]] = {**said, **meta, **table, "relation_name": f"{domain}.{other}.{name}"}
        file = f"models/ports/{port}.sql"
        named = {"name": port, "alias": port, "schema": "main", "original_file_path": file, "resource_type": "model"}
        nodes[f"model.{domain}.{port}"] = {**named, "config": {"materialized": "port"}, "depends_on": {"nodes": reads}}
    return {"nodes": nodes, "sources": sources}


@pytest.fixture
def small_mesh(company, parquet, monkeypatch) -> SmallMesh:
    company.registry("shop", "books")
    company.domain_file("shop")
    company.domain_file("books")
    for port in ("things", "sellers"):
        company.product(port)
        company.contract(port, columns=COLUMNS)
    company.contract("sales", "books", columns=COLUMNS)
    relied_on = {"name": "shop/things", "version": "1.0.0", "contractId": "shop.things.v1", "customProperties": RELIES}
    company.product("sales", "books", inputPorts=[relied_on])
    for domain in ("shop", "books"):
        company.write(f"dbt_projects/{domain}/dbt_project.yml", f"name: {domain}\n")
    mesh = SmallMesh(company, parquet, {"shop": {}, "books": {}})
    mesh.model("shop", "things", "select id, price from raw.things")
    mesh.model("shop", "sellers", "select id, price from raw.sellers")
    mesh.model("books", "sales", "select id, 2 * price as price from shop.things where id > 0")

    def answered(domain):
        if not mesh.models[domain.name]:
            raise TransformationError(f"dbt cannot parse dbt_projects/{domain.name}: a bracket is open.", "Close it.")
        mesh.read["dbt"] += 1
        return mesh.models[domain.name]

    def compiled(domain):
        place = {"schema": "main", "materialized": "port"}
        return [
            CompiledModel(name=port, file=f"models/ports/{port}.sql", sql=sql, node=port, **place)
            for port, sql in answered(domain).items()
        ]

    monkeypatch.setattr(dbt, "parse", lambda domain: manifest(domain.name, answered(domain)))
    monkeypatch.setattr(compiled_models, "compiled", compiled)
    monkeypatch.setattr(harvesting, "HARVESTERS", _counted(mesh))
    return mesh


def _counted(mesh: SmallMesh) -> dict:
    def counted(kind, harvester):
        def count(*arguments):
            mesh.read[kind] += 1
            return harvester(*arguments)

        return count

    return {kind: counted(kind, harvester) for kind, harvester in harvesting.HARVESTERS.items()}
