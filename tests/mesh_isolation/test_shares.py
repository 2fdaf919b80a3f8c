"""Parties that share time and numbers: each has a bound, all together have one, and who comes late has a part."""

import pytest

from mesh_isolation import shares
from mesh_isolation.shares import TimeShares, first_of_each


@pytest.fixture
def spend(monkeypatch):
    """Lets a party use seconds, without waiting for them."""
    clock = [0.0]
    monkeypatch.setattr(shares, "monotonic", lambda: clock[0])

    def spend(time, party, seconds):
        with time.using(party):
            clock[0] += seconds

    return spend


def test_a_party_alone_has_its_bound(spend):
    time = TimeShares(["a", "a"], each=10, together=30)
    assert time.left("a") == 10
    spend(time, "a", 4)
    assert time.left("a") == 6
    spend(time, "a", 7)
    assert time.left("a") == 0


def test_all_together_have_one_and_each_an_equal_part_of_what_is_left(spend):
    time = TimeShares(["a", "b", "c", "b", "d"], each=10, together=12)
    assert time.left("a") == 3
    spend(time, "a", 1)
    assert time.left("b") == (12 - 1) / 3
    spend(time, "b", 100)  # it could not be stopped
    assert time.left("b") == 0
    assert time.left("c") == (12 - 1 - 11 / 3) / 2
    assert time.left("d") > 0


def test_any_number_of_slow_parties_takes_no_longer_than_all_may(spend):
    names = [f"slow {number}" for number in range(50)]
    time, total = TimeShares(names, each=10, together=30), 0.0
    for name in names:
        total += time.left(name)
        spend(time, name, time.left(name))
    assert total == pytest.approx(30)


def test_who_pays_is_no_party(spend):
    time = TimeShares(["a"], each=10, together=30)
    spend(time, None, 1_000)
    assert (time.left(None), time.left("a")) == (float("inf"), 10)


def test_the_first_items_of_each_party_and_of_all():
    items = ["a1", "a2", "b1", "a3", "b2", "c1", "c2"]
    assert first_of_each(items, lambda item: item[0], each=2, together=5) == (["a1", "a2", "b1", "b2", "c1"], ["a3", "c2"])
