"""Which domains a pipeline has to look at, each by itself, and which of them have to be published one after the other."""

from dataclasses import dataclass

from mesh_capabilities.review.reach import Reach


@dataclass(frozen=True)
class Plan:
    """The work of a pipeline."""

    domains: tuple[str, ...]
    """Domains that a change reaches, producers first. Each can be checked by a job of its own, which waits for no other."""
    groups: tuple[tuple[str, ...], ...]
    """The same, those together of which one reads a port of another that is reached.

    They are published in this order, and other groups meanwhile.
    """


def plan_of(reach: Reach) -> Plan:
    """The plan for a change; a domain that cannot be read is in it, for somebody has to say so."""
    reached = set(reach.ports)
    domains = [name for name in reach.domains if any(port.domain == name for port in reached)]
    groups: list[list[str]] = []
    for name in domains:
        built = [port.port for port in reached if port.domain == name]
        reads = {read.domain for port in built for read in reach.domains[name].reads(port) if read in reached}
        joined = [group for group in groups if reads & set(group)]
        groups = [group for group in groups if group not in joined]
        groups.append([other for group in joined for other in group] + [name])
    ordered = [[name for name in domains if name in group] for group in groups]
    return Plan((*domains, *reach.broken), tuple(tuple(group) for group in ordered))
