"""Which ports an edit concerns: its own, those made of them, and all of them where nobody can tell."""

from pathlib import Path

import pytest

from mesh_capabilities.review.reach import affected_ports
from mesh_capabilities.review.show_dev import matters
from mesh_platform.build.port_graph import PortModel
from mesh_platform.product.offer import load_offer


def made(name, models=(), ports=()):
    return PortModel(name, f"models/ports/{name}.sql", (name, *models), (), (), (), tuple(ports))


GRAPH = {
    "things": made("things", ["stg_things"]),
    "parts": made("parts", ["stg_parts", "stg_things"]),
    "sums": made("sums", ports=["parts"]),
}


@pytest.fixture
def offer(company):
    domain = company.domain()
    for name in GRAPH:
        company.product(name)
        company.contract(name)
    return load_offer(domain)


@pytest.mark.parametrize(
    ("file", "ports"),
    [
        ("dbt_projects/shop/models/ports/things.sql", {"things"}),
        ("dbt_projects/shop/models/ports/sums.yml", {"sums"}),
        ("dbt_projects/shop/models/staging/stg_parts.sql", {"parts", "sums"}),
        ("dbt_projects/shop/models/staging/stg_things.sql", {"things", "parts", "sums"}),
        ("dbt_projects/shop/macros/anything.sql", {"things", "parts", "sums"}),
        ("dbt_projects/shop/models/inputs/sales.yml", {"things", "parts", "sums"}),
        ("domains/shop/contracts/parts.v1.odcs.yaml", {"parts", "sums"}),
        ("domains/shop/products/things.odps.yaml", {"things"}),
        ("domains/shop/products/gone.odps.yaml", {"things", "parts", "sums"}),
        ("domains/shop/contracts/nothing.v1.odcs.yaml", set()),
        ("domains/shop/domain.yaml", {"things", "parts", "sums"}),
    ],
)
def test_an_edit_concerns_the_ports_that_are_made_of_it(offer, file, ports):
    assert affected_ports([offer.domain.root / file], offer, GRAPH) == ports


def test_several_edits_at_once_concern_the_ports_of_each(offer):
    files = ["dbt_projects/shop/models/ports/things.sql", "dbt_projects/shop/models/ports/sums.sql"]
    assert affected_ports([offer.domain.root / file for file in files], offer, GRAPH) == {"things", "sums"}


@pytest.mark.parametrize(
    ("file", "matter"),
    [
        ("models/ports/things.sql", True),
        ("contracts/things.v1.odcs.yaml", True),
        ("models/ports/things.yml", True),
        ("products/things.lifecycle.yaml", False),
        ("README.md", False),
        ("models/ports/.things.sql.swp", False),
        ("dbt_projects/shop/target/compiled/things.sql", False),
        ("dbt_projects/shop/logs/things.yml", False),
        ("dbt_projects/target/models/ports/things.sql", True),
        ("dbt_projects/shop/models/logs/things.sql", True),
        ("domains/logs/contracts/things.v1.odcs.yaml", True),
        ("shop/definitions.py", False),
    ],
)
def test_only_files_that_ports_are_made_of_wake_it(file, matter):
    assert matters(Path(file)) == matter
