"""What the platform's tests share: the files of a small company, real Parquet, and an environment to spoil."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from mesh_platform.project import DomainFolder, load_domain

CONTRACT = {"apiVersion": "v3.1.0", "kind": "DataContract", "version": "1.0.0", "status": "active"}
PRODUCT = {"apiVersion": "v1.0.0", "kind": "DataProduct", "version": "1.0.0", "status": "active"}
COLUMNS = ({"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True},)
DAY = {
    "name": "day",
    "physicalType": "DATE",
    "logicalType": "date",
    "partitioned": True,
    "required": True,
    "primaryKey": True,
    "logicalTypeOptions": {"minimum": "2017-01-01"},
}
"""The column of a contract by day."""


class Company:
    """A repository in the making. Each method writes one file as a domain's team would; a change of None leaves a key out."""

    def __init__(self, root: Path, capabilities: Sequence[str] = ()) -> None:
        self.root = root
        self.write("mesh.toml", f"capabilities = {json.dumps([*capabilities])}\n")

    def write(self, path: str, content: str | Mapping) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        target.write_text(text, encoding="utf-8")
        return target

    def registry(self, *names: str) -> Path:
        entries = [{"python_module": {"module_name": f"{name}.definitions", "location_name": name}} for name in names]
        return self.write("workspace.yaml", {"load_from": entries})

    def domain(self, name: str = "shop", **changes: Any) -> DomainFolder:
        self.domain_file(name, **changes)
        return load_domain(self.root, name)

    def domain_file(self, folder: str = "shop", **changes: Any) -> Path:
        said = {"name": folder, "title": folder.title(), "description": "Sells things.", "owner": f"team:{folder}"}
        (self.root / "dbt_projects" / folder).mkdir(parents=True, exist_ok=True)  # a project without a model
        return self.write(f"domains/{folder}/domain.yaml", _changed({**said, "channel": f"#data-{folder}"}, changes))

    def contract(
        self,
        port: str = "things",
        domain: str = "shop",
        columns: Sequence[Mapping] = COLUMNS,
        quality: Sequence[Mapping] = (),
        file: str | None = None,
        **changes: Any,
    ) -> Path:
        table = {"name": port, "description": "The things.", "dataGranularityDescription": "One row per thing."}
        table |= {"properties": list(columns)} | ({"quality": list(quality)} if quality else {})
        names = {"id": f"{domain}.{port}.v1", "name": port, "domain": domain, "dataProduct": port}
        said = _changed({**CONTRACT, **names, "schema": [table]}, changes)
        return self.write(f"domains/{domain}/contracts/{file or f'{port}.v1.odcs.yaml'}", said)

    def product(self, name: str = "things", domain: str = "shop", ports: Sequence[str] | None = None, **changes: Any) -> Path:
        outputs = [{"name": port, "version": "1.0.0", "contractId": f"{domain}.{port}.v1"} for port in ports or [name]]
        names = {"id": f"{domain}.{name}", "name": name, "domain": domain, "description": {"purpose": "To have things."}}
        said = _changed({**PRODUCT, **names, "outputPorts": outputs, "team": {"name": domain}}, changes)
        return self.write(f"domains/{domain}/products/{name}.odps.yaml", said)


def _changed(said: Mapping, changes: Mapping) -> dict:
    return {key: value for key, value in {**said, **changes}.items() if value is not None}


@pytest.fixture
def capabilities() -> tuple[str, ...]:
    """What the company's mesh lists: nothing, so that the core is tested by itself."""
    return ()


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capabilities: Sequence[str]) -> Company:
    """An empty repository whose state goes below it."""
    monkeypatch.delenv("MESH_HOME", raising=False)
    monkeypatch.delenv("MESH_SOURCE", raising=False)
    return Company(tmp_path / "company", capabilities)


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """One DuckDB for whatever tests make or look up by themselves: opening one takes longer than most tests."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def parquet(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Callable[..., Path]:
    """Writes the result of a query to a Parquet file."""

    def write(sql: str, path: Path | None = None) -> Path:
        target = path or tmp_path / "candidates" / "candidate.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        quoted = str(target).replace("'", "''")
        duck.execute(f"COPY ({sql}) TO '{quoted}' (FORMAT parquet)")
        return target

    return write


@pytest.fixture
def own_environment() -> Iterator[None]:
    """Whatever a test does to the environment of this process ends with it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
