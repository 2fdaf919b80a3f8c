"""A later version of the templates arrives, and what people wrote stays."""

import shutil

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding import rendering
from mesh_platform.errors import MeshError

PROFILE = "dbt_projects/logistics/profiles.yml"


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """The templates as their keepers have them: the released version, beside which a later one can be put."""
    folder = tmp_path / "templates"
    shutil.copytree(rendering.TEMPLATES / "v1", folder / "v1")
    monkeypatch.setattr(rendering, "TEMPLATES", folder)

    def release(*changes):
        shutil.copytree(folder / "v1", folder / "v2")
        for path, old, new in changes:
            file = folder / "v2" / path
            text = file.read_text("utf-8") if file.exists() else ""
            assert old in text
            file.write_text(text.replace(old, new) if old else new, encoding="utf-8")

    return release


PROFILE_TEMPLATE = "domain/dbt_projects/«domain»/profiles.yml.jinja"


def test_a_change_of_the_templates_arrives_and_hand_edits_stay(grown, mesh_new, templates, files):
    mesh_new("new", "domain", "logistics")
    path = grown.root / PROFILE
    path.write_text(path.read_text("utf-8") + "# Ours.\n", encoding="utf-8")
    templates((PROFILE_TEMPLATE, "threads: 2", "threads: 4"))
    mesh_new("update", "logistics")
    text = path.read_text("utf-8")
    assert "threads: 4" in text and text.endswith("# Ours.\n")
    assert "version: 2" in files()["domains/logistics/.scaffold.yaml"]
    assert "are at version 2, the newest" in mesh_new("update").stdout


def test_lines_that_mesh_new_put_in_later_stay(mesh_new, templates, files):
    mesh_new("new", "domain", "logistics")
    mesh_new("new", "product", "logistics/shipments", "--pattern", "source-aligned")
    templates(("domain/domains/«domain»/README.md.jinja", "Run only this domain", "Run it by itself"))
    mesh_new("update")
    page = files()["domains/logistics/README.md"]
    assert "logistics/shipments" in page and "Run it by itself" in page


def test_a_conflict_is_marked_in_the_file_and_nothing_is_lost(grown, templates, mesh_new, call_update):
    mesh_new("new", "domain", "logistics")
    path = grown.root / PROFILE
    path.write_text(path.read_text("utf-8").replace("threads: 2", "threads: 1"), encoding="utf-8")
    templates((PROFILE_TEMPLATE, "threads: 2", "threads: 4"))
    result = call_update()
    assert result.exit_code == 1
    assert "1 conflict" in result.output
    text = path.read_text("utf-8")
    assert all(line in text for line in ("<<<<<<< yours", "threads: 1", "threads: 4", ">>>>>>> templates 2"))


def test_marks_of_an_earlier_conflict_are_not_merged_again(grown, mesh_new, templates):
    mesh_new("new", "domain", "logistics")
    path = grown.root / PROFILE
    path.write_text(f"<<<<<<< yours\n{path.read_text('utf-8')}=======\n>>>>>>> templates 1\n", encoding="utf-8")
    templates((PROFILE_TEMPLATE, "threads: 2", "threads: 4"))
    with pytest.raises(ScaffoldError, match="has conflict markers"):
        mesh_new("update")


def test_a_new_file_comes_and_a_removed_one_stays_away(grown, mesh_new, templates, call_update):
    mesh_new("new", "domain", "logistics")
    (grown.root / PROFILE).unlink()
    new = "domain/domains/«domain»/OWNERS.jinja"
    templates((PROFILE_TEMPLATE, "threads: 2", "threads: 4"), (new, "", "«owner»\n"))
    assert f"{PROFILE} is unchanged: it was removed" in call_update().output
    assert not (grown.root / PROFILE).exists()
    assert (grown.root / "domains/logistics/OWNERS").read_text("utf-8") == "team:logistics\n"


def test_a_dry_run_writes_nothing(mesh_new, templates, files):
    mesh_new("new", "domain", "logistics")
    templates((PROFILE_TEMPLATE, "threads: 2", "threads: 4"))
    before = files()
    assert "would be at template version 2" in mesh_new("update", "--dry-run").stdout
    assert files() == before


NOT_FROM_TEMPLATES = [("nowhere", "There is no domain 'nowhere'"), ("shop", "No file of shop was written")]


@pytest.mark.parametrize(("name", "why"), NOT_FROM_TEMPLATES)
def test_what_did_not_grow_from_templates_cannot_be_updated(grown, mesh_new, name, why):
    with pytest.raises(MeshError, match=why):
        mesh_new("update", name)


def test_templates_newer_than_the_platform_are_named(grown, mesh_new):
    mesh_new("new", "domain", "logistics")
    record = grown.root / "domains/logistics/.scaffold.yaml"
    record.write_text(record.read_text("utf-8").replace("version: 1", "version: 9"), encoding="utf-8")
    with pytest.raises(ScaffoldError, match="no templates of version 9; this platform has 1"):
        mesh_new("update")


@pytest.fixture
def call_update():
    from typer.testing import CliRunner

    from mesh_platform.capabilities import every_capability
    from mesh_platform.cli.app import command_line

    return lambda: CliRunner().invoke(
        command_line(every_capability()), ["update"], env={"COLUMNS": "200", "TERM": "dumb"}, catch_exceptions=False
    )
