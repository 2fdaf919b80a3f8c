"""The metadata tables of the mesh: the one place where their names, columns and meanings are declared."""

from collections.abc import Mapping

from mesh_capabilities.governance.catalog.declared import history, judged, lineage, offers, promises
from mesh_capabilities.governance.catalog.declared.table import Table

__all__ = ["JUDGED", "TABLES", "Table"]

TABLES: Mapping[str, Table] = {**offers.TABLES, **promises.TABLES, **history.TABLES, **lineage.TABLES, **judged.TABLES}
JUDGED = tuple(judged.TABLES)
"""Those that are not harvested: whoever judges the mesh by the others fills them."""
