"""Which of the metadata tables a domain publishes, and what of them: nothing that changes because they are published."""

from collections.abc import Mapping

from mesh_capabilities.governance.catalog.tables import TABLES
from mesh_platform.names import identifier, literal

PUBLISHED = tuple(name for name in TABLES if name not in ("version_sources", "relations_read", "unfollowed"))
"""The tables, but those that only policies and the portal need."""

_SERVED = ("published", "served_version", "committed_at", "rows", "bytes", "files", "last_read_at", "run")
_OF_OTHERS: Mapping[str, str] = dict.fromkeys(
    ("versions", "version_inputs", "check_results"), "NOT starts_with(port, {prefix})"
) | {"runs": "domain IS DISTINCT FROM {own}"}
"""By table, the predicate that leaves out what the reader's own runs add to it."""
_DECLARED: Mapping[str, tuple[str, ...]] = {"ports": _SERVED, "contracts": ("published_version", "published_digest")}
"""By table, the columns in which the reader's own rows would change with each of its runs."""
_MOMENTS = {"policy_results": ("checked_at",)}
"""By table, columns that say when somebody looked, and nothing of what there was."""


def published_columns(table: str) -> list[str]:
    """The columns of a metadata table that are published, in their order."""
    return [column for column in TABLES[table].columns if column not in _MOMENTS.get(table, ())]


def published(table: str, reader: str) -> str:
    """The SELECT that gives a table as the domain `reader` publishes it, in the order of its key.

    What describes the reader's own versions and runs is left out, for publishing it would make the next ones differ: its
    own ports are there as they are declared, and their commits say the rest.
    """
    own = literal(reader)
    stated = _DECLARED.get(table, ())
    columns = [
        f"CASE WHEN domain <> {own} THEN {identifier(column)} END AS {identifier(column)}"
        if column in stated
        else identifier(column)
        for column in published_columns(table)
    ]
    where = _OF_OTHERS.get(table, "TRUE").format(own=own, prefix=literal(f"{reader}/"))
    key = ", ".join(map(identifier, TABLES[table].key))
    source = f"mesh.{identifier(table)} AS found"
    # Two rows of one key would keep the whole product from being published; which is no way to tell that there are two.
    once = f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY found) = 1"
    return f"SELECT {', '.join(columns)} FROM {source} WHERE {where} {once} ORDER BY {key}"
