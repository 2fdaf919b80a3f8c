"""A small company to grow: two domains written by hand, and `mesh` called in it."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from mesh_platform.capabilities import every_capability
from mesh_platform.cli.app import command_line
from mesh_platform.project import Project, load_project

COLUMNS = (
    {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True, "description": "The thing."},
    {"name": "owner", "logicalType": "string", "physicalType": "VARCHAR", "classification": "personal"},
    {"name": "sold_at", "logicalType": "timestamp", "physicalType": "TIMESTAMPTZ", "required": True},
    {"name": "colour", "physicalType": "VARCHAR", "description": "Red: or blue."},
)


@pytest.fixture
def grown(company, monkeypatch):
    """A company with the domain shop and its port things, and the domain books that has nothing yet."""
    company.write(
        "workspace.yaml",
        "# The registry.\nload_from:\n"
        "  - python_module: {module_name: shop.definitions, location_name: shop}  # the first\n"
        "  - python_module: {module_name: books.definitions, location_name: books}\n",
    )
    for domain in ("shop", "books"):
        company.domain_file(domain)
    company.contract("things", "shop", COLUMNS)
    company.product("things", "shop")
    company.write("domains/books/README.md", "# Books\n\n| product | port | one row is |\n|---|---|---|\n\nThe end.\n")
    company.write(
        "domains/books/books/ingestion.py",
        '"""Files."""\n\nfrom mesh_platform import CsvSource\n\nSOURCES: list[CsvSource] = []\n',
    )
    monkeypatch.chdir(company.root)
    return company


@pytest.fixture
def project(grown) -> Callable[[], Project]:
    """The company as it is now."""
    return lambda: load_project(grown.root)


@pytest.fixture
def mesh_new(grown) -> Callable[..., Result]:
    """`mesh` with these words, which must succeed; refusals are MeshErrors."""

    def call(*words: object) -> Result:
        result = CliRunner().invoke(
            command_line(every_capability()), [*map(str, words)], env={"COLUMNS": "200", "TERM": "dumb"}, catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result

    return call


@pytest.fixture
def files(grown) -> Callable[[], dict[str, str]]:
    """Every file of the company with its text, the mesh's own state left out."""

    def read() -> dict[str, str]:
        paths = (path.relative_to(grown.root) for path in sorted(grown.root.rglob("*")) if path.is_file())
        own = (path for path in paths if path.parts[0] not in (".mesh", ".git"))
        return {path.as_posix(): (grown.root / path).read_text("utf-8") for path in own}

    return read
