"""Maintenance: files are verified, and those that no version needs or no contract keeps are removed."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.maintenance.cli import register

    register(app)


@hookimpl
def companions(ui):
    from mesh_capabilities.maintenance.watch import Watch

    return Watch(ui)
