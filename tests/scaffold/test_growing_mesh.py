"""From an untouched repository to two domains more and the first product consumed between them."""

import pytest

SHIPMENTS, DAYS, PLANS = "logistics/shipments", "logistics/daily_shipments", "planning/logistics_shipments"
MODELS = {port: "dbt_projects/{}/models/ports/{}.sql".format(*port.split("/")) for port in (SHIPMENTS, DAYS, PLANS)}


@pytest.fixture(scope="module")
def untouched(repository):
    """What the repository holds before anything has grown."""
    return repository.files()


@pytest.fixture(scope="module")
def grown(repository, untouched):
    """Two domains more, with a product of each pattern."""
    repository.mesh("new", "domain", "logistics")
    repository.mesh("new", "product", SHIPMENTS, "--pattern", "source-aligned")
    repository.mesh("new", "product", DAYS, "--pattern", "aggregate", "--from", SHIPMENTS)
    repository.mesh("new", "domain", "planning")
    repository.mesh("new", "subscription", "planning", "<-", SHIPMENTS)
    return repository


@pytest.fixture(scope="module")
def published(grown):
    """All of it published once; gives what was printed."""
    return grown.mesh("run", "logistics", "planning")


def test_what_has_grown_runs_at_once(published):
    assert f"✔ {PLANS} version 0: 24 rows" in published
    assert "3 of 3 ports published" in published
    assert "from the samples that the domain brings" in published


@pytest.mark.scaffold
def test_no_shared_file_is_touched_but_for_the_registry(grown, untouched):
    now = grown.files()
    assert {name for name in untouched if now.get(name) != untouched[name]} == {"workspace.yaml"}
    own = ("domains/logistics/", "domains/planning/", "dbt_projects/logistics/", "dbt_projects/planning/")
    assert all(name.startswith(own) for name in now.keys() - untouched.keys())


@pytest.mark.scaffold
def test_a_domain_of_one_s_own_asks_for_few_lines_by_hand(grown):
    """Counted are those of a domain with one product, beyond SQL, contract and sample: what a person reads and changes."""
    base = grown.root / "domains/logistics"
    kept = ("domain.yaml", "logistics/ingestion.py", "products/shipments.odps.yaml")
    lines = {name: sum(bool(line.strip()) for line in (base / name).read_text("utf-8").splitlines()) for name in kept}
    descriptive = [line for line in (base / "domain.yaml").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(descriptive) + lines["logistics/ingestion.py"] + 3 <= 40, lines


@pytest.mark.scaffold
def test_what_has_grown_passes_the_gates_untouched(grown, published):
    grown.run("ruff", "check", ".")
    grown.run("ruff", "format", "--check", ".")
    assert "✔" in grown.mesh("contract", "lint", "logistics", "planning")
    gates = ("tests/architecture/test_borders.py", "tests/architecture/test_mesh_graph.py", "tests/docs/test_documentation.py")
    grown.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *gates)


@pytest.mark.scaffold
@pytest.mark.parametrize(
    ("port", "old", "new", "why"),
    [
        (SHIPMENTS, "from shipments\n", "from shipments\nwhere quantity > 1\n", "keeps_every_row"),
        (DAYS, "from shipments\ngroup", "from shipments\nwhere status = 'done'\ngroup", "daily_shipments_loses_no_row"),
        (PLANS, "cross join newest", "cross join newest\nwhere status = 'done'", "keeps_every_row"),
    ],
)
def test_a_pattern_s_test_fails_when_its_model_is_wrong(grown, published, port, old, new, why):
    before = grown.mesh("history", port, "--json")
    with grown.changed(MODELS[port], old, new):
        said = grown.mesh("run", port, code=1)
    assert why in said
    assert grown.mesh("history", port, "--json") == before


@pytest.mark.scaffold
def test_a_published_port_is_not_taken_back(grown, published):
    assert f"{PLANS} has been published" in grown.mesh("undo", code=1)


@pytest.mark.scaffold
def test_a_folder_that_somebody_names_is_read_without_samples(grown, published, tmp_path):
    said = grown.mesh("run", "logistics", "--source", tmp_path, code=1)
    assert f"The source folder {tmp_path} has no file logistics/shipments.csv" in said
    (tmp_path / "logistics").mkdir()
    rows = "shipment_id,status,quantity,recorded_at\nA1,done,3,2026-02-01 10:00:00\n"
    (tmp_path / "logistics/shipments.csv").write_text(rows, encoding="utf-8")
    said = grown.mesh("run", "logistics", "--source", tmp_path)
    assert "read logistics/shipments.csv, 1 rows" in said and "samples" not in said
