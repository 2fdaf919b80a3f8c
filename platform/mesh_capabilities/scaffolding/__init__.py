"""Scaffolding: domains, products, ports and subscriptions written from templates."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.scaffolding.cli import register

    register(app)
