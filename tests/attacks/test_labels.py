"""Labels hide values, and none hides less than another team, a part of the column, or the contract of the rows requires."""

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import mesh_platform
from mesh_capabilities.governance.catalog.catalog import open_catalog
from mesh_capabilities.governance.policy_tables import CLASSIFICATIONS
from mesh_capabilities.portal.reading_guide import Sampler
from mesh_capabilities.reproduction.rebuild import _compared
from mesh_capabilities.review.trial import difference_from_served, offer_to_show
from mesh_isolation.sensitivity import CLASSIFICATION_LEVELS
from mesh_platform.contract.audit import audit
from mesh_platform.contract.document import load_contract
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort, contract_path
from mesh_platform.port.version import Provenance
from mesh_platform.product.offer import load_offer
from mesh_platform.project import load_project
from mesh_platform.publish.serving_again import serve_again

THINGS = PortAddress("shop", "things")
ID = {"name": "id", "logicalType": "integer", "physicalType": "INTEGER", "primaryKey": True, "classification": "internal"}
TEXT = {"logicalType": "string", "physicalType": "VARCHAR"}
PLACE = "STRUCT(city VARCHAR)"
PLANTED = "plantedville"
SQL = {
    "VARCHAR": f"'{PLANTED}'",
    PLACE: f"{{'city': '{PLANTED}'}}",
    "VARCHAR[]": f"['{PLANTED}']",
    f"{PLACE}[]": f"[{{'city': '{PLANTED}'}}]",
    "MAP(VARCHAR, VARCHAR)": f"MAP {{'city': '{PLANTED}'}}",
}


def note(label, part=None, kind="VARCHAR", **said):
    """A column of that type with its own label, and the label of its innermost part."""
    leaf = TEXT | ({"classification": part} if part else {})
    place = {"logicalType": "object", "physicalType": PLACE, "properties": [{"name": "city", **leaf}]}
    parts = {
        "VARCHAR": TEXT,
        PLACE: place,
        "VARCHAR[]": {"logicalType": "array", "items": leaf},
        f"{PLACE}[]": {"logicalType": "array", "items": place},
        "MAP(VARCHAR, VARCHAR)": {"logicalType": "map", "map": {"key": TEXT, "value": leaf}},
    }
    return {"name": "note", **parts[kind], "physicalType": kind, **({"classification": label} if label else {}), **said}


PARTS = [kind for kind in SQL if kind != "VARCHAR"]


@pytest.fixture
def capabilities():
    return ("columns", "contract_change", "contract_lint", "governance")


@pytest.fixture(autouse=True)
def without_policies_of_the_mesh(monkeypatch, tmp_path):
    """The small company breaks some of them."""
    monkeypatch.setattr("mesh_capabilities.governance.library.GLOBAL", tmp_path / "none")


@pytest.fixture
def served(company, parquet):
    """Publishes shop/things under a draft contract with that column, or only writes the contract."""
    company.registry("shop")
    company.domain_file("shop")
    company.product("things")

    def write(column):
        path = company.contract("things", columns=[ID, column], status="draft", apiVersion="v3.2.0")
        return load_contract(path, company.root)

    def publish(column, value=None):
        contract = write(column)
        port = OutputPort(THINGS, contract.home.port(THINGS, 1))
        names = (contract.id, contract.version, contract.file, contract.digest)
        rows = f"SELECT 1::INTEGER AS id, {value or SQL[column['physicalType']]}::{column['physicalType']} AS note"
        port.publish(parquet(rows), contract, Provenance(*names, rows=1, rules=1, earlier={}))
        return port

    return SimpleNamespace(root=company.root, write=write, publish=publish)


def again(root):
    return serve_again(load_project(root), THINGS, 0)


# A rollback.

LOWERED = {
    "personal, then internal": (note("personal"), note("internal")),
    "personal, then public": (note("personal"), note("public")),
    "sensitive, then personal": (note("sensitive-personal"), note("personal")),
    "confidential, then internal": (note("confidential"), note("internal")),
    "misspelt, then internal": (note("persnal"), note("internal")),
    "personal, then none": (note("personal"), note(None)),
    "a masking step that is only said to be applied": (
        note("personal"),
        note("internal", customProperties=[{"property": "masking", "value": "rank"}]),
    ),
    **{f"a part of {kind}": (note("internal", "personal", kind), note("internal", "internal", kind)) for kind in PARTS},
}


@pytest.mark.parametrize(("before", "now"), LOWERED.values(), ids=LOWERED)
def test_a_rollback_serves_no_rows_under_a_lower_label_than_they_were_published_under(served, before, now):
    served.publish(before)
    port = served.publish(now, "NULL")
    with pytest.raises(MeshError) as refusal:
        again(served.root)
    assert "shop/things version 0 is not served again" in refusal.value.found
    assert "note was published as " in refusal.value.found
    assert "`mesh run shop/things`" in refusal.value.way_out
    assert "domains/shop/contracts/things.v1.odcs.yaml" in refusal.value.way_out
    assert port.current().number == 1


@pytest.mark.parametrize("label", ["personal", "sensitive-personal"])
def test_a_rollback_serves_rows_under_the_same_label_or_a_higher_one(served, label):
    served.publish(note("personal"))
    served.publish(note("internal"), "NULL")
    served.write(note(label))
    assert again(served.root).number == 2


def test_a_label_that_is_lowered_in_two_steps_is_lowered(served):
    served.publish(note("personal"))
    served.publish(note("internal"), "NULL")
    served.write(note("personal"))
    again(served.root)
    served.publish(note("internal"), "NULL")
    for number in (0, 2):
        with pytest.raises(MeshError, match="note was published as personal, and is internal now"):
            serve_again(load_project(served.root), THINGS, number)


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_a_rollback_whose_contract_is_lost_is_refused_unless_git_has_it(served, damage):
    port = served.publish(note("internal"))
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(served.root))
    kept = contract_path(port.folder, port.current().provenance.contract_digest)
    text = kept.read_text()
    served.publish(note("internal", description="Another text."), "NULL")
    kept.unlink() if damage == "gone" else kept.write_text(f"{text}\n")
    with pytest.raises(MeshError) as refusal:
        again(served.root)
    assert "the contract that it was published under is lost" in refusal.value.found
    assert "`mesh run shop/things`" in refusal.value.way_out
    now = (served.root / "domains/shop/contracts/things.v1.odcs.yaml").read_text()
    for step in (text, now):
        (served.root / "domains/shop/contracts/things.v1.odcs.yaml").write_text(step)
        for command in (["init", "-q"], ["add", "domains"], ["commit", "-qm", "A text."]):
            subprocess.run([*git, *command], check=True)
    assert again(served.root).number == 2


SIGNED = {"by": "team:platform", "on": "2026-01-31", "why": "It names nobody."}


def signed(label="internal", **changes):
    signature = {key: value for key, value in {**SIGNED, **changes}.items() if value is not None}
    return note(label, customProperties=[{"property": "declassified", "value": signature}])


@pytest.mark.parametrize(
    "now",
    [
        *(note("internal"), note("confidential"), note("public")),
        *(signed(by="team:shop"), signed(by="data-shop@example.com")),
    ],
)
def test_a_rollback_serves_no_rows_whose_signature_no_longer_counts(served, now):
    served.publish(signed())
    served.publish(now, "NULL")
    with pytest.raises(MeshError, match="shop/things version 0 is not served again"):
        again(served.root)


@pytest.mark.parametrize("now", [signed(why="It still names nobody."), note("personal")])
def test_a_rollback_serves_rows_that_are_signed_for_or_hidden_now(served, now):
    served.publish(signed())
    served.publish(now, "NULL")
    assert again(served.root).number == 2


# What is shown of a served version.


def sample(served, port):
    rows = open_catalog(load_project(served.root)).rows("columns")
    about = {"port": str(THINGS), "major": 1, "published": True}
    return Sampler(load_project(served.root).home).take(about, rows)


@pytest.mark.parametrize(("before", "now"), LOWERED.values(), ids=LOWERED)
def test_a_page_shows_no_value_that_the_contract_of_the_served_version_hides(served, before, now):
    port = served.publish(before)
    assert PLANTED not in str(sample(served, port))
    served.write(now)
    shown = sample(served, port)
    assert PLANTED not in str(shown)
    if now.get("classification") in ("public", "internal"):
        assert shown.rows == [["1"]], "the other columns are still shown"
        assert [name for name, _ in shown.withheld] == ["note"]


@pytest.mark.parametrize("kind", SQL)
def test_a_page_shows_what_both_contracts_allow(served, kind):
    port = served.publish(note("internal", "public" if kind != "VARCHAR" else None, kind))
    assert PLANTED in str(sample(served, port).rows)
    served.write(note("personal"))
    assert PLANTED not in str(sample(served, port))


@pytest.mark.parametrize("text", [None, "schema: 3\n", "[\n"])
def test_a_page_shows_no_value_if_the_contract_of_the_served_version_cannot_be_read(served, text):
    port = served.publish(note("internal"))
    kept = contract_path(port.folder, port.current().provenance.contract_digest)
    kept.unlink() if text is None else kept.write_text(text)
    shown = sample(served, port)
    assert (shown.columns, shown.rows) == ((), ())
    assert "the contract that the served version was published under cannot be read" in shown.problem


@pytest.mark.parametrize(("before", "now"), LOWERED.values(), ids=LOWERED)
def test_differences_from_a_served_version_hide_what_its_contract_hides(served, parquet, before, now):
    if before["classification"] in ("confidential", "sensitive-personal"):
        pytest.skip("messages show what is confidential, and hide what is personal")
    port = served.publish(before)
    contract, kind = served.write(now), now["physicalType"]
    path = parquet(f"SELECT 2::INTEGER AS id, {SQL[kind]}::{kind} AS note")
    difference = difference_from_served(SimpleNamespace(port=port, path=path), contract)
    assert (difference.added, difference.removed) == (1, 1)
    assert PLANTED not in f"{difference.added_rows} {difference.removed_rows}"
    version = port.current()
    compared = _compared(version, path, contract, SimpleNamespace(version=version), 5)
    assert compared.examples
    assert PLANTED not in str(compared.examples)


def test_differences_under_a_contract_that_is_lost_show_no_value(served, parquet):
    port = served.publish(note("internal"))
    contract_path(port.folder, port.current().provenance.contract_digest).unlink()
    contract = served.write(note("public"))
    path = parquet("SELECT 2::INTEGER AS id, 'x' AS note")
    assert PLANTED not in str(difference_from_served(SimpleNamespace(port=port, path=path), contract))


@pytest.mark.parametrize("lost", [False, True])
def test_failing_rows_hide_what_the_contract_of_the_served_version_hides(served, parquet, lost):
    port = served.publish(note("internal" if lost else "personal"))
    if lost:
        contract_path(port.folder, port.current().provenance.contract_digest).unlink()
    served.write(note("internal", logicalTypeOptions={"maxLength": 3}))
    offer = load_offer(load_project(served.root).domain("shop"))
    shown = offer_to_show(offer, ["things"]).contracts["things"]
    (broken,) = audit(shown, [parquet(f"SELECT 2::INTEGER AS id, '{PLANTED}' AS note")]).broken
    assert broken.examples and PLANTED not in str(broken)
    assert ("id = 2" in str(broken)) is not lost


@pytest.mark.parametrize("refused", [[], ["things"]])
def test_failing_rows_of_an_earlier_major_hide_what_is_made_of_a_hidden_column(served, refused):
    served.publish(note("personal"))
    served.write(note("internal"))
    offer = load_offer(load_project(served.root).domain("shop"))
    older = replace(offer.contracts["things"], served_as={"id": "length(note)"})
    shown = offer_to_show(replace(offer, earlier={"things": (older,)}), ["things"], refused)
    assert older.personal == () and shown.earlier["things"][0].personal == ("id", "note")


# The label of a part.


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize(
    ("own", "part", "holds"),
    [
        ("internal", "personal", "personal"),
        ("public", "sensitive-personal", "sensitive-personal"),
        ("internal", "persnal", "persnal"),
        ("internal", "confidential", "confidential"),
        ("personal", "public", "personal"),
        ("internal", None, "internal"),
        (None, "personal", "personal"),
        (None, "public", None),
    ],
)
def test_a_column_is_as_sensitive_as_its_most_sensitive_part(served, kind, own, part, holds):
    column = served.write(note(own, part, kind)).columns[1]
    assert column.sensitivity == holds
    assert column.personal is (holds not in ("public", "internal", "confidential", None))
    rows = {row["column"]: row for row in open_catalog(load_project(served.root)).rows("columns")}
    assert rows["note"]["classification"] == holds


def test_one_function_decides_what_the_label_of_a_column_is():
    """Whoever reads the label of a column itself does not see those of its parts."""
    platform = Path(mesh_platform.__file__).parents[1]
    texts = {path.relative_to(platform).as_posix(): path.read_text(encoding="utf-8") for path in platform.rglob("*.py")}
    assert [path for path, text in texts.items() if re.search(r"\.classification\b", text)] == ["mesh_isolation/sensitivity.py"]
    assert [level.name for level in CLASSIFICATIONS] == [*CLASSIFICATION_LEVELS]


# A signature.

TOMORROW = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
NO_SIGNATURES = {
    "by the domain": ({"by": "team:shop"}, "is by 'team:shop', the team whose domain it is for; another team has to sign"),
    "by the domain in another case": ({"by": "Team: SHOP"}, "another team has to sign"),
    "by the domain without the word team": ({"by": "shop"}, "another team has to sign"),
    "by the domain with signs": ({"by": "team:s-h-o-p"}, "another team has to sign"),
    "by the domain with the word twice": ({"by": "team:team:shop"}, "another team has to sign"),
    "by the domain with the word behind": ({"by": "team:the shop team"}, "another team has to sign"),
    "by the domain in wide letters": ({"by": "team:ｓｈｏｐ"}, "another team has to sign"),
    "by the domain in letters that look alike": ({"by": "team:\u0455hop"}, "which is no team"),
    "by an address of the domain": ({"by": "shop@example.com"}, "another team has to sign"),
    "by the owner of the domain": ({"by": "team: Counter"}, "another team has to sign"),
    "by the support of the domain": ({"by": "data-shop@example.com"}, "another team has to sign"),
    "by the channel of the domain": ({"by": "team: Data Shop"}, "another team has to sign"),
    "by nobody": ({"by": None}, "has no by"),
    "by blanks": ({"by": "  "}, "has no by"),
    "by no team": ({"by": "x"}, "is by 'x', which is no team"),
    "on no day": ({"on": None}, "has no on"),
    "on what is no day": ({"on": "soon"}, "is of 'soon', which is no date"),
    "on a day to come": ({"on": TOMORROW}, f"is of {TOMORROW}, which is in the future"),
    "for no reason": ({"why": None}, "has no why"),
    "for an empty reason": ({"why": ""}, "has no why"),
}


def signatures(served):
    catalog = open_catalog(load_project(served.root))
    signer = {row["column"]: row["declassified_by"] for row in catalog.rows("columns")}["note"]
    return signer, [row["problem"] for row in catalog.rows("unaccepted_signatures") if row["column"] == "note"]


@pytest.mark.parametrize(("changes", "problem"), NO_SIGNATURES.values(), ids=NO_SIGNATURES)
def test_what_the_domain_can_sign_itself_and_what_is_incomplete_is_no_signature(served, company, changes, problem):
    company.domain_file("shop", owner="team:counter", channel="#data-shop")
    served.write(signed(**changes))
    signer, problems = signatures(served)
    assert signer is None
    assert len(problems) == 1 and problem in problems[0]


@pytest.mark.parametrize("value", ["team:platform", ["team:platform"], {}, True])
def test_what_is_no_mapping_is_no_signature(served, value):
    served.write(note("internal", customProperties=[{"property": "declassified", "value": value}]))
    signer, problems = signatures(served)
    assert signer is None and len(problems) == 1


@pytest.mark.parametrize("by", ["team:platform", "privacy@example.com"])
def test_another_team_can_sign(served, by):
    served.write(signed(by=by))
    assert signatures(served) == (by, [])


def test_a_signature_of_a_day_to_come_counts_from_that_day_on(served, monkeypatch):
    served.write(signed(on=TOMORROW))
    assert signatures(served)[0] is None

    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime(2100, 1, 1, tzinfo=zone)

    for module in ("harvest_declared", "survey"):
        monkeypatch.setattr(f"mesh_capabilities.governance.catalog.{module}.datetime", Later)
    assert signatures(served) == ("team:platform", [])


def test_a_signature_by_the_new_owner_of_the_domain_no_longer_counts(served, company):
    served.write(signed(by="team:counter"))
    assert signatures(served)[0] == "team:counter"
    company.domain_file("shop", owner="team:counter")
    assert signatures(served)[0] is None
