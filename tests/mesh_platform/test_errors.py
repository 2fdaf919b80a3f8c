"""Errors are sentences: what is wrong, and what to do next."""

import pytest

from mesh_capabilities import errors as errors_of_capabilities
from mesh_platform import errors
from mesh_platform.errors import MeshError


def test_a_message_is_what_was_found_and_the_way_out():
    error = MeshError("The file x is empty.", "Export it again.")
    assert str(error) == "The file x is empty. Export it again."
    assert (error.found, error.way_out) == ("The file x is empty.", "Export it again.")


def test_a_message_without_a_way_out_ends_where_it_ends():
    assert str(MeshError("It is so.")) == "It is so."


@pytest.mark.parametrize("kind", MeshError.__subclasses__())
def test_one_except_clause_catches_them_all(kind):
    assert kind in (getattr(module, kind.__name__, None) for module in (errors, errors_of_capabilities))
    with pytest.raises(MeshError, match="found way out"):
        raise kind("found", "way out")
