"""The freshness that a contract promises is one thing: what `mesh status` judges is what the comparison grades."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_capabilities.contract_change.compare import compare_documents
from mesh_platform.contract.service_levels import freshness

DURATIONS = st.sampled_from([(1, "d"), (24, "h"), ("P1D", None), (2, "d"), ("P1Y", None), ("P12M", None), ("P1Y6M", None)])
ELEMENTS = st.sampled_from([None, "at", "things.at", "since", "at, since"])
LEVELS = st.lists(st.tuples(st.sampled_from(["frequency", "fy", "Frequency", "latency"]), DURATIONS, ELEMENTS), max_size=3)


def document(levels, default=None):
    stated = [
        {"property": name, "value": value} | ({"unit": unit} if unit else {}) | ({"element": element} if element else {})
        for name, (value, unit), element in levels
    ]
    times = [{"name": name, "logicalType": "timestamp", "physicalType": "TIMESTAMP"} for name in ("at", "since")]
    whole = {"id": "shop.things.v1", "version": "1.0.0", "schema": [{"name": "things", "properties": times}]}
    return whole | {"slaProperties": stated} | ({"slaDefaultElement": default} if default else {})


def graded(old, new):
    return [change.sort for change in compare_documents(old, new) if "a new version was" in change.sentence]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(old=LEVELS, new=LEVELS, default=st.sampled_from([None, "at"]))
def test_the_comparison_grades_the_age_that_the_status_judges(old, new, default):
    before, after = document(old, default), document(new)
    was, now = freshness(before), freshness(after)
    expected = [] if was == now else ["service improved"] if was is None or (now and now < was) else ["service reduced"]
    assert graded(before, after) == expected


@settings(max_examples=200, deadline=None, derandomize=True)
@given(levels=LEVELS, words=st.dictionaries(DURATIONS, DURATIONS))
def test_no_service_changes_where_the_same_durations_are_stated_in_other_words(levels, words):
    same = {(1, "d"): (24, "h"), ("P1D", None): (1, "d"), ("P1Y", None): ("P12M", None), ("P1Y6M", None): (18, "mo")}
    others = [(name, same.get(duration, duration), element) for name, duration, element in levels]
    changes = [change for change in compare_documents(document(levels), document(others)) if "service" in change.sort]
    assert changes == []


def test_a_year_of_retention_is_twelve_months():
    kept = [document([("retention", duration, "at")]) for duration in (("P1Y", None), ("P12M", None), (1, "y"))]
    assert [change for other in kept for change in compare_documents(kept[0], other)] == []


def test_the_shortest_of_several_frequencies_is_promised(load):
    levels = [{"property": "frequency", "value": days, "unit": "d"} for days in (3, 1, 2)]
    assert load(slaProperties=levels).freshness.days == 1
