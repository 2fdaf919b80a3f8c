"""Contract lint: validates contracts against the standard, and data against contracts."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.contract_lint.commands import register

    register(app)
