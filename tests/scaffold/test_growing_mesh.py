"""From an untouched repository to two domains more and the first product consumed between them."""

import pytest

PARCELS, DAYS, PLANS = "freight/parcels", "freight/daily_parcels", "hangar/freight_parcels"
MODELS = {port: "dbt_projects/{}/models/ports/{}.sql".format(*port.split("/")) for port in (PARCELS, DAYS, PLANS)}


@pytest.fixture(scope="module")
def untouched(repository):
    """What the repository holds before anything has grown."""
    return repository.files()


@pytest.fixture(scope="module")
def grown(repository, untouched):
    """Two domains more, with a product of each pattern."""
    repository.mesh("new", "domain", "freight")
    repository.mesh("new", "product", PARCELS, "--pattern", "source-aligned")
    repository.mesh("new", "product", DAYS, "--pattern", "aggregate", "--from", PARCELS)
    repository.mesh("new", "domain", "hangar")
    repository.mesh("new", "subscription", "hangar", "<-", PARCELS)
    return repository


@pytest.fixture(scope="module")
def published(grown):
    """All of it published once; gives what was printed."""
    return grown.mesh("run", "freight", "hangar")


@pytest.mark.scaffold
def test_what_has_grown_runs_at_once(published):
    assert f"✔ {PLANS} version 0: 24 rows" in published
    assert "3 of 3 ports published" in published
    assert "from the domain's samples" in published


@pytest.mark.scaffold
def test_no_shared_file_is_touched_but_for_the_registry(grown, untouched):
    now = grown.files()
    assert {name for name in untouched if now.get(name) != untouched[name]} == {"workspace.yaml"}
    own = ("domains/freight/", "domains/hangar/", "dbt_projects/freight/", "dbt_projects/hangar/")
    assert all(name.startswith(own) for name in now.keys() - untouched.keys())


@pytest.mark.scaffold
def test_what_has_grown_passes_the_gates_untouched(grown, published):
    grown.run("ruff", "check", ".")
    grown.run("ruff", "format", "--check", ".")
    assert "✔" in grown.mesh("contract", "lint", "freight", "hangar")
    assert "0 violations" in grown.mesh("policy", "check", "freight", "hangar")
    assert "0 violations" in grown.mesh("policy", "check", "freight", "hangar", "--phase", "publish")
    gates = ("tests/architecture/test_borders.py", "tests/architecture/test_mesh_graph.py", "tests/docs/test_documentation.py")
    grown.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *gates)


@pytest.mark.scaffold
@pytest.mark.parametrize(
    ("port", "old", "new", "why"),
    [
        (PARCELS, "from parcels\n", "from parcels\nwhere quantity > 1\n", "keeps_every_row"),
        (DAYS, "from parcels\ngroup", "from parcels\nwhere status = 'done'\ngroup", "daily_parcels_loses_no_row"),
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
    said = grown.mesh("run", "freight", "--source", tmp_path, code=1)
    assert f"The source folder {tmp_path} has no file freight/parcels.csv" in said
    (tmp_path / "freight").mkdir()
    rows = "parcel_id,status,quantity,recorded_at\nA1,done,3,2026-02-01 10:00:00\n"
    (tmp_path / "freight/parcels.csv").write_text(rows, encoding="utf-8")
    said = grown.mesh("run", "freight", "--source", tmp_path)
    assert "read freight/parcels.csv, 1 row" in said and "samples" not in said


@pytest.mark.scaffold
def test_a_sample_does_not_replace_a_file_whose_rows_are_published(grown, published, tmp_path):
    (tmp_path / "freight").mkdir()
    file = tmp_path / "freight/parcels.csv"
    file.write_text("parcel_id,status,quantity,recorded_at\nA1,done,3,2026-02-01 10:00:00\n", encoding="utf-8")
    grown.mesh("run", "freight", "--source", tmp_path)
    before, own = grown.mesh("history", PARCELS, "--json"), grown.root / ".mesh/sources/freight/parcels.csv"
    said = grown.mesh("run", "freight", "--source", ".mesh/sources", code=1)
    assert "has no file freight/parcels.csv, and its published rows come from such a file: no sample replaces them" in said
    assert grown.mesh("history", PARCELS, "--json") == before
    own.parent.mkdir(parents=True)
    file.rename(own)
    grown.mesh("run", "freight", "--source", ".mesh/sources")
    own.unlink()
    assert "no sample replaces them" in grown.mesh("run", "freight", code=1)
