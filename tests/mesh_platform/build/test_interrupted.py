"""Ctrl-C while dbt works ends the run; it is not an error of the project."""

from types import SimpleNamespace

import pytest

from mesh_platform.build import dbt
from mesh_platform.errors import TransformationError


@pytest.mark.parametrize("command", [dbt.parse, dbt.compiled], ids=["parse", "compile"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_ctrl_c_inside_a_command_of_dbt_is_an_interruption(company, monkeypatch, command, wrapped):
    problem = KeyboardInterrupt()
    if wrapped:
        problem = RuntimeError("dbt stopped")
        problem.__cause__ = KeyboardInterrupt()
    answer = SimpleNamespace(success=False, exception=problem, result=None)
    monkeypatch.setattr("dbt.cli.main.dbtRunner.invoke", lambda self, arguments: answer)
    with pytest.raises(KeyboardInterrupt):
        command(company.domain())


def test_any_other_exception_is_an_error_that_names_the_project(company, monkeypatch):
    answer = SimpleNamespace(success=False, exception=RuntimeError("no such macro"), result=None)
    monkeypatch.setattr("dbt.cli.main.dbtRunner.invoke", lambda self, arguments: answer)
    with pytest.raises(TransformationError, match="dbt_projects/shop: no such macro"):
        dbt.parse(company.domain())
