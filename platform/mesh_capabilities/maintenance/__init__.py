"""Maintenance: files that no version needs, and versions that no contract keeps, are removed."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.maintenance.verbs import register

    register(app)
