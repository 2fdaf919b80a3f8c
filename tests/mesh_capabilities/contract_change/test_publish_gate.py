"""The gate at publish: a contract is held against the one that its port is served under, before anything is built."""

import re

import pytest

from mesh_capabilities.contract_change.publish_gate import contract_rulings
from mesh_capabilities.doctor.checks import check_ports
from mesh_capabilities.kept_contracts import kept_contract
from mesh_capabilities.maintenance.verify import inspect_targets
from mesh_platform.errors import ContractViolation, PortDamaged
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort, keep_contract
from mesh_platform.port.version import Provenance
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project

ID = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "required": True}
NOTE = {"name": "note", "logicalType": "string", "physicalType": "VARCHAR"}


def broken_promises(offer, ports):
    """By port, why the gate refuses it."""
    return {port: ruling.refusal for port, ruling in contract_rulings(offer, ports).items() if ruling.refusal}


@pytest.fixture
def promise(company):
    """Writes the contract and the product of shop/things; gives what the domain offers then."""
    domain = company.domain()

    def promise(version="1.0.0", columns=(ID, NOTE), **said):
        output = {"name": "things", "version": version, "contractId": "shop.things.v1"}
        company.product("things", outputPorts=[output])
        company.contract("things", version=version, columns=columns, **said)
        return load_offer(domain)

    return promise


@pytest.fixture
def publish(parquet):
    def publish(offer, recorded=False):
        contract = offer.contracts["things"]
        port = OutputPort(PortAddress("shop", "things"), offer.domain.home.port(contract.address, contract.major))
        names = (contract.id, contract.version, contract.file, contract.digest)
        earlier = {} if recorded else None
        provenance = Provenance(*names, rows=1, rules=1, earlier=earlier)
        port.publish(parquet("SELECT 1::INTEGER AS id, 'x' AS note"), contract, provenance)
        return port

    return publish


def test_a_first_publish_has_nothing_to_be_held_against(promise):
    assert broken_promises(promise(), ["things"]) == {}


def test_a_port_keeps_the_contract_that_it_was_published_under_and_delta_does_not_mind(promise, publish):
    offer = promise()
    port = publish(offer)
    publish(offer)
    contract = offer.contracts["things"]
    assert kept_contract(port.folder, contract.digest) == contract.text
    assert [path.name for path in (port.folder / "_contracts").iterdir()] == [f"{contract.digest}.odcs.yaml"]
    assert len(port.current().files) == 1


def test_a_break_within_the_major_is_refused_with_the_way_out(promise, publish):
    publish(promise())
    (problem,) = broken_promises(promise("1.1.0", columns=[ID]), ["things"]).values()
    assert isinstance(problem, ContractViolation)
    assert "shop/things was not published, because its contract changed" in problem.found
    assert "the column note is gone" in problem.found
    assert "new major version, 2.0.0" in problem.way_out


def test_a_change_without_its_bump_is_refused_and_with_it_published(promise, publish):
    publish(promise())
    stricter = [ID, {**NOTE, "required": True}]
    (problem,) = broken_promises(promise(columns=stricter), ["things"]).values()
    assert "the version is still 1.0.0; this change requires at least 1.1.0" in problem.found
    allowed = promise("1.1.0", columns=stricter)
    assert broken_promises(allowed, ["things"]) == {}
    publish(allowed)
    assert broken_promises(allowed, ["things"]) == {}


def test_better_words_are_published_under_the_same_version(promise, publish):
    publish(promise())
    assert broken_promises(promise(description={"purpose": "Said better."}), ["things"]) == {}


def test_after_a_rollback_the_contract_of_that_time_counts(promise, publish):
    publish(promise())
    port = publish(promise("1.1.0", columns=[ID, {**NOTE, "required": True}]))
    assert "is no longer required" in broken_promises(promise("1.1.0"), ["things"])["things"].found
    port.rollback(0)
    assert broken_promises(promise(), ["things"]) == {}


def test_a_contract_that_went_back_to_an_earlier_text_is_refused_with_the_version_to_go_back_to(promise, publish):
    publish(promise())
    publish(promise("1.1.0", columns=[ID, NOTE, {**NOTE, "name": "remark"}]))
    (problem,) = broken_promises(promise(), ["things"]).values()
    assert "`mesh rollback shop/things --to 0`" in problem.way_out
    (problem,) = broken_promises(promise("1.0.1", columns=[ID]), ["things"]).values()
    assert "mesh rollback" not in problem.way_out


def test_a_rollback_to_the_version_of_that_text_is_let_through_and_one_to_another_version_is_not(promise, publish):
    publish(promise())
    port = publish(promise("1.1.0", columns=[ID, NOTE, {**NOTE, "name": "remark"}]))
    again = {"things": port.at(0)}
    assert contract_rulings(promise(), ["things"], again)["things"].refusal is None
    assert contract_rulings(promise("1.0.1", columns=[ID]), ["things"], again)["things"].refusal


def test_no_rollback_makes_a_promise_a_draft_again(promise, publish):
    publish(promise(status="draft"))
    port = publish(promise())
    (problem,) = broken_promises(promise(status="draft"), ["things"]).values()
    assert "its status was active and is draft" in problem.found and "mesh rollback" not in problem.way_out
    again = {"things": port.at(0)}
    refusal = contract_rulings(promise(status="draft"), ["things"], again)["things"].refusal
    assert "its status was active and is draft" in refusal.found


def end(day):
    return {"property": "endOfLife", "value": day}


ENDED, LATE, NOTICE = end("2020-01-31"), end("2100-01-31"), {"property": "noticePeriod", "value": 180}
ENDED_NOTE = {**ENDED, "element": "things.note"}
SOONER = {
    "an end that is over": ([ENDED], "active", [], "the end of the contract is announced for 2020-01-31"),
    "an end that was postponed": ([ENDED], "deprecated", [LATE], "the end of the contract is announced for 2020-01-31"),
    "the end of a column": ([ENDED_NOTE], "active", [], "the end of note is announced for 2020-01-31"),
    "a shorter notice": ([], "active", [NOTICE], "its consumers have 180 days' notice, and would have 30"),
}


@pytest.mark.parametrize(("levels", "status", "since", "reason"), SOONER.values(), ids=SOONER)
def test_a_rollback_brings_no_end_forward(promise, publish, levels, status, since, reason):
    first = {"status": "deprecated" if levels else "active", "slaProperties": levels}
    publish(promise(**first))
    port = publish(promise("1.1.0", status=status, slaProperties=since))
    back = promise(**first)
    refusal = contract_rulings(back, ["things"], {"things": port.at(0)})["things"].refusal
    assert "shop/things is not served again under shop.things.v1 1.0.0" in refusal.found and reason in refusal.found
    assert f"Restore {back.contracts['things'].file} to the text that is served now" in refusal.way_out
    assert "announce an end in a version after 1.1.0" in refusal.way_out
    assert "mesh rollback" not in broken_promises(back, ["things"])["things"].way_out


def test_a_rollback_keeps_or_postpones_an_end(promise, publish):
    publish(promise(status="deprecated", slaProperties=[LATE]))
    port = publish(promise("1.1.0", status="deprecated", slaProperties=[end("2090-01-31")]))
    back = promise(status="deprecated", slaProperties=[LATE])
    assert contract_rulings(back, ["things"], {"things": port.at(0)})["things"].refusal is None


def test_a_draft_goes_back_to_an_earlier_draft(promise, publish):
    publish(promise(status="draft"))
    port = publish(promise(status="draft", columns=[ID]))
    assert contract_rulings(promise(status="draft"), ["things"], {"things": port.at(0)})["things"].refusal is None


def test_a_port_from_before_contracts_were_kept_is_published_once_without_the_comparison(promise, publish):
    port = publish(promise())
    for kept in (port.folder / "_contracts").iterdir():
        kept.unlink()
    assert broken_promises(promise(columns=[ID]), ["things"]) == {}


def alter(file):
    file.write_bytes(file.read_bytes().replace(b"1.0.0", b"0.9.0"))


def link(file):
    file.unlink()
    file.symlink_to(file.parent / "nothing")


def folder(file):
    file.unlink()
    file.mkdir()


LOST = {
    "altered": alter,
    "deleted": lambda file: file.unlink(),
    "with its folder": lambda file: file.parent.rename(file.parent.with_name("elsewhere")),
    "emptied": lambda file: file.write_bytes(b""),
    "cut short": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "other bytes": lambda file: file.write_bytes(b"\xff\x00"),
    "a link to nothing": link,
    "a folder": folder,
}
"""What can become of a kept text."""


@pytest.fixture(params=LOST.values(), ids=LOST)
def lost(request, promise, publish):
    """A port whose kept text was lost, and the file that held it."""
    port = publish(promise(), recorded=True)
    (file,) = (port.folder / "_contracts").iterdir()
    request.param(file)
    return port, file


def test_a_kept_text_that_was_lost_lets_no_other_contract_through(promise, publish, lost):
    _, file = lost
    better = {"purpose": "Said better."}
    for changed in ({"version": "1.1.0", "columns": [ID]}, {"columns": [ID]}, {"version": "1.1.0", "description": better}):
        (problem,) = broken_promises(promise(**changed), ["things"]).values()
        assert isinstance(problem, PortDamaged)
        assert str(file) in problem.found and problem.found.startswith("shop/things: the contract that its last commit was")
        assert "`mesh run shop/things`" in problem.way_out and file.name[:12] in problem.way_out
    assert broken_promises(promise(), ["things"]) == {}, "under the contract of that time, there is nothing to compare"


def test_a_kept_text_that_was_lost_is_named_by_whoever_looks_for_damage(company, lost):
    port, file = lost
    company.registry("shop")
    (symptom,) = check_ports(MeshHome.of(company.root))
    assert (symptom.subject, symptom.state) == ("port shop/things", "problem")
    assert str(file) in symptom.found and "Restore that file" in symptom.advice
    (inspection,) = inspect_targets(load_project(company.root, with_broken=True), [], False, lambda _: None)
    (problem,) = inspection.problems
    assert str(file) in problem and "version 0" in problem


@pytest.mark.parametrize("damage", [damage for name, damage in LOST.items() if name != "a folder"])
def test_a_publish_under_the_contract_of_that_time_writes_its_kept_text_again(promise, publish, damage):
    port = publish(promise(), recorded=True)
    (file,) = (port.folder / "_contracts").iterdir()
    whole = file.read_bytes()
    damage(file)
    publish(promise(), recorded=True)
    assert file.read_bytes() == whole
    assert isinstance(broken_promises(promise("1.1.0", columns=[ID]), ["things"])["things"], ContractViolation)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
def test_a_kept_text_that_was_lost_is_found_in_git_by_its_digest(company, git, commit, promise, publish, ends):
    contract = company.root / "domains/shop/contracts/things.v1.odcs.yaml"
    promise()
    lines = contract.read_bytes().split(b"\n")
    new = b"\r\n".join(lines[:3]) + b"\n" + b"\n".join(lines[3:]) if ends == "mixed" else ends.encode().join(lines)
    contract.write_bytes(new)
    port = publish(load_offer(company.domain()), recorded=True)
    (file,) = (port.folder / "_contracts").iterdir()
    assert kept_contract(port.folder, file.name.partition(".")[0]) is not None
    commit()
    promise("1.1.0")
    commit()
    file.unlink()
    (problem,) = broken_promises(promise("1.1.0", columns=[ID]), ["things"]).values()
    assert isinstance(problem, ContractViolation) and "the column note is gone" in problem.found
    assert broken_promises(promise("1.1.0", columns=[ID, {**NOTE, "required": True}]), ["things"]) == {}


@pytest.mark.parametrize("damage", ["altered", "emptied", "other bytes"])
def test_a_text_of_early_releases_that_is_there_and_altered_is_damage(promise, publish, damage):
    port = publish(promise())
    LOST[damage](*(port.folder / "_contracts").iterdir())
    assert isinstance(broken_promises(promise(columns=[ID]), ["things"])["things"], PortDamaged)


def test_the_lost_text_of_an_earlier_major_that_is_a_view_is_damage(promise, publish, two, publish_two):
    publish(promise(), recorded=True)
    offer = two()
    port = publish_two(offer)
    (port.folder / "_contracts" / f"{offer.earlier['things'][0].digest}.odcs.yaml").unlink()
    assert isinstance(broken_promises(two("1.2.0", columns=[ID]), ["things"])["things"], PortDamaged)
    assert broken_promises(two(), ["things"]) == {}


def test_a_port_that_was_not_asked_for_is_not_judged(promise, publish):
    publish(promise())
    assert broken_promises(promise(columns=[ID]), []) == {}


MARK = {"name": "mark", "logicalType": "string", "physicalType": "VARCHAR"}
SECOND = ({**ID}, {**NOTE, "name": "remark"}, MARK)
"""The columns of the second major, in which `note` is `remark`."""


@pytest.fixture
def two(company):
    """Writes both contracts of shop/things, the first a view over the second, and the product; gives the domain's offer."""
    domain = company.domain()

    def two(version="1.1.0", columns=(ID, {**NOTE, "transformLogic": "remark"}), first=True, **said):
        outputs = [{"name": "things", "version": "2.0.0", "contractId": "shop.things.v2"}]
        if first:
            outputs = [{"name": "things", "version": version, "contractId": "shop.things.v1"}, *outputs]
            served = [{"property": "servedFrom", "value": "shop.things.v2"}]
            company.contract("things", version=version, columns=columns, customProperties=served, **said)
        else:
            (company.root / "domains/shop/contracts/things.v1.odcs.yaml").unlink()
        company.product("things", outputPorts=outputs)
        company.contract("things", version="2.0.0", columns=SECOND, id="shop.things.v2", file="things.v2.odcs.yaml")
        return load_offer(domain)

    return two


@pytest.fixture
def publish_two(parquet):
    """Publishes the second major as a run does, with the contracts of both; or as before both were recorded."""

    def publish_two(offer, recorded=True):
        contract, earlier = offer.contracts["things"], offer.earlier.get("things", ())
        port = OutputPort(PortAddress("shop", "things"), offer.domain.home.port(contract.address, 2))
        names = (contract.id, contract.version, contract.file, contract.digest)
        digests = {other.id: other.digest for other in earlier} if recorded else None
        for other in earlier if recorded else ():
            keep_contract(port.folder, other)
        provenance = Provenance(*names, rows=1, rules=1, earlier=digests)
        port.publish(parquet("SELECT 1::INTEGER AS id, 'x' AS remark, 'y' AS mark"), contract, provenance)
        return port

    return publish_two


def test_the_first_publish_of_a_new_major_holds_the_earlier_one_to_its_own_last_commit(promise, publish, two):
    publish(promise())
    assert broken_promises(two(), ["things"]) == {}
    (problem,) = broken_promises(two("1.0.0"), ["things"]).values()
    assert "shop.things.v1: the version is still 1.0.0" in problem.found
    (problem,) = broken_promises(two("1.1.0", columns=[ID]), ["things"]).values()
    assert "shop.things.v1 1.0.0 breaks its promise within the major version: the column note is gone" in problem.found


REMARK = {**NOTE, "transformLogic": "remark"}


@pytest.mark.parametrize("recorded", [True, False], ids=["as recorded", "before it was recorded"])
@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"version": "1.2.0", "columns": [ID]}, "the column note is gone"),
        ({"version": "1.2.0", "columns": [{**ID, "required": False}, REMARK]}, "id is no longer required"),
        ({"version": "1.0.0"}, "breaks its promise|the version is still|is not higher"),
    ],
    ids=["a column less", "a rule loosened", "a version not raised"],
)
def test_an_earlier_major_that_is_a_view_is_held_to_its_contract_at_every_publish(
    promise, publish, two, publish_two, changed, found, recorded
):
    publish(promise())
    publish_two(two(), recorded)
    (problem,) = broken_promises(two(**changed), ["things"]).values()
    assert isinstance(problem, ContractViolation)
    assert re.search(found, problem.found), problem.found
    assert "domains/shop/contracts/things.v1.odcs.yaml" in problem.way_out
    assert broken_promises(two("1.2.0", description={"purpose": "Said better."}), ["things"]) == {}


def test_what_was_added_to_an_earlier_major_since_is_promised_too(promise, publish, two, publish_two):
    publish(promise())
    publish_two(two("1.2.0", columns=[ID, REMARK, MARK]))
    (problem,) = broken_promises(two("1.3.0"), ["things"]).values()
    assert "shop.things.v1 1.2.0 breaks its promise within the major version: the column mark is gone" in problem.found


def test_an_earlier_major_that_is_deleted_inside_its_notice_period_is_refused(promise, publish, two, publish_two):
    publish(promise())
    (problem,) = broken_promises(two(first=False), ["things"]).values()
    assert "a contract of it is missing: shop.things.v1 1.0.0 is deleted inside its notice period" in problem.found
    assert "mesh ports withdraw shop/things --major 1" in problem.way_out
    publish_two(two())
    (problem,) = broken_promises(two(first=False), ["things"]).values()
    assert "shop.things.v1 1.1.0 is deleted inside its notice period" in problem.found


def test_an_earlier_major_that_has_ended_may_be_deleted(promise, publish, two, publish_two):
    publish(promise())
    ended = {"status": "deprecated", "slaProperties": [{"property": "endOfLife", "value": "2020-01-31"}]}
    publish_two(two("1.1.0", **ended))
    offer = two(first=False)
    assert broken_promises(offer, ["things"]) == {}
    publish_two(offer)
    assert broken_promises(offer, ["things"]) == {}


def test_a_rollback_goes_back_to_the_contracts_of_both_majors(promise, publish, two, publish_two):
    publish(promise())
    publish_two(two())
    port = publish_two(two("1.2.0", columns=[ID, REMARK, MARK]))
    offer = two()
    (problem,) = broken_promises(offer, ["things"]).values()
    assert "`mesh rollback shop/things --to 0`" in problem.way_out
    assert contract_rulings(offer, ["things"], {"things": port.at(0)})["things"].refusal is None
    assert contract_rulings(offer, ["things"], {"things": port.at(1)})["things"].refusal
