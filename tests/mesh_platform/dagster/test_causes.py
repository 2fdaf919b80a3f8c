"""What a failed step shows: the sentence of the platform, whatever error it stands for."""

import sys
from types import SimpleNamespace

import pytest
from dagster._utils.error import serializable_error_info_from_exc_info

from mesh_platform.dagster.internals import cause_of
from mesh_platform.errors import MachineFault, TransformationError


def failed(*problems):
    """The event of a step that failed with the last of these errors, each raised from the one before it."""
    problem = None
    for cause in problems:
        cause.__cause__, problem = problem, cause
    try:
        raise problem
    except Exception:
        error = serializable_error_info_from_exc_info(sys.exc_info())
    return SimpleNamespace(step_failure_data=SimpleNamespace(error=error))


@pytest.mark.parametrize("cause", [ValueError("x"), KeyError("x"), MachineFault("full", "Make room.")])
def test_a_sentence_of_the_platform_is_shown_and_not_its_cause(cause):
    shown = cause_of(failed(cause, TransformationError("dbt failed.", "Run it again."), RuntimeError("a step failed")))
    assert "dbt failed. Run it again." in shown.message


def test_any_other_error_is_shown_as_its_innermost_cause():
    assert cause_of(failed(ValueError("within"), RuntimeError("outside"))).cls_name == "ValueError"
