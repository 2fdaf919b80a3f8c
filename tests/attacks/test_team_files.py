"""Files of a hostile team that are no plain files, or no text: each is named, and none blocks, fills or misleads a reader."""

import os
import resource
import shutil
from pathlib import Path

import pytest
from tests.attacks.conftest import socket_at

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.catalog.survey import Survey
from mesh_capabilities.governance.library import library_of
from mesh_capabilities.governance.policy import read_policy
from mesh_capabilities.governance.waiver import read_waiver
from mesh_isolation.leftovers import remove
from mesh_platform.build.port_graph import project_digest
from mesh_platform.contract.document import load_contract
from mesh_platform.dagster.execute import plan_run
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.product.descriptor import PortReference, load_product, producer_of
from mesh_platform.product.expectations import expectations_on
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_domain, load_project
from support.deadline import in_time

SECRET = "the-value-of-a-secret"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_out(path: Path) -> None:
    (path.parents[3] / "secret").write_text(f"name: {SECRET}\n")
    path.symlink_to(path.parents[3] / "secret")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


# What replaces a file, and what the message must name.
PLACES = {
    "a pipe": (pipe, "is a pipe and not a file"),
    "a socket": (socket_at, "is a socket and not a file"),
    "a folder": (Path.mkdir, "is a folder and not a file"),
    "a link to zeros without end": (lambda path: path.symlink_to("/dev/zero"), "is a link that leads out of"),
    "a link to a terminal": (lambda path: path.symlink_to("/dev/tty"), "is a link that leads out of|does not exist"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "is a link that leads to itself"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "does not exist"),
    "a link to a file of another owner": (link_out, "is a link that leads out of"),
    "a link through another to a file of another owner": (
        lambda path: (link_out(path.with_name("hop")), path.symlink_to("hop")),
        "is a link that leads out of",
    ),
    "a link to a pipe beside it": (lambda path: (pipe(path.with_name("p")), path.symlink_to("p")), "is a pipe"),
    "a terabyte of nothing": (sparse, "has more than 1,000,000 bytes"),
    "bytes that are not UTF-8": (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8"),
}

# The files that the platform reads of a team, and their readers.
READERS = {
    "domains/shop/domain.yaml": lambda root, path: load_domain(root, "shop"),
    "domains/shop/contracts/things.v1.odcs.yaml": lambda root, path: load_contract(path, root),
    "domains/shop/products/things.odps.yaml": lambda root, path: load_product(path, root),
    "domains/shop/policies/p.sql": lambda root, path: read_policy(path, str(path), "shop"),
    "domains/shop/waivers/w.yaml": lambda root, path: read_waiver(path, str(path), "shop"),
}


@pytest.fixture(autouse=True)
def no_reader_is_blocked():
    """A pipe blocks its reader forever: the alarm ends it. A link to /dev/zero fills the memory: the limit ends it."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, before[1]))
    with in_time():
        yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def mall(company):
    """Two domains, shop and books; books reads a port of shop."""
    company.registry("shop", "books")
    for domain, port in (("shop", "things"), ("books", "sales")):
        company.domain_file(domain)
        company.contract(port, domain)
        inputs = [{"name": "things", "version": "1.0.0", "contractId": "shop.things.v1"}] if domain == "books" else None
        company.product(port, domain, inputPorts=inputs)
        company.write(f"dbt_projects/{domain}/dbt_project.yml", f"name: {domain}\n")
    company.write("domains/shop/policies/honest.sql", "-- none\n")
    company.write("domains/shop/waivers/honest.yaml", "none: 1\n")
    return company


def put(place, path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    place(path)


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize(("place", "reason"), PLACES.values(), ids=PLACES)
def test_a_file_that_is_no_text_is_named_by_its_reader(mall, file, place, reason):
    path = mall.root / file
    put(place, path)
    with pytest.raises(MeshError, match=rf"{path.name}.*({reason})") as refusal:
        READERS[file](mall.root, path)
    assert refusal.value.way_out and SECRET not in str(refusal.value)


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize(("place", "reason"), PLACES.values(), ids=PLACES)
def test_no_other_domain_is_affected(mall, file, place, reason):
    put(place, mall.root / file)
    project = load_project(mall.root, with_broken=True)
    assert list(project.broken) == (["shop"] if file.endswith("domain.yaml") else [])
    books = project.domains["books"]
    assert list(load_offer(books).contracts) == ["sales"]
    assert len(project_digest(books)) == 64 and list(expectations_on(books)) == []
    reference = PortReference(PortAddress("shop", "things"), 1, "shop.things.v1", "1.0.0")
    assert (producer_of(reference, mall.root) is None) == ("products" in file)
    library = library_of(project)
    assert {one.domain for one in (*library.broken_policies, *library.broken_waivers)} == {"shop"}
    assert all(isinstance(one.problem, PolicyError) for one in (*library.broken_policies, *library.broken_waivers))
    assert [unit for unit in Survey(project).units() if unit.domain == "books"]


# Files of a dbt project, which dbt would open: it parses some, and looks into others.
PROJECT_FILES = ["models/things.sql", "models/deep/things.yml", "macros/m.sql", "seeds/s.csv", "models/docs.md", "models/m.py"]
IN_A_PROJECT = {
    name: case for name, case in PLACES.items() if name not in ("a folder", "a terabyte of nothing", "bytes that are not UTF-8")
}


@pytest.mark.parametrize("file", PROJECT_FILES)
@pytest.mark.parametrize(("place", "reason"), IN_A_PROJECT.values(), ids=IN_A_PROJECT)
def test_a_file_of_a_dbt_project_that_is_no_file_is_named(mall, file, place, reason):
    path = mall.root / "dbt_projects/shop" / file
    put(place, path)
    if path.suffix == ".md" and not path.exists():
        return  # an editor's lock is a link to nothing; opening it fails at once
    with pytest.raises(MeshError, match=rf"dbt_projects/shop/.*({reason})"):
        project_digest(load_domain(mall.root, "shop"))
    assert len(project_digest(load_domain(mall.root, "books"))) == 64


def test_a_link_to_a_folder_is_no_part_of_a_dbt_project(mall):
    """dbt follows links to folders: two that lead to their own folder would keep it busy for years."""
    (mall.root / "dbt_projects/shop/models").mkdir()
    for name in "ab":
        (mall.root / "dbt_projects/shop/models" / name).symlink_to(".")
    with pytest.raises(MeshError, match="models/[ab] is a folder and not a file"):
        project_digest(load_domain(mall.root, "shop"))


def test_a_dbt_project_may_have_folders_with_names_of_files_and_links_within_it(mall):
    shop = load_domain(mall.root, "shop")
    (mall.root / "dbt_projects/shop/models/dir.sql").mkdir(parents=True)
    mall.write("dbt_projects/shop/models/things.sql", "select 1")
    (mall.root / "dbt_projects/shop/models/same.sql").symlink_to("things.sql")
    before = project_digest(shop)
    mall.write("dbt_projects/shop/models/dir.sql/more.sql", "select 1")
    assert project_digest(shop) != before


NOT_UTF8 = b"\xff\xfe"


@pytest.mark.parametrize("suffix", [b".sql", b".yml", b".csv", b".md"])
def test_a_name_in_a_dbt_project_that_is_not_utf8_is_shown_and_refused(mall, suffix):
    Path(os.fsdecode(os.fsencode(mall.root / "dbt_projects/shop") + b"/" + NOT_UTF8 + suffix)).write_text("x")
    with pytest.raises(MeshError, match=r"has a name that is not UTF-8") as refusal:
        project_digest(load_domain(mall.root, "shop"))
    assert str(refusal.value).isprintable() and "\\udcff\\udcfe" in str(refusal.value)


@pytest.mark.parametrize(
    "name", [b"contracts/%s.v1.odcs.yaml", b"products/%s.odps.yaml", b"policies/%s.sql", b"waivers/%s.yaml"]
)
def test_a_name_of_a_team_that_is_not_utf8_is_shown_and_affects_no_other(mall, name):
    path = Path(os.fsdecode(os.fsencode(mall.root / "domains/shop") + b"/" + name % NOT_UTF8))
    shutil.copy(mall.root / "domains/shop/products/things.odps.yaml", path)
    project = load_project(mall.root)
    assert list(load_offer(project.domains["books"]).contracts) == ["sales"]
    problems = [str(one.problem) for one in (*library_of(project).broken_policies, *library_of(project).broken_waivers)]
    try:
        load_offer(project.domains["shop"])
    except MeshError as problem:
        problems.append(str(problem))
    (shown,) = [problem for problem in problems if "has a name that is not UTF-8" in problem]
    assert shown.isprintable()


@pytest.mark.parametrize("levels", [1500, 3000])
def test_a_project_too_deep_for_a_path_or_a_recursion_is_named_or_read(mall, levels):
    before = os.open(".", os.O_RDONLY)
    try:
        os.chdir(mall.root / "dbt_projects/shop")
        for _ in range(levels):
            os.mkdir("d")  # noqa: PTH102 - a name relative to the working directory
            os.chdir("d")
    finally:
        os.fchdir(before)
        os.close(before)
    try:
        assert len(project_digest(load_domain(mall.root, "shop"))) == 64
    except MeshError as problem:
        assert "cannot be read: File name too long" in str(problem)
    assert Survey(load_project(mall.root)).signature("project:books")
    Survey(load_project(mall.root)).signature("project:shop")
    remove(mall.root / "dbt_projects/shop/d")  # pytest cannot


def test_a_sample_that_leads_to_another_folder_is_not_read(mall):
    from mesh_platform.errors import SourceError
    from mesh_platform.ingestion.reading import find_file

    source = type("Source", (), {"file": "leads.csv", "table": "leads"})()
    samples = mall.root / "domains/shop/samples"
    samples.mkdir()
    (samples / "leads.csv").symlink_to(mall.write("secret.csv", SECRET))
    with pytest.raises(SourceError):
        find_file(source, mall.root / "none", samples)


# What a domain's own file says, such that the domain does not load.
BROKEN = {
    "a secret that is a number": {"secrets": 5},
    "the name of another domain": {"name": "books"},
    "no owner": {"owner": None},
    "an effect that does not exist": {"broken_expectations": "explode"},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_a_domain_that_does_not_load_is_named_and_hides_no_other(call, shop, changes):
    shop.domain_file("shop", **changes)
    for command in (["products"], ["status"]):
        result = call(*command)
        assert result.exit_code == 1 and "domains/shop/domain.yaml has " in result.stderr
        assert "books/sales" in result.stdout
    result = call("query", "SELECT 1 AS one")
    assert result.exit_code == 0, result.output
    assert "domains/shop/domain.yaml has " in str(call("show", "shop/things").exception)
    plan = plan_run(load_project(shop.root, with_broken=True), ["shop/things"])
    assert not plan.order and "domains/shop/domain.yaml has " in plan.broken["shop"]


HARMS = {
    "a domain that does not load": ("domains/marketing/domain.yaml", lambda path: path.write_text("name: sales\nsecrets: 5\n")),
    "a contract that is a folder": ("domains/marketing/contracts/leads.v1.odcs.yaml", Path.mkdir),
    "a policy that is a pipe": ("domains/marketing/policies/p.sql", pipe),
    "a model of zeros without end": ("dbt_projects/marketing/models/z.sql", lambda path: path.symlink_to("/dev/zero")),
}


@pytest.mark.parametrize(("file", "place"), HARMS.values(), ids=HARMS)
def test_another_domain_publishes(mesh, tmp_path, file, place):
    path = mesh.root / file
    kept = path.read_bytes() if path.is_file() else None
    before = mesh.versions()["sales/sellers"]
    put(place, path)
    try:
        run = mesh.run("run", "sales/sellers")
        assert "sales/sellers" in run.stdout
        if file.endswith("domain.yaml"):
            assert "domains/marketing/domain.yaml has name: 'sales'" in run.stderr
        assert str(before + 1) in mesh.run("history", "sales/sellers").stdout
        # A policy is not what a domain is loaded from.
        assert "sales/sellers" in mesh.run("status", code=0 if "policies" in file else 1).stdout
    finally:
        path.rmdir() if path.is_dir() else path.unlink()
        if kept is not None:
            path.write_bytes(kept)
