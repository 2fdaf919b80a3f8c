"""`mesh impact`: who is hurt if a port changes, before it is changed."""

from mesh_capabilities.columns.impact import Affected, affected_by
from mesh_capabilities.columns.mesh_lineage import load_mesh_lineage
from mesh_platform.cli.output import add_row, age, console, print_json, table, verdict, warn
from mesh_platform.project import load_project


def show_impact(start: str, as_json: bool) -> None:
    """Prints one line a port that is made of it."""
    project = load_project()
    lineage = load_mesh_lineage(project)
    address, column = lineage.start(start)
    found = affected_by(project, lineage, address, column)
    if as_json:
        print_json({"start": start, "affected": [_document(one) for one in found]})
        return
    listing = table("port", "product", "owner", "reads it", "values of", "rows behind", "last ran")
    for one in found:
        reach = one.reach
        add_row(
            listing,
            one.address,
            one.product,
            f"{one.owner}, {one.channel}",
            "itself" if one.direct else "through others",
            ", ".join(sorted(reach.values)) or (reach.note if reach.whole else ""),
            ", ".join(sorted(reach.rows)),
            age(one.last_ran) if one.last_ran else "never",
        )
    if found:
        console().print(listing)
    for cycle in lineage.cycles:
        warn(f"These ports are made of each other in a circle: {' → '.join(map(str, cycle))}.")
    for one in found:
        if problem := lineage.problem(one.address):
            warn(f"{one.address} is known without its columns: {problem}")
    verdict(True, _sentence(start, found))


def _sentence(start: str, found: list[Affected]) -> str:
    if not found:
        return f"nobody in this mesh is made of {start}"
    products = {(one.address.domain, one.product) for one in found}
    owners = sorted({one.owner for one in found})
    columns = sum(len(one.reach.columns) for one in found)
    return (
        f"a change of {start} may hurt {len(found)} port{'' if len(found) == 1 else 's'} of {len(products)} "
        f"product{'' if len(products) == 1 else 's'} in {columns} columns: talk to {', '.join(owners)}"
    )


def _document(one: Affected) -> dict:
    served = one.served
    return {
        "port": str(one.address),
        "product": f"{one.address.domain}/{one.product}",
        "owner": one.owner,
        "channel": one.channel,
        "direct": one.direct,
        "values": sorted(one.reach.values),
        "rows": sorted(one.reach.rows),
        "columns_known": not one.reach.whole,
        "note": one.reach.note,
        "last_ran": served.committed if served else None,
        "version": served.number if served else None,
        "run": served.provenance.run if served else None,
    }
