"""Code locations for a test: real Dagster definitions, importable while the test runs."""

import sys
from collections.abc import Callable

import pytest

from mesh_platform.project import Project, load_project


@pytest.fixture
def project(company, tmp_path, monkeypatch) -> Callable[..., Project]:
    """A project whose domains have these ports: `project(zoo={"animals": ["farm/cows"]})`; a text is the code itself."""
    packages = tmp_path / "packages"
    imported = []

    def make(**domains: dict[str, list[str]] | str) -> Project:
        for name, ports in domains.items():
            company.domain_file(name)
            code = ports if isinstance(ports, str) else _definitions(name, ports)
            (packages / name).mkdir(parents=True)
            (packages / name / "definitions.py").write_text(code)
            imported.append(name)
        company.registry(*domains)
        return load_project(company.root)

    packages.mkdir()
    monkeypatch.syspath_prepend(packages)
    yield make
    for module in [module for module in sys.modules if module.partition(".")[0] in imported]:
        del sys.modules[module]


def _definitions(domain: str, ports: dict[str, list[str]]) -> str:
    specs = ", ".join(
        f"AssetSpec(['{domain}', '{port}'], deps={[dep.split('/') for dep in deps]})" for port, deps in ports.items()
    )
    return f"from dagster import AssetSpec, Definitions\n\ndefs = Definitions(assets=[{specs}])\n"
