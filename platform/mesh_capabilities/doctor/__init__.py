"""Doctor: the machine, the environment and the state of a mesh, examined for what would stop it."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.doctor.cli import register

    register(app)
