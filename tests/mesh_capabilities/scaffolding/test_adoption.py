"""Adopting a repository: the files of the sample company are removed, and the rest holds without it."""

import json
import subprocess

import pytest

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.portal.view import View
from mesh_capabilities.scaffolding.adoption import _with_note, _without_pages, _without_steps, plan_adoption, write_adoption
from mesh_capabilities.yaml_text import YamlText


def yaml(text):
    return YamlText(text, "x.yaml", ScaffoldError)


def test_a_page_that_is_removed_leaves_the_navigation():
    text = "nav:\n  - Start: index.md\n  - Guides:\n      - a.md\n      - b.md\n  - More:\n      - A title: c/d.md\n"
    assert _without_pages(yaml(text), {"docs/a.md", "docs/c/d.md"}).text == (
        "nav:\n  - Start: index.md\n  - Guides:\n      - b.md\n  - More: []\n"
    )


def test_a_step_that_runs_a_removed_command_leaves_its_workflow():
    text = "jobs:\n  check:\n    # all\n    steps:\n      - if: x\n        run: make sources\n      - run: make check\n"
    assert _without_steps(yaml(text), ["make sources"]).text == (
        "jobs:\n  check:\n    # all\n    steps:\n      - run: make check\n"
    )


def git(root, *words):
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    return subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def saved(grown, monkeypatch):
    """The company in a git repository in which everything is committed."""
    grown.write("README.md", "# A mesh\n\nText.\n")
    grown.write("pyproject.toml", '[project]\nname = "reference"\n')
    grown.write(".gitignore", ".mesh/\n")
    git(grown.root, "init", "--quiet")
    git(grown.root, "add", "--all")
    git(grown.root, "commit", "--quiet", "--message", "x")
    return grown


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("Acme & Söhne", "acme-sohne-mesh"),
        ("Müller's Weißbier", "mullers-weissbier-mesh"),
        ("株式会社", "data-mesh"),
        ("7-Eleven", "7-eleven-mesh"),
    ],
)
def test_without_dropping_anything_the_mesh_is_renamed(saved, mesh_new, name, package):
    mesh_new("adopt", "--name", name)
    assert (saved.root / "README.md").read_text("utf-8") == f"# The data mesh of {name}\n\nText.\n"
    assert f'name = "{package}"' in (saved.root / "pyproject.toml").read_text("utf-8")
    assert View(None, root=saved.root).mesh == f"Data mesh of {name}"
    git(saved.root, "commit", "--quiet", "--all", "--message", "named")
    mesh_new("adopt", "--name", "Other")
    assert View(None, root=saved.root).mesh == "Data mesh of Other"


def test_a_dry_run_of_an_adoption_writes_nothing(saved, mesh_new, files):
    before = files()
    assert "the repository would be the mesh of Acme" in mesh_new("adopt", "--name", "Acme", "--dry-run").stdout
    assert files() == before


@pytest.mark.parametrize(
    ("name", "first", "why"),
    [
        ("!!", "operations/orders", "The name of the company cannot be"),
        (" Acme", "operations/orders", "without spaces around it"),
        ("Acme", "operations", "is not of the form domain/product"),
        ("Acme", "class/orders", "is a reserved name"),
    ],
)
def test_names_that_cannot_be_are_refused(saved, project, name, first, why):
    with pytest.raises(Exception, match=why):
        plan_adoption(project(), name, False, first)


def test_what_git_could_not_bring_back_is_not_adopted(saved, project):
    saved.write("notes.md", "Mine.\n")
    with pytest.raises(ScaffoldError, match="Not committed: .*Commit or remove it first"):
        plan_adoption(project(), "Acme", False, "operations/orders")


def test_a_folder_without_git_is_not_adopted(grown, project):
    with pytest.raises(ScaffoldError, match="is no git repository"):
        plan_adoption(project(), "Acme", False, "operations/orders")


def test_without_a_list_of_belongings_there_is_nothing_to_drop(saved, project):
    with pytest.raises(ScaffoldError, match="no sample company here any more"):
        plan_adoption(project(), "Acme", True, "depots/orders")


@pytest.fixture
def with_sample(saved):
    """The company with a sample company in `examples`, to which the domain books belongs, committed."""
    saved.write("examples/toys/belongings.yaml", "paths: [examples/toys, domains/books, docs/books.md]\nsteps: [make toys]\n")
    saved.write("docs/books.md", "Books.\n")
    saved.write(".gitignore", ".mesh/\n__pycache__/\n")
    saved.write("mkdocs.yml", "# The site.\nnav:\n  - index.md\n  - books.md\n")
    saved.write(".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: make toys\n      - run: make lint\n")
    saved.write(
        "deploy/docker/compose.yaml",
        "x-build: &build {context: .}\nx-domain: &domain {init: true}\nx-prepare: &prepare {network_mode: none}\n"
        "x-prepared: &prepared\n  postgres: {condition: service_healthy}\n"
        "  prepare-books: {condition: service_completed_successfully}\n"
        "  prepare-shop: {condition: service_completed_successfully}\n\n"
        "services:\n  # the database\n  postgres: {image: x}\n\n"
        "  books:\n    <<: *domain\n    depends_on: *prepared\n    image: mesh-books\n\n"
        "  prepare-books: {<<: *prepare}\n  prepare-shop: {<<: *prepare}\n\n"
        "volumes:\n  database:\n  home-books:\n  home-shop:\n  logs:\n",
    )
    git(saved.root, "add", "--all")
    git(saved.root, "commit", "--quiet", "--message", "x")
    return saved


def test_what_is_listed_goes_and_every_list_of_domains_pages_and_steps_loses_its_entries(with_sample, project, files):
    adoption = plan_adoption(project(), "Acme", True, "depot/orders")
    assert "docs/books.md" in adoption.removed and "domains/books/domain.yaml" in adoption.removed
    assert not any(path.startswith("domains/shop") for path in adoption.removed)
    after = {path: text for path, (_, text) in adoption.edited.items()}
    assert "books" not in after["workspace.yaml"] and "# the first" in after["workspace.yaml"]
    assert after["mkdocs.yml"] == "# The site.\nnav:\n  - index.md\n"
    assert after[".github/workflows/ci.yml"] == "jobs:\n  a:\n    steps:\n      - run: make lint\n"
    assert "# the database" in after["deploy/docker/compose.yaml"] and "books" not in after["deploy/docker/compose.yaml"]
    services = yaml(after["deploy/docker/compose.yaml"]).document["services"]
    assert services["depot"]["image"] == "mesh-depot:${MESH_TAG:-0.1.0}" and list(services)[0] == "postgres"
    assert services["depot"]["extends"] == {"file": "reads.yaml", "service": "depot"}
    assert list(services["depot"]["depends_on"]) == ["postgres", "prepare-shop", "prepare-depot"]
    assert services["prepare-depot"] == {"network_mode": "none", "extends": {"file": "reads.yaml", "service": "prepare-depot"}}
    assert list(yaml(after["deploy/docker/compose.yaml"]).document["volumes"]) == [
        "database",
        "home-shop",
        "logs",
        "home-depot",
    ]
    assert after["README.md"].startswith("# The data mesh of Acme\n")


def test_a_service_that_waits_for_removed_ones_in_another_layout_is_refused(with_sample, project):
    file = with_sample.root / "deploy/docker/compose.yaml"
    before = "  prepare-books: {condition: service_completed_successfully}"
    file.write_text(file.read_text("utf-8").replace(before, "  prepare-books:\n    condition: x"), encoding="utf-8")
    git(with_sample.root, "commit", "--all", "--quiet", "--message", "x")
    with pytest.raises(ScaffoldError, match="x-prepared in deploy/docker/compose.yaml is not written with one service a line"):
        plan_adoption(project(), "Acme", True, "depot/orders")


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("shop/orders", "There is a domain 'shop' already"),
        ("books/orders", "There is a domain 'books' already"),
        ("governance/x", "A domain cannot be named 'governance': the name belongs to the platform"),
        ("json/orders", "belongs to Python's standard library"),
        ("postgres/orders", "'postgres': the name belongs to a service of deploy/docker/compose.yaml"),
        ("depot/select", "A product cannot be named 'select': the name belongs to SQL"),
        ("depot/raw_orders", "A product cannot be named 'raw_orders'"),
    ],
)
def test_a_first_domain_or_product_that_cannot_be_is_the_reason_of_the_refusal(with_sample, project, first, why):
    with pytest.raises(ScaffoldError, match=why):
        plan_adoption(project(), "Acme", True, first)


def test_the_numbers_of_removed_and_changed_files_are_those_of_git(with_sample, mesh_new):
    with_sample.write(".github/CODEOWNERS", "* @someone\n")
    with_sample.write("tests/mesh/test_the_mesh_runs.py", "# of the sample company\n")
    listing = with_sample.root / "examples/toys/belongings.yaml"
    listing.write_text(listing.read_text("utf-8").replace("docs/books.md]", "docs/books.md, tests/mesh]"), encoding="utf-8")
    git(with_sample.root, "add", "--all")
    git(with_sample.root, "commit", "--quiet", "--message", "x")
    words = ("adopt", "--name", "Acme", "--drop-samples", "--first", "depot/orders", "--json")
    planned, written = json.loads(mesh_new(*words, "--dry-run").stdout), json.loads(mesh_new(*words).stdout)
    told = git(with_sample.root, "status", "--porcelain").splitlines()
    for document in (planned, written):
        assert sorted(f" M {path}" for path in document["changed"]) == [line for line in told if line.startswith(" M ")]
        assert sorted(f" D {path}" for path in document["removed"]) == [line for line in told if line.startswith(" D ")]


@pytest.mark.parametrize(
    "line",
    [
        "Run `mesh run books/entries`.",
        "$ mesh run books",
        "`domains/books/contracts`",
        "- a/dbt_projects/books/x.sql",
        "books/x",
    ],
)
def test_a_page_with_an_example_from_the_sample_company_says_so_below_its_title(line):
    page = _with_note(f"# A page\n\n{line}\n", ["books"], "depot/orders")
    title, note, text = page.split("\n\n")
    assert (title, text) == ("# A page", f"{line}\n")
    assert "which is not in this mesh" in note and "such as `depot/orders`, in the place of books." in note


@pytest.mark.parametrize(
    "text",
    [
        "# A page\n\nThe books of a shop.\n",
        "# A page\n\n`shop/books/x`\n",
        "# A page\n\nbooks/x\n\n<!-- Made from the code by x -->\n",
    ],
)
def test_a_page_without_one_or_made_from_the_code_stays_as_it_is(text):
    assert _with_note(text, ["books"], "depot/orders") == text


@pytest.mark.parametrize("line", ["$ toys --orders 1", "`make play`", "`toys --orders 1`"])
def test_a_page_with_a_command_that_goes_says_so(line):
    page = _with_note(f"# A page\n\n{line}\n", ["books"], "depot/orders", ["toys", "make play"])
    command = "make play" if "play" in line else "toys"
    assert page.split("\n\n")[1] == f"> The sample company's commands are not in this mesh: `{command}`."


def test_a_page_with_outputs_alone_says_that_their_numbers_are_of_another_mesh():
    page = _with_note("# A page\n\n```console\n$ mesh policy check\n28 policies\n```\n", ["books"], "depot/orders")
    assert (
        page.split("\n\n")[1]
        == "> The outputs on this page are those of the reference implementation. Yours have other numbers."
    )


def test_the_commands_that_go_are_the_scripts_and_the_commands_of_the_sample_company(with_sample, project):
    with_sample.write("Makefile", "run: setup\nlint:\n")
    with_sample.write("examples/toys/targets.mk", "N := 1\nplay: setup\nrun: play\n")
    with_sample.write("examples/toys/pyproject.toml", '[project]\nname = "toys"\n[project.scripts]\ntoys = "toys:main"\n')
    with_sample.write("docs/guide.md", "# A guide\n\nRun `make play`, then `toys`.\n")
    git(with_sample.root, "add", "--all")
    git(with_sample.root, "commit", "--quiet", "--message", "x")
    _, text = plan_adoption(project(), "Acme", True, "depot/orders").edited["docs/guide.md"]
    assert "are not in this mesh: `toys`, `make play`." in text


def test_a_second_adoption_says_that_there_is_no_sample_company_any_more(with_sample, project):
    write_adoption(project(), plan_adoption(project(), "Acme", True, "depot/orders"))
    with pytest.raises(ScaffoldError, match="There is no sample company here any more. Grow the mesh with `mesh new`."):
        plan_adoption(project(), "Acme", True, "depot/orders")


def test_an_adoption_removes_folders_with_nothing_but_caches_and_begins_with_a_domain_and_a_product(with_sample, project):
    with_sample.write("domains/books/books/__pycache__/x.pyc", "")
    write_adoption(project(), plan_adoption(project(), "Acme", True, "depot/orders"))
    root = with_sample.root
    assert not (root / "domains/books").exists() and not (root / "examples").exists()
    assert (root / "domains/depot/contracts/orders.v1.odcs.yaml").is_file()
    assert list(project().domains) == ["shop", "depot"]
    assert "/domains/depot/ @ORGANISATION/depot" in (root / ".github/CODEOWNERS").read_text("utf-8")
