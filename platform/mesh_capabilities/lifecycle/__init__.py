"""Lifecycle: the stages of a product, the steps between them, and the conditions of each step."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.lifecycle.cli import register

    register(app)
