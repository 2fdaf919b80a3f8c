"""Columns: lineage from column to column, read from the SQL that made them."""

from mesh_platform.hooks import hookimpl


@hookimpl
def metadata(offer, attempt, pinned):
    from mesh_capabilities.columns.column_lineage import column_lineage

    return column_lineage(offer, attempt, pinned)


@hookimpl
def commands(app):
    from mesh_capabilities.columns.cli import register

    register(app)
