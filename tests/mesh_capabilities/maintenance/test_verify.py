"""`mesh ports verify`: the files of every retained version, compared with their commits."""

import json

import pytest

from mesh_capabilities.maintenance import show
from mesh_capabilities.maintenance.verify import inspect_targets
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress


class Mesh:
    """A mesh without domains, whose home has ports."""

    def __init__(self, home):
        self.home, self.domains = home, {}


@pytest.fixture
def mesh(publish, home, monkeypatch):
    for number in range(3):
        publish(f"SELECT {number} AS id", rows=1)
    publish("SELECT 7 AS id", address=PortAddress("marketing", "leads"), rows=1)
    made = Mesh(home)
    monkeypatch.setattr(show, "load_project", lambda **_: made)
    return made


def inspected(mesh, *targets, deep=False):
    steps = []
    done = {str(part.port.address): part for part in inspect_targets(mesh, targets, deep, steps.append)}
    assert steps, "progress is reported"
    return done


@pytest.mark.parametrize("deep", [False, True])
def test_undamaged_ports_are_counted(mesh, deep, capsys):
    done = inspected(mesh, deep=deep)
    assert {name: (part.versions, part.files, part.undigested) for name, part in done.items()} == {
        "marketing/leads": (1, 1, 0),
        "sales/orders": (3, 3, 0),
    }
    assert show.verify_ports([], deep, as_json=False) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("✔ 4 versions of 2 ports: 4 files, ") and last.endswith("SHA-256" if deep else "footer")


def test_an_earlier_version_is_read_only_with_deep(mesh, orders, capsys):
    """Its length and its footer are as they were; the served version is verified as every reader does."""
    (file,) = orders.at(0).files
    middle = file.stat().st_size // 2
    with file.open("r+b") as content:
        content.seek(middle)
        byte = content.read(1)[0]
        content.seek(middle)
        content.write(bytes([byte ^ 1]))
    assert not inspected(mesh)["sales/orders"].problems
    (problem,) = inspected(mesh, deep=True)["sales/orders"].problems
    assert problem.startswith(f"sales/orders: version 0 is damaged, {file} has the SHA-256")
    assert not inspected(mesh, "marketing/leads", deep=True)["marketing/leads"].problems
    assert show.verify_ports(["sales/orders"], deep=True, as_json=True) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["ports"][0]["problems"]) == (False, [problem])


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(b"short"), "has 5 bytes and was written with"),
        (lambda file: file.write_bytes(bytes(file.stat().st_size)), "has the SHA-256"),
    ],
    ids=["missing", "short", "zeros"],
)
def test_damage_of_the_newest_version_is_named_once(mesh, orders, damage, text):
    (file,) = orders.current().files
    damage(file)
    for deep in (False, True):
        (problem,) = inspected(mesh, deep=deep)["sales/orders"].problems
        assert problem.startswith(f"sales/orders: version 2 is damaged, {file} {text}")


def test_a_version_whose_files_a_vacuum_removed_is_counted_and_no_damage(mesh, orders):
    orders.at(0).files[0].unlink()
    done = inspected(mesh)["sales/orders"]
    assert (done.versions, done.removed, done.problems) == (2, 1, [])


def test_files_from_before_digests_are_counted(mesh, orders, capsys):
    (file,) = orders.current().files
    old = file.with_name("part-0f2a.parquet")
    file.rename(old)
    orders.log.file(2).write_text(orders.log.file(2).read_text().replace(file.name, old.name))
    assert inspected(mesh, deep=True)["sales/orders"].undigested == 1
    assert show.verify_ports([], deep=True, as_json=False) == 0
    assert capsys.readouterr().out.rstrip().endswith("1 of them were committed before digests were recorded")


def test_an_unknown_port_is_named(mesh, company, monkeypatch):
    company.registry("sales")
    company.domain_file("sales")
    monkeypatch.chdir(company.root)
    with pytest.raises(UnknownPort, match="There is no port sales/nothing"):
        inspected(mesh, "sales/nothing")


def test_a_log_whose_first_entries_are_gone_is_a_problem(mesh, orders):
    from deltalake import DeltaTable

    DeltaTable(orders.folder, version=1).create_checkpoint()
    orders.log.file(0).unlink()
    (problem,) = inspected(mesh)["sales/orders"].problems
    assert problem.startswith("sales/orders: its log begins with version 1, because another program has removed entries")
