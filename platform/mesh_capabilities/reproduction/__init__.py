"""Reproduction: a version traced to its sources, and rebuilt from its pinned inputs."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.reproduction.cli import register

    register(app)
