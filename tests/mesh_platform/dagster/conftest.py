"""Code locations for a test: real Dagster definitions in the place of those that the platform builds of a domain."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mesh_platform.dagster import execute
from mesh_platform.ingestion.source import CsvSource
from mesh_platform.project import Project, load_project


@pytest.fixture
def sources() -> dict[str, list[CsvSource]]:
    """What the domains of `project` declare; a test adds to it."""
    return {}


@pytest.fixture
def project(company, sources, monkeypatch) -> Callable[..., Project]:
    """A project whose domains have these ports: `project(zoo={"animals": ["farm/cows"]})`; a text is the code itself."""
    codes: dict[str, str] = {}

    def make(**domains: dict[str, list[str]] | str) -> Project:
        for name, ports in domains.items():
            company.domain_file(name)
            codes[name] = ports if isinstance(ports, str) else _definitions(name, ports)
        company.registry(*domains)
        return load_project(Path(company.root))

    def definitions_of(root: Path, name: str):
        names: dict = {}
        exec(codes[name], names)
        return names["defs"]

    monkeypatch.setattr(execute, "definitions_of", definitions_of)
    monkeypatch.setattr(execute, "sources_of", lambda domain: sources.get(domain.name, []))
    return make


def _definitions(domain: str, ports: dict[str, list[str]]) -> str:
    specs = ", ".join(
        f"AssetSpec(['{domain}', '{port}'], deps={[dep.split('/') for dep in deps]})" for port, deps in ports.items()
    )
    return f"from dagster import AssetSpec, Definitions\n\ndefs = Definitions(assets=[{specs}])\n"
