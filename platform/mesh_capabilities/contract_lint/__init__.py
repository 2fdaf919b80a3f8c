"""Contract lint: validates contracts against the standard, and data against contracts."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.contract_lint.cli import register

    register(app)
