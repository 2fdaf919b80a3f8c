"""How much of the lineage of columns is known: by port, the columns that are followed, made of none, and not followed."""

from dataclasses import dataclass

from mesh_capabilities.columns.derivation import Relation
from mesh_capabilities.columns.mesh_lineage import MeshColumns, load_mesh_columns
from mesh_isolation.terminal import add_row, console, print_json, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.names import PortAddress
from mesh_platform.project import load_project


@dataclass(frozen=True)
class Coverage:
    """The columns of one port by what is known of their lineage."""

    port: PortAddress
    followed: tuple[str, ...]
    """Computed from known columns."""
    none: tuple[str, ...]
    """Computed from no column, as a constant or a count of rows."""
    not_followed: tuple[tuple[str, str], ...]
    """Those that count as made of everything that their SQL can read, each with the reason."""


def port_coverage(columns: MeshColumns) -> list[Coverage]:
    """The coverage of every port, in the order of their names. A port whose SQL cannot be parsed has no column followed."""
    covered = []
    for port, derivation in columns.derivations.items():
        certain = [name for name in derivation.values if name not in derivation.unfollowed]
        covered.append(
            Coverage(
                port,
                tuple(name for name in certain if derivation.values[name]),
                tuple(name for name in certain if not derivation.values[name]),
                tuple(derivation.unfollowed.items()),
            )
        )
    for port, problem in columns.problems.items():
        names = columns.promised.get(Relation(*port), ())
        covered.append(Coverage(port, (), (), tuple((name, problem.found) for name in names)))
    return sorted(covered, key=lambda one: one.port)


def show_coverage(as_json: bool) -> None:
    """Prints one line for each port, and the total."""
    covered = port_coverage(load_mesh_columns(load_project(with_broken=True)))
    total = {
        "followed": sum(len(one.followed) for one in covered),
        "none": sum(len(one.none) for one in covered),
        "not_followed": sum(len(one.not_followed) for one in covered),
    }
    if as_json:
        ports = [
            {
                "port": str(one.port),
                "followed": list(one.followed),
                "none": list(one.none),
                "not_followed": dict(one.not_followed),
            }
            for one in covered
        ]
        print_json({"ports": ports, "total": total})
        return
    listing = table("port", "followed", "made of none", "not followed")
    for one in covered:
        add_row(listing, one.port, str(len(one.followed)), str(len(one.none)), str(len(one.not_followed)))
    console().print(listing)
    for one in covered:
        for column, reason in one.not_followed:
            warn(f"{one.port}.{column} is not followed. {reason}")
    verdict(
        True,
        f"{counted(sum(total.values()), 'column')} of {counted(len(covered), 'port')}: {total['followed']} followed, "
        f"{total['none']} made of none, {total['not_followed']} not followed",
    )
