"""`mesh ports withdraw`: a major that was taken back is no longer served, and one that is needed stays."""

import shutil

import pytest

from mesh_capabilities.errors import WithdrawalRefused
from mesh_capabilities.maintenance import withdraw as withdraw_module
from mesh_platform.build.warehouse import writing
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress
from mesh_platform.project import load_project

THINGS = PortAddress("shop", "things")


@pytest.fixture
def ports(shop, publish):
    """The folder of shop/things, which has one version of v1 and, of an abandoned v2, two; v2 has one row more."""
    publish("(1, 2.00, 'a')")
    folder = shop.root / ".mesh/ports/shop/things"
    shutil.copytree(folder / "v1", folder / "aside")
    publish("(1, 2.00, 'a'), (2, 2.00, 'b')", rows=2)
    (folder / "v1").rename(folder / "v2")
    (folder / "aside").rename(folder / "v1")
    return folder


def rows(call):
    return call.json("query", "select count(*) as n from shop.things")[0]["n"]


def refusal(call, *arguments):
    result = call("ports", "withdraw", "shop/things", *arguments)
    assert result.exit_code
    return result.exception


def test_readers_are_served_the_earlier_major_again(call, ports):
    assert (rows(call), len(call.json("history", "shop/things"))) == (2, 2)
    document = call.json("ports", "withdraw", "shop/things", "--major", 2)
    assert {name: document[name] for name in ("dry_run", "port", "major", "versions", "served")} == {
        "dry_run": False,
        "port": "shop/things",
        "major": 2,
        "versions": 2,
        "served": 1,
    }
    assert (rows(call), len(call.json("history", "shop/things"))) == (1, 1)
    assert call.json("trace", "shop/things")["version"] == 0
    assert call.json("status")[0]["remarks"] == []
    (kept,) = ports.glob("withdrawn.v2.*")
    assert document["kept"] == str(kept)
    assert len(list((kept / "_delta_log").glob("*.json"))) == 2


def test_a_dry_run_withdraws_nothing(call, ports):
    said = call.text("ports", "withdraw", "shop/things", "--major", 2, "--dry-run")
    assert said.startswith("✔ shop/things v2 would be withdrawn, and v1 would be served: 2 versions kept in ")
    assert rows(call) == 2


def test_a_major_that_is_published_and_that_no_contract_declares_is_shown(call, ports):
    sentence = "v2 is published, and the newest contract is that of v1"
    (document,) = (document for document in call.json("status") if document["port"] == "shop/things")
    assert document["remarks"] == [sentence]
    assert f"shop/things cannot be published: {sentence}" in call("show", "shop/things").stderr
    refused = call("rollback", "shop/things", "--to", 0)
    assert f"shop/things cannot be published: {sentence}. Restore domains/shop/contracts/things.v2.odcs.yaml" in str(
        refused.exception
    )


def test_a_major_that_is_not_published_is_named_with_those_that_are(call, ports):
    problem = refusal(call, "--major", 3)
    assert isinstance(problem, UnknownPort)
    assert str(problem).startswith("shop/things has no published version in v3. There are v1, v2.")


def test_a_major_that_a_contract_declares_is_not_withdrawn(call, ports):
    problem = refusal(call, "--major", 1)
    assert isinstance(problem, WithdrawalRefused)
    assert "domains/shop/contracts/things.v1.odcs.yaml declares it" in problem.found
    assert rows(call) == 2


V2 = {"name": "things", "version": "2.0.0", "contractId": "shop.things.v2"}


@pytest.mark.parametrize("status", ["draft", "active", "deprecated", "retired"])
def test_a_major_that_a_product_declares_as_its_input_is_not_withdrawn(call, ports, shop, status):
    shop.product("sales", "books", inputPorts=[V2], status=status)
    if status == "retired":
        assert call.json("ports", "withdraw", "shop/things", "--major", 2, "--dry-run")["served"] == 1
        return
    assert "books/sales of team:books reads it (domains/books/products/sales.odps.yaml)" in refusal(call, "--major", 2).found
    assert rows(call) == 2


def test_a_major_that_an_output_port_or_a_contract_names_is_not_withdrawn(call, ports, shop):
    shop.product("plan", "shop", status="proposed", outputPorts=[V2])
    assert "domains/shop/products/plan.odps.yaml lists shop.things.v2 under outputPorts" in refusal(call, "--major", 2).found
    (shop.root / "domains/shop/products/plan.odps.yaml").unlink()
    shop.contract("things", "shop", customProperties=[{"property": "servedFrom", "value": "shop.things.v2"}])
    assert "domains/shop/contracts/things.v1.odcs.yaml is served from it" in refusal(call, "--major", 2).found


def test_a_major_that_a_served_version_was_built_from_is_not_withdrawn(call, ports, publish):
    read = {"inputs": {"shop/things": 1}}
    publish("(1, 2.00, 'a')", "sales", "books", **read, majors={"shop/things": 2})
    problem = refusal(call, "--major", 2)
    assert "version 0 of books/sales was built from it" in problem.found
    assert "Run `mesh run books/sales` first." in problem.way_out
    publish("(1, 2.00, 'a')", "sales", "books", **read, majors={"shop/things": 1})
    assert call.json("ports", "withdraw", "shop/things", "--major", 2)["served"] == 1


@pytest.mark.parametrize("domain", ["shop", "books"])
def test_nothing_is_withdrawn_while_a_run_uses_a_domain(ports, shop, command, domain):
    with writing(load_project().domain(domain), 0):
        done = command("ports", "withdraw", "shop/things", "--major", 2, cwd=shop.root)
    assert done.returncode == 1
    assert f"The domain {domain} is being run by process" in done.stderr
    assert (ports / "v2").is_dir()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_leaves_the_major_published_or_withdrawn(call, ports, monkeypatch, moment):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    name = "alone" if moment == "before" else "make_durable"
    with monkeypatch.context() as patch:
        patch.setattr(withdraw_module, name, killed)
        with pytest.raises(Killed):
            withdraw_module.withdraw_major(load_project(), THINGS, 2, False, 0)
    assert rows(call) == (2 if moment == "before" else 1)
    if moment == "before":
        assert call.json("ports", "withdraw", "shop/things", "--major", 2)["served"] == 1
    assert len(list(ports.glob("withdrawn.v2.*"))) == 1


def test_a_major_can_be_published_and_withdrawn_again(call, ports):
    shutil.copytree(ports / "v2", ports / "again")
    call.json("ports", "withdraw", "shop/things", "--major", 2)
    (ports / "again").rename(ports / "v2")
    assert rows(call) == 2
    call.json("ports", "withdraw", "shop/things", "--major", 2)
    assert (rows(call), len(list(ports.glob("withdrawn.v2.*")))) == (1, 2)


def test_what_is_withdrawn_is_neither_swept_nor_verified_nor_harvested(call, ports):
    call.json("ports", "withdraw", "shop/things", "--major", 2)
    (kept,) = ports.glob("withdrawn.v2.*")
    before = sorted(path.name for path in kept.rglob("*"))
    assert call.json("ports", "sweep")["files"] == []
    assert [port["major"] for port in call.json("ports", "verify")["ports"]] == ["v1"]
    assert sorted(path.name for path in kept.rglob("*")) == before
