"""Maintenance: files are verified, those that no version needs are removed, and rows in the quarantine are inspected."""

from mesh_platform.hooks import hookimpl


@hookimpl
def commands(app):
    from mesh_capabilities.maintenance.verbs import register

    register(app)
