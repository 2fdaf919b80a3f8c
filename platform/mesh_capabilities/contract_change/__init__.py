"""Contract change: the version that a change of a contract needs, and the consumers that a breaking change affects."""

from mesh_platform.hooks import hookimpl

REQUIRES = ("columns", "contract_lint")


@hookimpl
def gates(offer, ports, again):
    from mesh_capabilities.contract_change.publish_gate import contract_rulings

    return contract_rulings(offer, ports, again)


@hookimpl
def commands(app):
    from mesh_capabilities.contract_change.cli import register

    register(app)
