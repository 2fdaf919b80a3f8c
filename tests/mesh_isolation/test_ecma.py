"""Patterns mean what JavaScript says they mean, or are refused with the construct that differs."""

import json
from pathlib import Path

import duckdb
import pytest

from mesh_isolation.ecma import UnlikeEcma, re2_pattern
from mesh_isolation.engine import literal

RECORDED = json.loads((Path(__file__).parent / "ecma" / "answers.json").read_text("utf-8"))
TEXTS = RECORDED["texts"]
BASIC = [all(ord(character) < 0x10000 for character in text) for text in TEXTS]
"""Whether a text has only characters that JavaScript counts as one without the flag "u"."""


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def matches(pattern, connection):
    """One digit for each text, or None for a pattern that is refused."""
    try:
        translated = re2_pattern(pattern, connection)
    except UnlikeEcma:
        return None
    listed = ", ".join(literal(text) if text != "\0" else "chr(0)" for text in TEXTS)
    query = f"SELECT list_transform([{listed}], lambda text: regexp_matches(text, {literal(translated)})::INTEGER)"
    return "".join(map(str, connection.execute(query).fetchone()[0]))


def test_a_pattern_that_is_executed_matches_the_texts_that_javascript_says(connection):
    different, executed = [], 0
    for answer in RECORDED["answers"]:
        ours = matches(answer["pattern"], connection)
        if ours is None:
            continue
        executed += 1
        theirs = answer["matches"] or "it is no pattern"
        compared = [True] * len(TEXTS) if answer["flags"] else BASIC
        wrong = [text for text, mine, its, counts in zip(TEXTS, ours, theirs, compared) if counts and mine != its]
        if wrong:
            different.append((answer["pattern"], answer["flags"], wrong))
    assert different == []
    assert executed >= 700


def test_the_page_says_how_many_patterns_and_texts_were_compared():
    page = (Path(__file__).parents[2] / "docs" / "contracts" / "conformance.md").read_text("utf-8")
    assert f"{len(RECORDED['answers'])} patterns on {len(TEXTS)} texts" in page


# The patterns that JavaScript executes and RE2 cannot, by the words of the reason.
REFUSED = {
    "look-ahead": [r"(?=a)", r"a(?!b)", r"^(?!.*--).*$", r"^(?!$).+$"],
    "look-behind": [r"(?<=a)b", r"(?<!a)b"],
    "back reference": [r"(a)\1", r"^(a|b)\1$", r"(?<x>a)\k<x>", r"^(.)\1+$", r"\1", r"\k"],
    "no property that both engines have": [r"\p{Letter}", r"\p{Alphabetic}", r"\p{Emoji}", r"\p{C}", r"\p{Cn}", r"\p{Any}"],
    "half of a character": [r"^\uD83D$", r"\uDE00"],
    "repeats more than 1,000 times": ["a{1001}"],
    "repetition size": ["(a{100}){100}"],
    "is no escape of ECMA-262": [r"\pL", r"\A", r"a\z", r"\Qa\E", r"\G", r"\a", r"\h", r"\R", r"\01"],
    "is no class of ECMA-262": ["[[:alpha:]]", "[^[:alpha:]]", "[[:digit:]a]", "[[.a.]]", "[[=a=]]"],
    "end of a range": [r"[\w-z]", r"[a-\d]"],
}
INVALID = {
    "begins no group of ECMA-262": ["(?i)a", "(?i:a)", "(?s).", "(?-i:a)", "(?P<x>a)", "(?#c)a", "(?>a)", "(?<1>a)", "(?'x'a)"],
    "repeats nothing": ["a++", "a*+", "a**", "^*", "a{2}{3}", "*", "{2}", "(|+)"],
    "is not closed": ["(a", "[a", "[a-", "[^"],
    "closes no group": ["a)"],
    "out of order": ["[z-a]", "a{3,2}"],
    "two groups have the name": ["(?<x>a)(?<x>b)"],
    "ends the pattern": ["a\\"],
}


@pytest.mark.parametrize(
    ("pattern", "reason"), [(pattern, reason) for reason, listed in (REFUSED | INVALID).items() for pattern in listed]
)
def test_a_pattern_that_differs_is_refused_with_its_construct(connection, pattern, reason):
    with pytest.raises(UnlikeEcma, match=reason):
        re2_pattern(pattern, connection)


def test_javascript_refuses_the_same_invalid_patterns():
    flags = {answer["pattern"]: answer["flags"] for answer in RECORDED["answers"]}
    assert {flags[pattern] for listed in INVALID.values() for pattern in listed} == {None}


def test_every_recorded_pattern_that_is_refused_is_one_of_these_constructs(connection):
    unexplained = []
    for answer in RECORDED["answers"]:
        try:
            re2_pattern(answer["pattern"], connection)
        except UnlikeEcma as problem:
            if answer["flags"] == "u" and not any(reason in str(problem) for reason in REFUSED):
                unexplained.append((answer["pattern"], str(problem)))
    assert unexplained == []


@pytest.mark.parametrize("pattern", [r"\@\p{L}", r"a{\u{61}", "😀+{"])
def test_a_pattern_that_means_two_things_with_and_without_the_flag_is_refused(connection, pattern):
    with pytest.raises(UnlikeEcma, match="is valid without the flag u only"):
        re2_pattern(pattern, connection)


@pytest.mark.parametrize("pattern", ["\ud800", "a\udc00b"])
def test_half_a_character_in_a_pattern_is_refused(connection, pattern):
    with pytest.raises(UnlikeEcma, match="half of a character"):
        re2_pattern(pattern, connection)


def test_what_the_limits_of_re2_exceed_is_refused(connection):
    with pytest.raises(UnlikeEcma, match="repetition size"):
        re2_pattern("((a{100}){100}){100}", connection)
