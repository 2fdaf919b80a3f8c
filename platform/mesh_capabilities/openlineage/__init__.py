"""OpenLineage: the history of the mesh as events that other tools read."""

from mesh_platform.hooks import hookimpl

REQUIRES = ("columns",)


@hookimpl
def commands(app):
    from mesh_capabilities.openlineage.cli import register

    register(app)
