"""Reading policy files: the header, and the stages by date."""

from datetime import date

import pytest

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.policy import Phase, PolicyStage, read_policy

HEADER = {
    "id": "has_things",
    "title": "There are things.",
    "why": "It is what the shop is for.",
    "severity": "error",
    "scope": "products",
    "phase": "[ci, publish]",
    "fix": "Add one.",
    "owner": "team:platform",
    "effective from": "2026-03-01",
}
QUERY = "select product as subject, 'it has none' as message, file as evidence from products"


@pytest.fixture
def read(tmp_path):
    """Writes a policy and reads it; a change of None leaves a line out."""

    def read(query=QUERY, domain=None, name="has_things", **changes):
        said = {**HEADER, **{key.replace("_", " "): value for key, value in changes.items()}}
        lines = [f"-- {key}: {value}" for key, value in said.items() if value is not None]
        path = tmp_path / f"{name}.sql"
        path.write_text("\n".join([*lines, query]) + "\n", encoding="utf-8")
        return read_policy(path, f"policies/{name}.sql", domain)

    return read


def test_a_policy_is_read_from_its_header(read):
    policy = read(warns_from="2026-02-01", privacy="true", scope="products where tier = 'gold'")
    assert (policy.id, policy.title, policy.owner, policy.privacy) == ("has_things", "There are things.", "team:platform", True)
    assert policy.phases == (Phase.CI, Phase.PUBLISH)
    assert (policy.scope.subjects.name, policy.scope.condition) == ("products", "tier = 'gold'")
    assert policy.query.strip() == QUERY


def test_a_header_value_can_span_several_lines(read):
    assert read(why="It is what the shop\n--   is for.").why == "It is what the shop is for."


def test_a_policy_enters_as_a_draft_then_warns_then_blocks(read):
    policy = read(warns_from="2026-02-01")
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)]
    assert [policy.stage(day) for day in days] == [PolicyStage.DRAFT, PolicyStage.WARN, PolicyStage.WARN, PolicyStage.BLOCK]


def test_a_policy_without_a_day_of_warning_goes_from_draft_to_block(read):
    assert [read().stage(day) for day in (date(2026, 2, 28), date(2026, 3, 1))] == [PolicyStage.DRAFT, PolicyStage.BLOCK]


def test_a_policy_of_severity_warning_never_blocks(read):
    assert read(severity="warning").stage(date(2099, 1, 1)) is PolicyStage.WARN


def test_the_id_of_a_domain_s_policy_begins_with_the_domain(read):
    policy = read(domain="shop", id="shop.has_things")
    assert (policy.id, policy.domain) == ("shop.has_things", "shop")


@pytest.mark.parametrize("key", HEADER)
def test_an_incomplete_header_is_refused(read, key):
    with pytest.raises(PolicyError, match=f"The header of policies/has_things.sql has no {key}."):
        read(**{key.replace(" ", "_"): None})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id": "others"}, "has the id 'others'. The id is the file's name.*: has_things"),
        ({"id": "shop.has_things"}, "has the id 'shop.has_things'"),
        ({"name": "Has-Things", "id": "Has-Things"}, "lowercase letters, digits and underscores"),
        ({"severity": "fatal"}, "has the severity 'fatal'. Write error or warning"),
        ({"scope": "secrets"}, "has the scope 'secrets'. Write one of domains, products"),
        ({"phase": "[nightly]"}, "has the phase 'nightly'. Write ci or publish or on demand"),
        ({"owner": "Jane Doe"}, "has the owner 'Jane Doe'"),
        ({"effective_from": "soon"}, "has effective from: soon. Write a date"),
        ({"warns_from": "2026-04-01"}, "has warns from 2026-04-01, later than effective from 2026-03-01"),
        ({"privacy": "perhaps"}, "has privacy: 'perhaps'"),
        ({"urgency": "high"}, "has unknown keys: urgency"),
        ({"query": ""}, "has no query below its header"),
        ({"why": "[an open bracket"}, "the header of policies/has_things.sql is not YAML"),
    ],
)
def test_a_wrong_header_is_refused_with_the_fix(read, changes, told):
    with pytest.raises(PolicyError, match=told):
        read(**changes)


def test_a_domain_s_policy_without_the_domain_in_its_id_is_refused(read):
    with pytest.raises(PolicyError, match="after the domain.*: shop.has_things"):
        read(domain="shop")


@pytest.mark.parametrize("content", [b"", b"select 1\n", b"-- \xff\xfe\n"])
def test_a_file_that_is_not_a_policy_is_refused(tmp_path, content):
    path = tmp_path / "x.sql"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=r"policies/x\.sql (has no header|is not UTF-8)"):
        read_policy(path, "policies/x.sql")
