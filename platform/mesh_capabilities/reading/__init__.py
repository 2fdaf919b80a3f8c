"""Reading: products, ports, their rows and versions, and the quarantine, looked at from the command line."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.reading.verbs import register

    register(app)
