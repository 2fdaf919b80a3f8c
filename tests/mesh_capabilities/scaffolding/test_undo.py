"""Taking back what `mesh new` wrote last."""

import json
import shutil

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.growth import read_journal

ENTRIES = ("new", "product", "books/entries", "--pattern", "source-aligned")


def test_undo_leaves_the_files_as_they_were(mesh_new, files):
    before = files()
    mesh_new("new", "domain", "logistics")
    between = files()
    mesh_new("new", "product", "logistics/shipments", "--pattern", "source-aligned")
    mesh_new("undo")
    assert files() == between
    mesh_new("undo")
    assert files() == before


def test_undo_removes_no_folder_that_holds_something_else(grown, mesh_new):
    mesh_new(*ENTRIES)
    mesh_new("undo")
    assert (grown.root / "domains/books/books/ingestion.py").is_file()
    assert not (grown.root / "dbt_projects/books").exists()


def test_a_dry_run_takes_nothing_back(mesh_new, files):
    mesh_new(*ENTRIES)
    before = files()
    assert "would be undone" in mesh_new("undo", "--dry-run").stdout
    assert files() == before


def test_with_nothing_written_there_is_nothing_to_undo(mesh_new):
    with pytest.raises(ScaffoldError, match="There is nothing to undo"):
        mesh_new("undo")


@pytest.mark.parametrize("path", ["dbt_projects/books/models/ports/entries.sql", "domains/books/README.md"])
def test_a_file_that_was_changed_since_is_named(grown, mesh_new, files, path):
    mesh_new(*ENTRIES)
    (grown.root / path).write_text("mine\n", encoding="utf-8")
    before = files()
    with pytest.raises(ScaffoldError, match=f"{path} was changed since"):
        mesh_new("undo")
    assert files() == before


def test_a_port_that_somebody_consumes_stays(grown, mesh_new):
    mesh_new(*ENTRIES)
    inputs = [{"name": "books/entries", "version": "1.0.0", "contractId": "books.entries.v1"}]
    grown.product("things", "shop", inputPorts=inputs)
    with pytest.raises(ScaffoldError, match="books/entries is consumed by domains/shop/products/things.odps.yaml"):
        mesh_new("undo")


def test_a_port_that_was_published_stays(grown, mesh_new):
    mesh_new(*ENTRIES)
    grown.write(".mesh/ports/books/entries/v1/_delta_log/00000000000000000000.json", "{}")
    with pytest.raises(ScaffoldError, match="books/entries has been published"):
        mesh_new("undo")


def test_a_domain_to_which_somebody_added_a_file_stays(grown, mesh_new):
    mesh_new("new", "domain", "logistics")
    grown.write("domains/logistics/notes.md", "Mine.\n")
    with pytest.raises(ScaffoldError, match="domains/logistics/notes.md is in a folder that"):
        mesh_new("undo")


def test_what_was_killed_half_way_can_be_taken_back(grown, mesh_new, files):
    before = files()
    mesh_new(*ENTRIES)
    (grown.root / "dbt_projects/books/models/ports/entries.sql").unlink()
    (grown.root / "domains/books/README.md").write_text(before["domains/books/README.md"], encoding="utf-8")
    mesh_new("undo")
    assert files() == before


def test_files_that_somebody_removed_since_are_restored_or_stay_away(grown, mesh_new, project, files):
    before = files()
    mesh_new(*ENTRIES)
    (entry,) = read_journal(project().home)
    assert entry.edited
    for path in [*entry.edited, *entry.created]:
        (grown.root / path).unlink()
    mesh_new("undo", "--dry-run")
    mesh_new("undo")
    assert files() == before


def test_what_was_removed_by_hand_is_not_made_anew_and_counts_as_nothing(grown, mesh_new, files):
    before = files()
    mesh_new("new", "domain", "logistics")
    mesh_new("new", "product", "logistics/shipments", "--pattern", "source-aligned")
    for base in ("domains", "dbt_projects"):
        shutil.rmtree(grown.root / base / "logistics")
    grown.write("workspace.yaml", before["workspace.yaml"])
    assert files() == before
    assert "0 files removed, 0 restored; 10 files were removed or changed before" in mesh_new("undo").stdout
    assert files() == before and not (grown.root / "domains/logistics").exists()
    document = json.loads(mesh_new("undo", "--json").stdout)
    assert (document["what"], document["removed"], document["changed"]) == ("domain logistics", [], [])
    assert files() == before


def test_a_shared_file_that_others_changed_after_a_removal_by_hand_keeps_their_text(grown, mesh_new, files):
    mesh_new("new", "domain", "logistics")
    for base in ("domains", "dbt_projects"):
        shutil.rmtree(grown.root / base / "logistics")
    grown.write("workspace.yaml", "load_from: []  # mine\n")
    before = files()
    mesh_new("undo")
    assert files() == before


def test_undo_counts_only_what_it_does(grown, mesh_new):
    mesh_new(*ENTRIES)
    (grown.root / "dbt_projects/books/models/ports/entries.sql").unlink()
    document = json.loads(mesh_new("undo", "--dry-run", "--json").stdout)
    assert "dbt_projects/books/models/ports/entries.sql" not in document["removed"] and document["removed"]
    assert "; 1 file was removed or changed before" in mesh_new("undo").stdout


def test_a_file_that_is_no_text_any_more_was_changed_since(grown, mesh_new):
    mesh_new(*ENTRIES)
    (grown.root / "domains/books/README.md").write_bytes(b"\xff\xfe")
    with pytest.raises(ScaffoldError, match="was changed since"):
        mesh_new("undo")
