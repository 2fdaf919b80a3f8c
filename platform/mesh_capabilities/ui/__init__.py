"""UI: Dagster's webserver and daemon for the whole mesh, served to this machine only."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.ui.verbs import register

    register(app)
