"""The lifecycle record of a product: a written record can be read, and an invalid one is refused with its file."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_capabilities.lifecycle.record import Transition, check_actor, read_transitions, record_file, written
from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import Stage

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
FIRST = Transition("shop/things", Stage.draft, Stage.active, AT, "team:shop", "It is wanted.")
SECOND = Transition(
    "shop/things", Stage.active, Stage.deprecated, AT, "team:shop", "Too old: # 1", "shop/goods", date(2026, 12, 31)
)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "domains/shop/products/things.lifecycle.yaml"
    file.parent.mkdir(parents=True)
    return file


def test_it_stands_beside_the_descriptor(path):
    assert record_file(path.with_name("things.odps.yaml")) == path


def test_a_product_that_nobody_has_moved_has_an_empty_record(path):
    assert read_transitions(path) == []


def test_steps_are_read_as_they_were_written_oldest_first(path):
    path.write_text(written(written("", FIRST), SECOND), encoding="utf-8")
    assert read_transitions(path) == [FIRST, SECOND]


def test_what_people_have_noted_in_it_stays(path):
    text = written("", FIRST) + "# Discussed in March.\n"
    path.write_text(written(text, SECOND), encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith(text)
    assert read_transitions(path) == [FIRST, SECOND]


@given(st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool))
def test_any_reason_comes_back_as_it_was_given(tmp_path_factory, why):
    path = tmp_path_factory.mktemp("record") / "things.lifecycle.yaml"
    step = Transition(f"{path.parents[1].name}/things", Stage.draft, Stage.active, AT, "team:shop", why)
    path.write_text(written("", step), encoding="utf-8")
    assert read_transitions(path) == [step]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty or is not a mapping"),
        ("transitions: 3", "no list of transitions"),
        ("steps: []", "no list of transitions"),
        ("transitions: [active]", "no list of transitions"),
        ("transitions: [{from: draft, to: active, by: 'team:shop', why: x}]", "transition 1 has no at"),
        ("transitions: [{from: a, to: active, at: 2026-06-01, by: 'team:shop', why: x}]", "transition 1 cannot be read"),
        ("transitions: [{from: draft, to: active, at: soon, by: 'team:shop', why: x}]", "transition 1 cannot be read"),
    ],
)
def test_a_record_that_cannot_be_read_is_named(path, text, message):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=rf"things\.lifecycle\.yaml.*{message}"):
        read_transitions(path)


@pytest.mark.parametrize("by", ["shop", "team:", "ana", "team:a b", "user:ana", ""])
def test_steps_are_taken_by_teams(by):
    with pytest.raises(ValueError, match="is not a team"):
        check_actor(by)
    assert check_actor("team:shop-1") == "team:shop-1"
