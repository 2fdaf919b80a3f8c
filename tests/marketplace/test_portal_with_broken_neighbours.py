"""A file of the sample mesh that does not load costs its own page: every other page is built, and the command says so."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mesh_capabilities.governance.catalog import harvesting
from mesh_capabilities.governance.catalog.fact_tables import Harvested
from mesh_capabilities.portal import site
from mesh_capabilities.portal.show import build_portal

ROOT = Path(__file__).parents[2]
KINDS = ("domains/*/domain.yaml", "domains/*/products/*.odps.yaml", "domains/*/contracts/*.odcs.yaml")
FILES = sorted(path.relative_to(ROOT).as_posix() for kind in KINDS for path in ROOT.glob(kind))


WAYS: dict[str, Callable[[str], bytes | None]] = {
    "gone": lambda text: None,
    "empty": lambda text: b"",
    "cut in half": lambda text: text[: len(text) // 2].rstrip(": \n").encode() + b": [",
    "of another shape": lambda text: b"- a list\n- of words\n",
    "not a text": lambda text: b"\x00\xff\xfe\x00",
    "with another value": lambda text: yaml.safe_dump({**yaml.safe_load(text), "name": [None], "description": 7}).encode(),
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A copy of the sample mesh whose portal is built."""
    root = tmp_path_factory.mktemp("neighbours") / "mesh"
    for name in ("domains", "workspace.yaml", "mesh.toml"):
        place = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(place, root / name, ignore=ignored) if place.is_dir() else shutil.copy(place, root / name)
    return root


@pytest.fixture
def build(sample, monkeypatch, capsys):
    """Builds the portal of the sample mesh: the exit code, the problems, and the pages. dbt's projects are not read."""
    monkeypatch.chdir(sample)
    monkeypatch.delenv("MESH_HOME", raising=False)
    monkeypatch.setitem(harvesting.HARVESTERS, "project", lambda project, name: Harvested(reads=frozenset({f"project:{name}"})))

    def make() -> tuple[int, list[str], set[str]]:
        capsys.readouterr()
        code = build_portal(None, as_json=True)
        said = json.loads(capsys.readouterr().out)
        folder = Path(said["folder"])
        return code, said["problems"], {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}

    return make


def own_page(file: str) -> set[str]:
    """The page that a file alone makes."""
    _, domain, kind, *_ = file.split("/") + [""]
    return {f"products/{domain}/{Path(file).name.partition('.')[0]}.html"} if kind == "products" else set()


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.sampled_from(sorted(WAYS)))
@example("domains/sales/contracts/orders.v1.odcs.yaml", "cut in half")
def test_a_damaged_file_costs_its_own_page_and_the_next_build_after_its_repair_is_clean(sample, build, file, way):
    pages = {path.relative_to(sample / ".mesh/portal").as_posix() for path in (sample / ".mesh/portal").rglob("*.html")}
    pages = pages or build()[2]
    intact = (sample / file).read_bytes()
    damaged = WAYS[way](intact.decode())
    try:
        (sample / file).unlink() if damaged is None else (sample / file).write_bytes(damaged)
        code, problems, left = build()
    finally:
        (sample / file).write_bytes(intact)
    assert code == 1 and problems
    assert pages - left <= own_page(file)
    assert build() == (0, [], pages)


def test_a_day_without_a_first_one_is_a_problem_of_its_contract(sample, build):
    """`partitioned: true` and no minimum."""
    file = sample / "domains/sales/contracts/order_events.v1.odcs.yaml"
    intact = file.read_text(encoding="utf-8")
    assert '{minimum: "2016-09-01", ' in intact
    file.write_text(intact.replace('minimum: "2016-09-01", ', ""), encoding="utf-8")
    try:
        code, problems, _ = build()
    finally:
        file.write_text(intact, encoding="utf-8")
    (problem,) = [problem for problem in problems if problem.startswith("sales.order_events.v1")]
    assert code == 1 and "minimum" in problem
    page = (sample / ".mesh/portal/products/sales/order_events.html").read_text(encoding="utf-8")
    assert "minimum" in page.partition('<div class="notice bad">')[2].partition("</div>")[0]


def test_a_page_that_cannot_be_written_says_so_and_the_others_are_written(build, monkeypatch, sample):
    whole = site.product_page

    def torn(view, name):
        if name == "sales/orders":
            raise ZeroDivisionError("nobody expected <this>")
        return whole(view, name)

    monkeypatch.setattr(site, "product_page", torn)
    monkeypatch.setattr(site, "search_index", lambda view: 1 / 0)
    code, problems, left = build()
    assert code == 1 and len(left) == len(FILES) - len([file for file in FILES if "/contracts/" in file]) + 5
    assert [problem.partition(" ")[0] for problem in problems] == ["products/sales/orders.html", "data/search.js"]
    page = (sample / ".mesh/portal/products/sales/orders.html").read_text(encoding="utf-8")
    assert "products/sales/orders.html cannot be written: ZeroDivisionError" in page
