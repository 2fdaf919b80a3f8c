"""Finding the place in a contract that keeps a port from it, by leaving parts out until the refusal is another one."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from mesh_platform.errors import ContractError
from mesh_platform.yaml_files import Place

_PARTS = 300
"""More parts than this are not tried one by one: each try reads the contract anew."""


def culprits(document: dict[str, Any], read: Callable[[dict[str, Any]], Any]) -> Iterator[tuple[Place, str]]:
    """Every refusal of `read`, with the smallest place without which it would not come.

    Args:
        document: valid ODCS.
        read: makes something of a document; raises ContractError when it cannot.
    """

    def refusal(*left_out: Place) -> str | None:
        try:
            read(_without(document, left_out))
        except ContractError as problem:
            return str(problem)
        return None

    places, gone = list(_parts(document)), []
    while problem := refusal(*gone):
        tried = (place for place in places if place not in gone) if len(places) <= _PARTS else ()
        part = next((place for place in tried if refusal(*gone, place) != problem), None)
        if part is None:
            yield ("schema",) if "schema" in document else (), problem
            return
        rest, inside = refusal(*gone, part), [place for place in _inside(document, part) if place not in gone]
        without = {place: refusal(*gone, place) for place in inside}
        alone = next((place for place in inside if without[place] == rest), None)
        place = alone or next((place for place in inside if without[place] != problem), part)
        yield place, problem
        # A rule that lacks an argument is refused for that, which is no news; a column has other options to look at.
        gone.append(place if alone or part[-2] == "properties" else part)


def _parts(document: dict[str, Any]) -> Iterator[Place]:
    """What a contract can do without: its rules and service levels, then its columns, which those may look at."""
    tables = [(("schema", at), table) for at, table in enumerate(document.get("schema") or ())]
    columns = [
        ((*place, "properties", at), column)
        for place, table in tables
        for at, column in enumerate(table.get("properties") or ())
    ]
    for name in ("quality", "relationships"):
        for place, holder in [*tables, *columns]:
            yield from ((*place, name, at) for at, _ in enumerate(holder.get(name) or ()))
    yield from (("slaProperties", at) for at, _ in enumerate(document.get("slaProperties") or ()))
    yield from (place for place, _ in columns)


def _inside(document: dict[str, Any], part: Place) -> Iterator[Place]:
    """What a rule or a column can do without: single arguments and options, its parts' among them, and its own properties."""
    said: Any = document
    for step in part:
        said = said[step]
    if part[-2] == "properties":
        yield from _options(said, part)
    elif isinstance(arguments := said.get("arguments"), dict):
        yield from ((*part, "arguments", name) for name in arguments)
    yield from ((*part, "customProperties", at) for at, _ in enumerate(said.get("customProperties") or ()))


def _options(described: dict[str, Any], place: Place) -> Iterator[Place]:
    yield from ((*place, "logicalTypeOptions", name) for name in described.get("logicalTypeOptions") or ())
    if described.get("enum"):
        yield (*place, "enum")
    parts = [(("items",), described.get("items"))]
    parts += [(("map", name), part) for name, part in (described.get("map") or {}).items()]
    parts += [(("properties", at), part) for at, part in enumerate(described.get("properties") or ())]
    for below, part in parts:
        if isinstance(part, dict):
            yield from _options(part, (*place, *below))


def _without(document: dict[str, Any], places: tuple[Place, ...]) -> dict[str, Any]:
    made = deepcopy(document)
    # From the back, so that what is left keeps its number until it has had its turn.
    for *above, last in sorted(places, key=_depth, reverse=True):
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


def _depth(place: Place) -> tuple[int, int]:
    """What lies deeper comes later, and so does what has a higher number in one list; names are in no order."""
    return len(place), place[-1] if isinstance(place[-1], int) else -1
