"""Whether the SQL that dbt executed has the lineage of the compiled SQL, which the policies judged."""

from collections.abc import Sequence
from dataclasses import replace

from mesh_capabilities.columns.derivation import Derivation, Relation, touches
from mesh_capabilities.columns.mesh_lineage import promised_columns
from mesh_capabilities.columns.port_columns import derived_ports
from mesh_capabilities.errors import LineageError
from mesh_isolation.side_writes import without_asking
from mesh_platform.build.dbt import CompiledModel, NodeResult
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder, load_project


def unlike_compiled(
    domain: DomainFolder, port: str, compiled: Sequence[CompiledModel], nodes: Sequence[NodeResult]
) -> LineageError | None:
    """The error if a column of a port is made of columns that its compiled SQL does not show; None otherwise.

    dbt renders a model anew for each command, so `flags`, a variable or a query can make other SQL of it in a build. The time
    of a run may differ: what counts is the lineage.

    Args:
        domain: the owner of the port.
        port: its name.
        compiled: the models of the project as they were judged.
        nodes: what dbt has executed for the port.
    """
    judged = {Relation(model.schema, model.name): model for model in compiled}
    executed = {Relation(node.model.schema, node.model.name): node.model for node in nodes if node.model}
    changed = {name: model for name, model in executed.items() if not _same(model, judged.get(name))}
    if not changed:
        return None
    promised = promised_columns(load_project(domain.root, with_broken=True))
    before = derived_ports(domain, compiled, promised).get(port)
    if not isinstance(before, Derivation) and all(model.doubt for model in compiled):
        return None  # it was judged as made of everything that its domain reads
    now = derived_ports(domain, [*(judged | changed).values()], promised, f"columns/{port}.json")[port]
    files = ", ".join(sorted(f"dbt_projects/{domain.name}/{model.file}" for model in changed.values()))
    found = (
        f"{PortAddress(domain.name, port)} was not published: the SQL that dbt executed for {files} is not the compiled SQL; "
    )
    way_out = "Write SQL that does not depend on the command of dbt, on a variable or on the result of a query."
    for derived in (now, before):
        if not isinstance(derived, Derivation):
            return LineageError(f"{found}the lineage of what was executed is not known: {derived.found}", way_out)
    if lost := sorted(now.unfollowed.keys() - before.unfollowed.keys()):
        reason = now.unfollowed[lost[0]].rstrip(".")
        return LineageError(f"{found}in what was executed, the column {lost[0]} is not followed: {reason}.", way_out)
    for column, origins in now.values.items():
        known = before.values.get(column, frozenset())
        for origin in sorted(origins):
            if not touches(known, {origin}):
                source = f"{PortAddress(*origin.relation)}.{origin.column}"
                return LineageError(f"{found}in what was executed, the column {column} is made of {source}.", way_out)
    return None


def _same(executed: CompiledModel, judged: CompiledModel | None) -> bool:
    """Whether the model was executed as it was compiled: of an incremental model, for a first run or for a later one.

    Rows that Jinja has asked for in the build alone are then no part of it.
    """
    plain = replace(executed, doubt=without_asking(executed.doubt))
    if judged is None:
        return False
    allowed = (replace(judged, adds=""), replace(judged, sql=judged.adds, adds=""))
    return executed in allowed or plain in allowed
