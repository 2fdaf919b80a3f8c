"""How far a change reaches: which file is part of which port, and what is made of it in other domains."""

import subprocess

import pytest

from mesh_capabilities.errors import RevisionError
from mesh_capabilities.review.reach import ChangeReach, Domain, changes_since, plan_of, reach_of
from mesh_platform.build.port_graph import PortModel
from mesh_platform.names import PortAddress
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project


def model(name, inputs=(), ports=()):
    return PortModel(name, f"models/ports/{name}.sql", (f"stg_{name}", name), (), ("raw",), tuple(inputs), tuple(ports))


@pytest.fixture
def mesh(company, monkeypatch):
    """Two domains: shop/things and shop/people; books/sums of shop/things, books/notes of nothing."""
    graphs = {
        "shop": {"things": model("things"), "people": model("people")},
        "books": {"sums": model("sums", [PortAddress("shop", "things")]), "notes": model("notes")},
    }
    for name, graph in graphs.items():
        company.domain_file(name)
        for port in graph:
            company.contract(port, name)
            company.product(port, name)
    company.registry(*graphs)
    for port in ("things", "people"):
        company.write(f"dbt_projects/shop/models/ports/{port}.sql", "select 1")
    monkeypatch.setattr(
        "mesh_capabilities.review.reach.load_built", lambda domain: (load_offer(domain), graphs[domain.name]), raising=True
    )
    git(company.root, "init", "--quiet", "--initial-branch", "main")
    git(company.root, "add", "--all")
    git(company.root, "commit", "--quiet", "--message", "It")
    return company


def git(root, *arguments):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=root, check=True)


def reached(mesh):
    reach = reach_of(load_project(mesh.root), changes_since(mesh.root, None))
    return sorted(map(str, reach.touched)), {str(port): str(through) for port, through in reach.dependent.items()}


@pytest.mark.parametrize(
    ("file", "touched"),
    [
        ("dbt_projects/shop/models/ports/things.sql", ["shop/things"]),
        ("dbt_projects/shop/models/staging/stg_people.sql", ["shop/people"]),
        ("domains/shop/products/people.odps.yaml", ["shop/people"]),
        ("dbt_projects/shop/dbt_project.yml", ["shop/people", "shop/things"]),
        ("domains/shop/shop/ingestion.py", ["shop/people", "shop/things"]),
        ("platform/mesh_platform/names.py", ["books/notes", "books/sums", "shop/people", "shop/things"]),
        ("mesh.toml", ["books/notes", "books/sums", "shop/people", "shop/things"]),
        ("domains/shop/README.md", []),
        ("domains/shop/policies/own.sql", []),
        ("domains/shop/products/things.lifecycle.yaml", []),
        ("dbt_projects/shopping/models/things.sql", []),
        ("docs/index.md", []),
    ],
)
def test_a_file_is_part_of_the_ports_that_are_made_with_it(mesh, file, touched):
    path = mesh.root / file
    mesh.write(file, (path.read_text() if path.exists() else "") + "\n# more\n")
    assert reached(mesh)[0] == touched


def entry(name, **more):
    return {"python_module": {"module_name": f"{name}.definitions", "location_name": name, **more}}


@pytest.mark.parametrize(
    ("registry", "touched"),
    [
        ({"load_from": [entry("books", attribute="defs"), entry("shop")]}, ["books/notes", "books/sums"]),
        ({"load_from": [entry("shop"), entry("books")]}, []),
        (
            {"load_from": [entry("shop"), entry("books")], "more": 1},
            ["books/notes", "books/sums", "shop/people", "shop/things"],
        ),
    ],
    ids=["another entry: its domain", "another order: nobody", "anything else: everybody"],
)
def test_a_change_of_the_registry_is_about_whoever_it_registers(mesh, registry, touched):
    mesh.write("workspace.yaml", registry)
    assert reached(mesh)[0] == touched


def test_a_domain_that_is_removed_concerns_everybody_left(mesh):
    mesh.registry("books")
    assert "workspace.yaml does not register it" in str(
        reach_of(load_project(mesh.root), changes_since(mesh.root, None)).broken["shop"]
    )
    (mesh.root / "domains/shop/domain.yaml").unlink()
    assert reached(mesh)[0] == ["books/notes", "books/sums"]


def test_what_reads_a_port_in_another_domain_depends_on_it(mesh):
    mesh.write("dbt_projects/shop/models/ports/things.sql", "select 2")
    assert reached(mesh) == (["shop/things"], {"books/sums": "shop/things"})


def test_a_file_that_is_gone_counts_as_changed(mesh):
    (mesh.root / "dbt_projects/shop/models/ports/people.sql").unlink()
    assert reached(mesh)[0] == ["shop/people"]


def test_what_main_got_meanwhile_is_not_part_of_the_change(mesh):
    git(mesh.root, "checkout", "--quiet", "-b", "work")
    mesh.write("dbt_projects/shop/models/ports/people.sql", "select 2")
    git(mesh.root, "commit", "--quiet", "--all", "--message", "Work")
    git(mesh.root, "checkout", "--quiet", "main")
    mesh.write("dbt_projects/shop/models/ports/things.sql", "select 3")
    git(mesh.root, "commit", "--quiet", "--all", "--message", "Meanwhile")
    git(mesh.root, "checkout", "--quiet", "work")
    assert changes_since(mesh.root, None).files == changes_since(mesh.root, "main").files
    assert reached(mesh)[0] == ["shop/people"]


def test_outside_git_everything_counts_as_changed(mesh):
    (mesh.root / ".git").rename(mesh.root / "no_git")
    assert changes_since(mesh.root, None).everything
    assert reached(mesh)[0] == ["books/notes", "books/sums", "shop/people", "shop/things"]
    with pytest.raises(RevisionError):
        changes_since(mesh.root, "main")


def test_a_domain_that_cannot_be_read_hides_no_other(mesh):
    mesh.contract("things", "shop", version="one")
    mesh.write(
        "domains/books/products/notes.odps.yaml", (mesh.root / "domains/books/products/notes.odps.yaml").read_text() + "\n"
    )
    reach = reach_of(load_project(mesh.root), changes_since(mesh.root, None))
    assert list(reach.broken) == ["shop"]
    assert list(map(str, reach.touched)) == ["books/notes"]
    assert plan_of(reach).domains == ("books", "shop")


@pytest.mark.parametrize(
    ("file", "right"),
    [
        ("models/ports/things.ymll", ".yml"),
        ("models/ports/people.sqll", ".sql"),
        ("tests/deep/er/things.spl", ".sql"),
        ("models/schema.yaaml", ".yml"),
        ("seeds/codes.cvs", ".csv"),
    ],
)
def test_a_file_that_dbt_ignores_for_its_ending_breaks_its_domain(mesh, file, right):
    mesh.write(f"dbt_projects/shop/{file}", "version: 2")
    problem = str(reach_of(load_project(mesh.root), changes_since(mesh.root, None)).broken["shop"])
    assert problem == f"dbt_projects/shop/{file} is not read by dbt. The files that are read there end in {right}."


def test_all_files_that_dbt_ignores_for_their_endings_are_named_at_once(mesh):
    for file in ("models/a.sqll", "models/b.sqll", "seeds/codes.cvs"):
        mesh.write(f"dbt_projects/shop/{file}", "version: 2")
    problem = str(reach_of(load_project(mesh.root), changes_since(mesh.root, None)).broken["shop"])
    of_shop = " and ".join(f"dbt_projects/shop/{file}" for file in ("models/a.sqll", "models/b.sqll", "seeds/codes.cvs"))
    right = "The files that are read there end in .sql. The files that are read there end in .csv."
    assert problem == f"{of_shop} are not read by dbt. {right}"


@pytest.mark.parametrize(
    "file", ["models/notes.txt", "models/.things.yml.swp", "models/things.SQL", "macros/README", "target/a.sqll"]
)
def test_other_files_of_a_dbt_project_break_nothing(mesh, file):
    mesh.write(f"dbt_projects/shop/{file}", "version: 2")
    assert not reach_of(load_project(mesh.root), changes_since(mesh.root, None)).broken


def test_one_domain_s_part_brings_along_what_it_is_made_of(mesh):
    mesh.write("dbt_projects/shop/dbt_project.yml", "name: shop")
    reach = reach_of(load_project(mesh.root), changes_since(mesh.root, None)).within(["books"])
    assert list(map(str, reach.ports)) == ["shop/things", "books/sums"]


def test_groups_are_joined_by_what_is_read_and_by_nothing_else():
    domains = {
        "a": Domain(None, {"x": model("x")}),
        "b": Domain(None, {"y": model("y")}),
        "c": Domain(None, {"z": model("z", [PortAddress("a", "x")])}),
        "d": Domain(None, {"w": model("w")}),
    }
    for name, domain in domains.items():
        object.__setattr__(domain, "offer", type("Offer", (), {"domain": type("Folder", (), {"name": name})}))
    ports = {PortAddress("a", "x"): (), PortAddress("b", "y"): (), PortAddress("c", "z"): ()}
    plan = plan_of(ChangeReach(domains, {}, ports, {}))
    assert plan.domains == ("a", "b", "c")
    assert plan.groups == (("b",), ("a", "c"))
