"""Groups that refer to each other are put in order; a circle is broken where it was given."""

import pytest

from mesh_isolation.ordering import by_references


@pytest.mark.parametrize(
    ("groups", "leads_to", "expected"),
    [
        ([["a"], ["b"]], {}, [["a"], ["b"]]),
        ([["a"], ["b"]], {"a": ["b"]}, [["b"], ["a"]]),
        ([["a", "x"], ["b"], ["c"]], {"x": ["c"], "c": ["b"]}, [["b"], ["c"], ["a", "x"]]),
        ([["a"], ["b"]], {"a": ["b"], "b": ["a"]}, [["a"], ["b"]]),
        ([["a"], ["b"], ["c"]], {"a": ["b"], "b": ["a"], "c": ["b"]}, [["a"], ["b"], ["c"]]),
        ([["a", "b"]], {"a": ["b"], "b": ["a", "elsewhere"]}, [["a", "b"]]),
    ],
    ids=["as they come", "after what it leads to", "a chain", "a circle", "a circle and one beside it", "within a group"],
)
def test_a_group_follows_those_it_leads_to(groups, leads_to, expected):
    assert by_references(groups, {name: leads_to.get(name, []) for group in groups for name in group}) == expected
