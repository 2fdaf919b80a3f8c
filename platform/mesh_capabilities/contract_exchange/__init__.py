"""Contract exchange: contracts written for other tools, and drafted from models and data."""

from mesh_platform.hooks import hookimpl

REQUIRES = ("contract_lint",)


@hookimpl
def commands(app):
    from mesh_capabilities.contract_exchange.cli import register

    register(app)
