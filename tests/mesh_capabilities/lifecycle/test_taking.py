"""Taking steps: the whole life of a product, in its descriptor and its record; a step that is held up leaves no trace."""

import pytest

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.lifecycle.machine import request
from mesh_capabilities.lifecycle.record import read_transitions
from mesh_capabilities.lifecycle.taking import judge_step, take_judged_step
from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import Stage

from .conftest import NOW, THINGS, ending


@pytest.fixture
def step(facts, ask):
    """Takes a step of shop/things, today."""

    def step(verb, **asked):
        found, wanted = facts(), ask(**asked)
        return take_judged_step(found, judge_step(found, verb, wanted), wanted)

    return step


def test_a_product_lives_from_its_proposal_to_its_tombstone(shop, facts, step, publish, ask):
    path = shop.product("things", status="proposed")
    path.write_text(path.read_text().replace("status: proposed", "status: proposed  # see the minutes of May"))
    step("promote", why="Books want it.")
    assert facts().stage is Stage.draft
    publish()
    step("promote", by="team:council")
    assert facts().stage is Stage.active
    shop.product("goods", "books")
    step("deprecate", successor="books/goods", ends="2026-07-01")
    assert (facts().stage, facts().product.successor, str(facts().product.ends)) == ("deprecated", "books/goods", "2026-07-01")
    path.write_text(path.read_text().replace("2026-07-01", "2026-05-31"))
    step("retire")
    assert facts().stage is Stage.retired
    assert (facts().product.successor, str(facts().product.ends)) == ("books/goods", "2026-05-31")
    assert "# see the minutes of May" in path.read_text()
    record = read_transitions(facts().record_path)
    assert [(taken.source, taken.target) for taken in record] == [
        ("proposed", "draft"),
        ("draft", "active"),
        ("active", "deprecated"),
        ("deprecated", "retired"),
    ]
    assert [taken.by for taken in record] == ["team:shop", "team:council", "team:shop", "team:shop"]
    assert [taken.why for taken in record] == [
        "Books want it.",
        "All 8 preconditions were met.",
        "Replaced by books/goods.",
        "All 2 preconditions were met.",
    ]
    assert {taken.at for taken in record} == {NOW}


def test_a_deprecation_that_is_taken_back_leaves_the_descriptor_as_it_was(shop, facts, step, publish):
    publish()
    before = facts().path.read_text()
    step("deprecate", why="Nobody wants it.", ends="2026-07-01")
    with pytest.raises(LifecycleRefused, match="cannot become active. No reason is given"):
        step("promote")
    step("promote", why="Somebody does.")
    assert facts().path.read_text() == before
    assert [taken.why for taken in facts().record] == ["Nobody wants it.", "Somebody does."]


def test_a_step_that_is_held_up_changes_nothing_and_says_what_is_missing(shop, facts, step):
    before = facts().path.read_text()
    with pytest.raises(LifecycleRefused, match="shop/things cannot become deprecated. No last day is stated") as refusal:
        step("deprecate", why="Nobody wants it.")
    assert "reason" not in str(refusal.value)
    assert (facts().path.read_text(), facts().record_path.exists()) == (before, False)


def test_a_product_with_a_reader_is_not_retired(shop, facts, step):
    shop.product("things", status="deprecated", customProperties=ending("2026-05-31"))
    shop.product("sums", "books", inputPorts=[THINGS], team={"name": "readers"})
    with pytest.raises(LifecycleRefused, match=r"It has 1 consumer: books/sums of readers reads shop\.things\.v1"):
        step("retire")
    assert facts().stage is Stage.deprecated


def test_a_step_that_does_not_exist_is_refused_before_anything_is_looked_at(shop, step):
    shop.write("domains/books/products/sums.odps.yaml", "no product")
    with pytest.raises(LifecycleRefused, match="shop/things is active, so `mesh product retire` is not possible"):
        step("retire")


def test_a_damaged_record_is_not_written_over(shop, facts, step):
    facts().record_path.write_text("transitions: lost\n")
    with pytest.raises(ContractError, match="no list of transitions"):
        step("deprecate", why="Nobody wants it.", ends="2026-07-01")
    assert facts().record_path.read_text() == "transitions: lost\n"
    assert facts().stage is Stage.active


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "ana"}, "'ana' is not a team. Write team:<name>"),
        ({"by": "team:shop", "ends": "soon"}, "'soon' is not a day"),
        ({"by": "team:shop", "ends": "2026-02-30"}, "'2026-02-30' is not a day"),
    ],
)
def test_a_request_that_is_none_is_refused(asked, said):
    with pytest.raises(LifecycleRefused, match=said):
        request(**asked)
