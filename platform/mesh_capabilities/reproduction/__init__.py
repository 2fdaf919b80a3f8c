"""Reproduction: a version traced to its sources, and built again from what it was made of."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.reproduction.verbs import register

    register(app)
