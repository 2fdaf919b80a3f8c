"""Governance: policies as SQL over the metadata of the mesh, which refuse a publish that breaks them."""

from mesh_platform.hooks import Kinds, hookimpl

REQUIRES = (
    "columns",
    "contract_change",
)


@hookimpl
def gates(offer, ports, again):
    from mesh_capabilities.governance.policy_gate import policy_rulings

    return policy_rulings(offer, ports, again)


@hookimpl
def checks(offer, port):
    from mesh_capabilities.governance.policy_gate import CHECK

    return [CHECK]


@hookimpl
def kinds():
    return Kinds(sources={"MetadataSource": "mesh_capabilities.governance.catalog.metadata_source"})


@hookimpl
def commands(app):
    from mesh_capabilities.governance.cli import policy

    app.add_typer(policy, name="policy")
