"""Ctrl-C while dbt compiles for a capability ends the command; it is not an error of the project."""

from mesh_capabilities.compiled_models import load_compiled
from support.interruption import interrupt


def test_ctrl_c_while_dbt_compiles_is_an_interruption(company):
    interrupt(company, load_compiled)
