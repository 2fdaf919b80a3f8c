"""A small company with published ports, and `mesh` called in this process or as a command."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mesh_platform.cli.app import command_line_here
from mesh_platform.contract.document import load_contract
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import PortVersion, Provenance

COLUMNS = (
    {"name": "id", "physicalType": "INTEGER", "primaryKey": True, "description": "Identifies the thing."},
    {"name": "price", "physicalType": "DECIMAL(10,2)", "required": True, "description": "In reais."},
    {"name": "note", "physicalType": "VARCHAR"},
)


@pytest.fixture
def shop(company, monkeypatch):
    """Two domains, shop/things and books/sales; nothing is published yet. The test stands in the repository."""
    company.registry("shop", "books")
    for domain, port in (("shop", "things"), ("books", "sales")):
        company.domain_file(domain)
        company.contract(port, domain, COLUMNS)
        inputs = [{"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}] if domain == "books" else None
        company.product(port, domain, inputPorts=inputs)
    monkeypatch.chdir(company.root)
    return company


@pytest.fixture
def publish(shop, parquet) -> Callable[..., PortVersion]:
    """Publishes rows of `id, price, note` to a port of the company."""

    def publish(values: str, port: str = "things", domain: str = "shop", **said: Any) -> PortVersion:
        contract = load_contract(shop.root / f"domains/{domain}/contracts/{port}.v1.odcs.yaml", shop.root)
        sql = f"SELECT id::INTEGER AS id, price::DECIMAL(10,2) AS price, note FROM (VALUES {values}) t(id, price, note)"
        names = {"contract": contract.id, "contract_version": contract.version, "contract_file": contract.file}
        provenance = Provenance(**({**names, "contract_digest": contract.digest, "rows": 1, "rules": 4} | said))
        served = OutputPort(contract.address, shop.root / ".mesh/ports" / domain / port / "v1")
        return served.publish(parquet(sql), contract, provenance)

    return publish


class Calls:
    """`mesh`, called in this process."""

    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(command_line_here(), [*map(str, arguments)], env={"COLUMNS": "200", "TERM": "dumb"})

    def text(self, *arguments: object) -> str:
        """What it prints when it works, runs of spaces made one."""
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return re.sub(r" +", " ", result.stdout)

    def json(self, *arguments: object) -> Any:
        """The one document it prints, read by a strict reader."""
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.fixture
def call() -> Calls:
    return Calls()


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`mesh` as a command of its own, into a pipe."""
    forced = ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "CLICOLOR_FORCE")

    def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        # Read now, not when the fixture is made: what an earlier test left in the environment is not this test's.
        environment = {name: value for name, value in os.environ.items() if name not in forced}
        program = Path(sys.executable).parent / "mesh"
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=environment)

    return run
