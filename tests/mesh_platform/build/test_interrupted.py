"""Ctrl-C while dbt works ends the run; it is not an error of the project."""

from mesh_platform.build import dbt
from support.interruption import interrupt


def test_ctrl_c_while_dbt_parses_is_an_interruption(company):
    interrupt(company, dbt.parse)
