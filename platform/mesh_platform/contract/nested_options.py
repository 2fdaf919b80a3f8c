"""`logicalTypeOptions` of values that have parts: lists, vectors, objects; and what is demanded of the parts themselves.

The options: https://bitol-io.github.io/open-data-contract-standard/latest/schema/#logical-type-options
"""

from collections.abc import Callable, Iterator

from mesh_platform.contract.column import Column
from mesh_platform.contract.demand import Demand
from mesh_platform.contract.nested_types import Mapped, Struct
from mesh_platform.contract.types import parts_of
from mesh_platform.contract.values import number
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier, literal

Parts = Callable[[Column], Iterator[Demand]]
"""What is demanded of a part."""


def list_demands(column: Column, parts: Parts, depth: int) -> Iterator[Demand]:
    """How many items a list has, that they differ, and what each of them does."""
    options = column.options
    yield from _counted(column, "len({0})", "items", ("minItems", "maxItems"))
    if (size := options.get("dimensions")) is not None:
        yield Demand(f"has {size} dimensions", lambda value: f"len({value}) <> {number(size)}")
    if options.get("uniqueItems"):
        # list_distinct leaves NULLs out, and two of them are twice the same.
        yield Demand("has no item twice", _repeated)
    if options.get("normalized"):
        yield Demand("has the length 1", lambda value: f"abs(list_sum(list_transform({value}, lambda x: x * x)) - 1) > 1e-3")
    if column.items:
        yield from _each(column.items, parts, "item", "{0}", depth)


def object_demands(column: Column, parts: Parts, depth: int) -> Iterator[Demand]:
    """How many properties an object has, which it must have, and what each of them does. Raises ContractError."""
    kind = parts_of(column.type)
    if isinstance(kind, Mapped):
        for part, read in zip(column.fields, ("map_keys({0})", "map_values({0})")):
            yield from _each(part, parts, part.name, read, depth)
        return
    names = [name for name, _ in kind.fields] if isinstance(kind, Struct) else []
    present = " + ".join(f"({_field('{0}', name)} IS NOT NULL)::INTEGER" for name in _escaped(names)) or "0"
    counted = f"CASE WHEN {{0}} IS NOT NULL THEN {present} END"
    yield from _counted(column, counted, "properties", ("minProperties", "maxProperties"))
    stated = [*(column.options.get("required") or []), *(part.name for part in column.fields if part.required)]
    for name in dict.fromkeys(stated):
        if name not in names:
            raise ContractError(f"it requires the property {name!r}, which its type {column.type} does not have")
        yield Demand(f"has {name}", lambda value, name=name: _absent(value, name))
    for part in column.fields:
        for demand in parts(part):
            yield Demand(f"has {part.name}, which {demand.words}", demand.breaks and _inside(demand, part.name))


def _counted(column: Column, counted: str, what: str, names: tuple[str, str]) -> Iterator[Demand]:
    for option, breaks, words in zip(names, ("<", ">"), ("at least", "at most")):
        if (limit := column.options.get(option)) is not None:
            broken = f"{breaks} {number(limit)}"
            yield Demand(f"has {words} {limit} {what}", lambda value, broken=broken: f"{counted.format(value)} {broken}")


def _each(part: Column, parts: Parts, what: str, read: str, depth: int) -> Iterator[Demand]:
    """The demands on a part that occurs many times: no occurrence may break one."""
    item = identifier(f"{what} {depth}")
    demands = list(parts(part))
    if part.required:
        demands.insert(0, Demand("is never null", lambda value: f"{value} IS NULL"))
    for demand in demands:
        broken = f"coalesce({demand.breaks(item)}, FALSE)" if demand.breaks else None
        yield Demand(
            f"has only {what}s of which each {demand.words}",
            broken and (lambda value, broken=broken: f"len(list_filter({read.format(value)}, lambda {item}: {broken})) > 0"),
        )


def _repeated(value: str) -> str:
    counted = f"list_count({value})"
    return f"({counted} <> len(list_distinct({value})) OR len({value}) - {counted} > 1)"


def _absent(value: str, name: str) -> str:
    return f"({value} IS NOT NULL AND {_field(value, name)} IS NULL)"


def _inside(demand: Demand, name: str) -> Callable[[str], str]:
    return lambda value: demand.breaks(_field(value, name))


def _field(value: str, name: str) -> str:
    return f"struct_extract({value}, {literal(name)})"


def _escaped(names: list[str]) -> list[str]:
    """Names that stand in a template keep their braces."""
    return [name.replace("{", "{{").replace("}", "}}") for name in names]
