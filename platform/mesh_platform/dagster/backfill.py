"""Choosing days: a plan cut down to the ports that grow day by day, for the days that somebody asked for."""

from collections.abc import Sequence
from dataclasses import replace

from mesh_platform.dagster.plan import Plan
from mesh_platform.days import DayRange
from mesh_platform.errors import UnknownPort
from mesh_platform.names import PortAddress


def for_days(plan: Plan, targets: Sequence[str], days: DayRange) -> Plan:
    """The plan with the ports that grow and no other, for `days` only.

    Args:
        plan: of `targets`, without days.
        targets: as the user named them; a port named by itself has to be one that grows.
        days: both ends included.

    Raises UnknownPort for a port that is replaced as a whole, for a target without any that grows, and for a day that the
    contract of a port does not allow.
    """
    known = [PortAddress(location.name, port) for location in plan.order for port in location.partitions]
    for target in targets:
        if "/" in target and PortAddress.parse(target) not in known:
            raise UnknownPort(f"{target} has no days: every version of it is the whole port.", _way_out(known))
    selected = {
        location.name: [port for port in plan.selected[location.name] if port in location.partitions] for location in plan.order
    }
    if not any(selected.values()) and not plan.broken:
        raise UnknownPort(f"Nothing in {', '.join(targets) or 'the mesh'} has days.", _way_out(known))
    for location in plan.order:
        for port in selected[location.name]:
            there = location.partitions[port]
            for day in (days.first, days.last):
                if not there.has_partition_key(str(day)):
                    bounds = f"{there.get_first_partition_key()} to {there.get_last_partition_key()}"
                    raise UnknownPort(
                        f"{location.name}/{port} has no day {day}: its days are {bounds}.",
                        "Its contract sets these bounds, as minimum and maximum of the column that it is partitioned by.",
                    )
    return replace(plan, selected=selected, days=days)


def _way_out(known: Sequence[PortAddress]) -> str:
    return f"--days is for ports that grow day by day: {', '.join(map(str, known)) or 'there is none here'}."
