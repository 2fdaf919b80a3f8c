"""The errors of the capabilities stand in two modules, in one tree with those of the core."""

import pytest

from mesh_capabilities import errors as errors_of_capabilities
from mesh_platform import errors
from mesh_platform.errors import MeshError


@pytest.mark.parametrize("kind", MeshError.__subclasses__())
def test_an_error_that_is_raised_on_purpose_stands_in_the_modules_of_errors(kind):
    assert kind in (getattr(module, kind.__name__, None) for module in (errors, errors_of_capabilities))
    with pytest.raises(MeshError, match="found way out"):
        raise kind("found", "way out")
