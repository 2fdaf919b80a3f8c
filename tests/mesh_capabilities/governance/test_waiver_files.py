"""Reading waiver files."""

from datetime import date

import pytest
import yaml

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.waiver import read_waiver

SAID = {
    "policy": "money_has_a_currency",
    "subject": "shop.things.v1.price",
    "reason": "The source says no currency before the new till.",
    "requested_by": "team:shop",
    "approved_by": "team:platform",
    "control": "The description says that it is Brazilian real.",
    "starts_on": "2026-05-01",
    "expires_on": "2026-07-30",
}


@pytest.fixture
def read(tmp_path):
    """Writes a waiver and reads it; a change of None leaves a key out."""

    def read(**changes):
        said = {key: value for key, value in {**SAID, **changes}.items() if value is not None}
        path = tmp_path / "till.yaml"
        path.write_text(yaml.safe_dump(said), encoding="utf-8")
        return read_waiver(path, "domains/shop/waivers/till.yaml", "shop", ("shop", "team:counter", "#data-shop"))

    return read


def test_a_waiver_is_read_and_can_last_ninety_days(read):
    waiver = read()
    assert (waiver.policy, waiver.subject, waiver.domain) == ("money_has_a_currency", "shop.things.v1.price", "shop")
    assert (waiver.starts_on, waiver.expires_on) == (date(2026, 5, 1), date(2026, 7, 30))


@pytest.mark.parametrize("key", SAID)
def test_an_incomplete_waiver_is_refused(read, key):
    for nothing in (None, "  "):
        with pytest.raises(PolicyError, match=f"domains/shop/waivers/till.yaml has no {key}."):
            read(**{key: nothing})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"approved_by": "team:shop"}, "is approved by team:shop, the team whose domain it is for. Have another team approve"),
        ({"approved_by": "Shop"}, "is approved by Shop, the team whose domain it is for"),
        ({"approved_by": "team: shop"}, "is approved by team: shop, the team whose domain it is for"),
        ({"approved_by": "team:s-hop", "requested_by": "team:books"}, "is approved by team:s-hop, the team whose domain"),
        ({"approved_by": "team: books.", "requested_by": "Books"}, "is approved by team: books., the team that requests it"),
        ({"approved_by": "team:team:shop"}, "is approved by team:team:shop, the team whose domain it is for"),
        ({"approved_by": "team:ｓｈｏｐ"}, "the team whose domain it is for"),
        ({"approved_by": "team: Counter"}, "is approved by team: Counter, the team whose domain it is for"),
        ({"approved_by": "shop@example.com"}, "is approved by shop@example.com, the team whose domain it is for"),
        ({"approved_by": "data-shop@example.com"}, "by data-shop@example.com, the team whose domain it is for"),
        ({"approved_by": "team:data-shop"}, "is approved by team:data-shop, the team whose domain it is for"),
        ({"approved_by": "team:\u0455hop"}, "which is no team"),
        ({"approved_by": "x"}, "is approved by 'x', which is no team. Write the team as team:platform, or an address"),
        ({"approved_by": "team:"}, "is approved by 'team:', which is no team"),
        ({"expires_on": "2026-07-31"}, "lasts 91 days. A waiver lasts at most 90 days: until 2026-07-30"),
        ({"expires_on": "2026-04-30"}, "expires on 2026-04-30, before it starts"),
        ({"expires_on": "never"}, "has expires_on: never. Write a date"),
        ({"subject": "shop.things.v1.a\0b"}, "contains control characters"),
        ({"subject": "shop.things.v1.*"}, "covers one subject; write its exact name"),
        ({"scope": "all"}, "has unknown keys: scope"),
    ],
)
def test_a_waiver_that_allows_too_much_is_refused_with_the_fix(read, changes, told):
    with pytest.raises(PolicyError, match=told):
        read(**changes)


def test_a_file_that_is_not_a_waiver_is_refused(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("[not, a, waiver", encoding="utf-8")
    with pytest.raises(PolicyError, match="x.yaml is not YAML"):
        read_waiver(path, "domains/shop/waivers/x.yaml", "shop")
