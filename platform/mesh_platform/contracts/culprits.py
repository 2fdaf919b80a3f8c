"""Finding the place in a contract that keeps a port from it, by leaving parts out until the refusal is another one."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from mesh_platform.contracts.positions import Place
from mesh_platform.errors import ContractError

_PARTS = 300
"""More parts than this are not tried one by one: each try reads the contract anew."""


def culprits(document: dict[str, Any], read: Callable[[dict[str, Any]], Any]) -> Iterator[tuple[Place, str]]:
    """Every refusal of `read`, with the smallest place without which it would not come.

    Args:
        document: valid ODCS.
        read: makes something of a document; raises ContractError when it cannot.
    """
    places = list(_parts(document))
    left_out: list[Place] = []
    while problem := _problem(_without(document, left_out), read):
        tried = (place for place in places if place not in left_out) if len(places) <= _PARTS else ()
        place = next((place for place in tried if _problem(_without(document, [*left_out, place]), read) != problem), None)
        if place is None:
            yield ("schema",) if "schema" in document else (), problem
            return
        yield place, problem
        left_out.append(place)


def _problem(document: dict[str, Any], read: Callable[[dict[str, Any]], Any]) -> str | None:
    try:
        read(document)
    except ContractError as problem:
        return str(problem)
    return None


def _parts(document: dict[str, Any]) -> Iterator[Place]:
    """What a contract can do without: its quality rules, its columns, its SLA; small parts first."""
    for number, table in enumerate(document.get("schema") or ()):
        columns = [("schema", number, "properties", at) for at, _ in enumerate(table.get("properties") or ())]
        yield from (("schema", number, "quality", at) for at, _ in enumerate(table.get("quality") or ()))
        for place, column in zip(columns, table.get("properties") or ()):
            yield from ((*place, "quality", at) for at, _ in enumerate(column.get("quality") or ()))
        yield from columns
    yield from (("slaProperties", at) for at, _ in enumerate(document.get("slaProperties") or ()))


def _without(document: dict[str, Any], places: list[Place]) -> dict[str, Any]:
    made = deepcopy(document)
    # From the back, so that what is left keeps its number until it has had its turn.
    for *above, last in sorted(places, key=lambda place: (len(place), place[-1]), reverse=True):
        holder: Any = made
        for part in above:
            holder = holder[part]
        if above[-1] == "properties":
            key = {name: holder[last][name] for name in ("primaryKey", "primaryKeyPosition") if name in holder[last]}
            # A column like any other in its stead: without any, or without a key, there would be another refusal.
            holder[last] = {"name": f"column {last}", "physicalType": "VARCHAR", **key}
        else:
            del holder[last]
    return made
