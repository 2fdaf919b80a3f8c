"""Which ports a change of files can have changed: those it is part of, and those of the domain that are made of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mesh_platform.build.port_graph import PortModel
from mesh_platform.product.offer import Offer


def affected_ports(changed: Iterable[Path], offer: Offer, graph: Mapping[str, PortModel]) -> set[str]:
    """The ports to look at again after these files were written, made or removed. All of them, where in doubt."""
    found: set[str] = set()
    for path in changed:
        touched = touched_ports(path, offer, graph)
        if touched is None:
            return set(graph)
        found |= touched
    # `graph` lists a port after those it reads, so one pass reaches everything below.
    for port, model in graph.items():
        if found & set(model.ports):
            found.add(port)
    return found & set(graph)


def touched_ports(path: Path, offer: Offer, graph: Mapping[str, PortModel]) -> set[str] | None:
    """The ports that the file is part of; None when nobody can tell."""
    if path.parent == offer.domain.contracts:
        return {path.name.partition(".")[0]}
    if path.parent == offer.domain.products:
        product = offer.products.get(path.name.partition(".")[0])
        return {output.address.port for output in product.outputs} if product else None
    ports = {port for port, model in graph.items() if path.stem in model.models}
    return ports or None
