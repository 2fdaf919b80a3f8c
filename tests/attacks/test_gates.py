"""A domain that makes the platform wait, or fail, while it judges the publish of another domain."""

import time
from contextvars import copy_context
from threading import Thread

import pytest
from filelock import FileLock

from mesh_capabilities import compiled_models
from mesh_capabilities.columns import port_columns
from mesh_capabilities.columns.mesh_lineage import load_mesh_lineage
from mesh_capabilities.governance.catalog import harvesting
from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.policy_gate import policy_rulings
from mesh_platform.build import dbt
from mesh_platform.errors import ContractError, ProjectError
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_domain, load_project

LOOPS = "{% for i in range(90000) %}" * 3 + "{% endfor %}" * 3 + "select 1 as id"
"""Jinja that ends after a million years."""
VIEWS = {"v0": "select 1 as id, 2 as price, 'a' as note"} | {
    f"v{n}": f"select a.* from {{{{ ref('v{n - 1}') }}}} as a join {{{{ ref('v{n - 1}') }}}} as b using (id)"
    for n in range(1, 25)
}
"""Twenty-four views, each of which joins the one before with itself."""
HOSTILE = {
    "endless loops": {"models/evil.sql": LOOPS},
    "endless loops in a macro": {
        "models/evil.sql": "{{ evil() }}",
        "macros/evil.sql": "{% macro evil() %}" + LOOPS + "{% endmacro %}",
    },
    "memory": {"models/evil.sql": "{{ 'a' * 8000000000 }} select 1"},
    "a large model": {"models/ports/sales.sql": "{{ config(materialized='port') }} select 1 as id {{ ', 1' * 2000000 }}"},
    "a transition of other types": {
        "../../domains/books/products/sales.lifecycle.yaml": "transitions: [{from: [1], to: {}, at: {a: 1}, by: 1, why: 2}]"
    },
    "a project of another shape": {"dbt_project.yml": "[" * 50},
}
"""What another domain changes, below its dbt project."""

DOUBLING = {
    **{f"models/{name}.sql": sql for name, sql in VIEWS.items()},
    "models/ports/sales.sql": "{{ config(materialized='port') }} select * from {{ ref('v24') }}",
}
"""Views that read the view before twice: a resolver that follows each reading by itself would not end."""


@pytest.fixture
def capabilities():
    return ("columns", "contract_change", "contract_lint", "governance", "doctor")


@pytest.fixture
def mesh(shop, monkeypatch):
    """The company with real dbt projects, and limits of seconds."""
    for domain, port, source in (("shop", "things", "raw.things"), ("books", "sales", "shop.things")):
        project = "{name: DOMAIN, version: 1.0.0, profile: DOMAIN, model-paths: [models], macro-paths: [macros, MACROS]}"
        macros = str(dbt.__file__).replace("dbt.py", "macros")
        text = project.replace("DOMAIN", domain).replace("MACROS", macros)
        shop.write(f"dbt_projects/{domain}/dbt_project.yml", text)
        model = f"{{{{ config(materialized='port') }}}} select 1 as id, 2 as price, 'a' as note -- {source}"
        shop.write(f"dbt_projects/{domain}/models/ports/{port}.sql", model)
    monkeypatch.setattr(dbt, "OTHERS_SECONDS", 4)
    monkeypatch.setattr(dbt, "OTHERS_WAIT", 0.2)
    monkeypatch.setattr(dbt, "SECONDS", 6)
    monkeypatch.setattr(dbt, "WAIT", 0.3)
    monkeypatch.setattr(port_columns, "PORT_SECONDS", 2)
    monkeypatch.setattr(compiled_models, "_tried", {})
    return shop


def rulings(mesh):
    """What the policies rule on the port of shop, and how long that took, as at a publish of shop."""
    context = copy_context()
    context.run(dbt.PUBLISHING.set, "shop")
    start = time.monotonic()
    ruling = context.run(policy_rulings, load_offer(load_domain(mesh.root, "shop")), ["things"])["things"]
    return str(ruling.refusal), time.monotonic() - start


def problems(mesh):
    """What the catalog shows of books when it is opened for the whole mesh, as `mesh policy check` does."""
    catalog = open_catalog(load_project(mesh.root, with_broken=True))
    domains = {row["domain"]: row["problem"] for row in catalog.rows("domains")}
    return domains["shop"], domains["books"] or next((row["problem"] for row in catalog.rows("unfollowed")), None)


@pytest.mark.parametrize("attempt", HOSTILE)
def test_another_domain_neither_stops_nor_delays_a_publish_and_is_named(mesh, attempt):
    before, _ = rulings(mesh)
    for file, text in HOSTILE[attempt].items():
        mesh.write(f"dbt_projects/books/{file}", text)
    after, seconds = rulings(mesh)
    again, seconds_again = rulings(mesh)
    assert after == again == before
    assert seconds < 25
    assert seconds_again < 15
    compiled_models._tried.clear()
    own, others = problems(mesh)
    assert own is None
    assert others, "the fact about the other domain is shown"


def test_a_project_that_is_busy_keeps_its_last_harvest(mesh):
    before, _ = rulings(mesh)
    shown = [row["model_file"] for row in open_catalog(load_project(mesh.root)).rows("ports")]
    mesh.write("dbt_projects/books/models/ports/sales.sql", "{{ config(materialized='port') }} select 3 as id")
    held = FileLock(mesh.root / ".mesh/dbt/books/target.lock")
    holding = Thread(target=held.acquire)
    holding.start()
    holding.join()
    try:
        after, seconds = rulings(mesh)
        catalog = copy_context()
        catalog.run(dbt.PUBLISHING.set, "shop")
        ports = catalog.run(open_catalog, load_project(mesh.root)).rows("ports")
        assert [row["model_file"] for row in ports] == shown
        compiled_models._tried.clear()
        assert "busy" in problems(mesh)[1]
    finally:
        held.release(force=True)
    assert after == before
    assert seconds < 10


@pytest.mark.parametrize("hostile", [DOUBLING, HOSTILE["a large model"]], ids=["doubling views", "a large model"])
def test_the_lineage_of_a_port_is_known_whatever_another_domain_does(mesh, hostile):
    for file, text in hostile.items():
        mesh.write(f"dbt_projects/books/{file}", text)
    start = time.monotonic()
    lineage = load_mesh_lineage(load_project(mesh.root))
    assert time.monotonic() - start < 20
    assert lineage.derivation(PortAddress("shop", "things"))
    books = PortAddress("books", "sales")
    assert lineage.derivation(books) if hostile is DOUBLING else lineage.problem(books)


def test_a_domain_s_own_project_that_takes_too_long_is_named_with_the_model(mesh):
    mesh.write("dbt_projects/shop/models/evil.sql", LOOPS)
    with pytest.raises(dbt.TransformationError, match=r"it took more than 6 s at models/evil\.sql"):
        dbt.parse(load_domain(mesh.root, "shop"))


def test_a_fault_of_a_harvester_stops_only_the_publish_of_its_own_domain(mesh, monkeypatch):
    before, _ = rulings(mesh)

    def fails_for(domain):
        def harvest(project, name):
            if f"/{domain}/" in name:
                raise RuntimeError("an odd file")
            return original(project, name)

        return {**harvesting.HARVESTERS, "product": harvest}

    def change(domain):
        descriptor = mesh.root / f"domains/{domain}/products/{'sales' if domain == 'books' else 'things'}.odps.yaml"
        descriptor.write_text(f"{descriptor.read_text()}\n# changed\n")

    original = harvesting.HARVESTERS["product"]
    monkeypatch.setattr(harvesting, "HARVESTERS", fails_for("books"))
    change("books")
    assert rulings(mesh)[0] == before
    assert "broken" in {row["state"] for row in open_catalog(load_project(mesh.root)).rows("domains")}
    monkeypatch.setattr(harvesting, "HARVESTERS", fails_for("shop"))
    change("shop")
    with pytest.raises(RuntimeError, match="an odd file"):
        rulings(mesh)


MISSPELT = {
    "a policy": ("domains/shop/policy/own.sql", "", "policies/"),
    "a contract": ("domains/shop/contracts/things.v2.odcs.yml", "", ".odcs.yaml"),
    "the effect of an expectation": ("domains/shop/domain.yaml", "broken_expectation: block\n", "broken_expectations"),
    "a retention": (
        "domains/shop/contracts/things.v1.odcs.yaml",
        "customProperties: [{property: versionRetenton, value: 3 versions}]\n",
        "versionRetention",
    ),
    "an end": (
        "domains/shop/products/things.odps.yaml",
        "customProperties: [{property: endOn, value: 2030-01-01}]\n",
        "endsOn",
    ),
}
"""What removes a guard in silence: the file, what is added to it, and the right name."""


@pytest.mark.parametrize("slip", MISSPELT)
def test_a_guard_that_is_misspelt_is_named_and_its_domain_does_not_load(mesh, command, slip):
    file, added, right = MISSPELT[slip]
    path = mesh.root / file
    mesh.write(file, f"{path.read_text(encoding='utf-8') if path.exists() else ''}{added}")
    named = "policy/isnotread" if slip == "a policy" else path.name
    # The shop has no Python package, so `run` and `doctor` end before they read a contract or a descriptor.
    commands = [("policy", "check")]
    commands += [("contract", "lint")] if slip != "an end" else []
    commands += [("doctor",), ("run", "shop/things")] if slip not in ("a retention", "an end") else []
    for arguments in commands:
        done = command(*arguments, cwd=mesh.root)
        text = "".join((done.stdout + done.stderr).split())  # long lines are broken, paths too
        assert done.returncode == 1 and named in text and right in text, (arguments, text)
    with pytest.raises((ProjectError, ContractError)):
        load_offer(load_domain(mesh.root, "shop"))
