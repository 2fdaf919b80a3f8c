"""Limits as people write them: which texts are one, where exactly each ends, and how it is shown again."""

from datetime import timedelta

import pytest

from mesh_isolation.limits import AllowedChange, Retention, SetAside, changed


@pytest.mark.parametrize(
    ("text", "before", "allowed", "refused"),
    [
        ("±50 %", 100, (50, 100, 150), (0, 49, 151)),
        ("± 33.3%", 1_000, (667, 1_333), (666, 1_334)),
        ("-20 %, +100 %", 10, (8, 20), (7, 21)),
        ("-0 %, any", 10, (10, 10_000), (9, 0)),
        ("-100 %, +0%", 10, (0, 10), (11,)),
        ("±50 %", 3, (2, 4), (1, 5)),
        ("±0 %", 0, (0, 1, 75_000), ()),
    ],
)
def test_a_change_ends_exactly_where_it_says(text, before, allowed, refused):
    limit = AllowedChange.parse(text)
    assert [now for now in allowed if not limit.allows(before, now)] == []
    assert [now for now in refused if limit.allows(before, now)] == []


@pytest.mark.parametrize(
    "text", ["±50", "50 %", "-101 %, any", "±101 %", "+20 %, -20 %", "-20 %", "any", "", "-٢٠ %, any", "±5 %\n%"]
)
def test_another_text_is_no_change(text):
    with pytest.raises(ValueError, match="^is "):
        AllowedChange.parse(text)


@pytest.mark.parametrize("text", ["±50 %", "-20 %, +100 %", "-0.5 %, any"])
def test_a_change_is_shown_with_its_sign(text):
    assert str(AllowedChange.parse(text)) in ("-50 % to +50 %", "-20 % to +100 %", "-0.5 % to any rise")


@pytest.mark.parametrize(
    ("before", "now", "shown"), [(75_000, 284, "-99.6 %"), (3, 4, "+33.3 %"), (5, 5, "+0.0 %"), (0, 9, "from 0")]
)
def test_the_change_of_a_number_is_in_percent_of_what_it_was(before, now, shown):
    assert changed(before, now) == shown


def test_a_number_of_rows_is_never_all_of_them():
    assert SetAside.parse("20 rows").allows(20, 21)
    assert not SetAside.parse("20 rows").allows(20, 20)


@pytest.mark.parametrize(
    ("text", "kept"), [("30 d", timedelta(days=30)), ("4 w", timedelta(weeks=4)), ("1 version", 1), ("10 versions", 10)]
)
def test_versions_are_kept_for_a_time_or_by_their_number(text, kept):
    retention = Retention.parse(text)
    assert kept in (retention.time, retention.versions)
