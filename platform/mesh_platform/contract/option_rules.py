"""From what a contract says of a column's values to rules: `logicalTypeOptions`, `enum` and the length of its type."""

from collections.abc import Iterator

from mesh_platform.contract.claims import Limit
from mesh_platform.contract.column import Column
from mesh_platform.contract.demand import Demand
from mesh_platform.contract.nested_options import list_demands, object_demands
from mesh_platform.contract.number_options import number_demands
from mesh_platform.contract.rule import Rule, no_row
from mesh_platform.contract.text_formats import judge_of
from mesh_platform.contract.text_options import text_demands
from mesh_platform.contract.time_options import text_of, time_demands, zone_of
from mesh_platform.contract.values import among, number, typed
from mesh_platform.errors import ContractError
from mesh_platform.names import identifier

_COMPARISONS = {
    "minimum": ("<", "is at least"),
    "maximum": (">", "is at most"),
    "exclusiveMinimum": ("<=", "is more than"),
    "exclusiveMaximum": (">=", "is less than"),
}
_TIMES = ("date", "timestamp", "time")
_FOR_PEOPLE = ("distanceMetric", "embeddingModel", "embeddingModelVersion")
_NUMBERS = {*_COMPARISONS, "multipleOf", "format"}
_MOMENTS = {*_COMPARISONS, "format", "timezone", "defaultTimezone"}
_KNOWN = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "date": {*_COMPARISONS, "format"},
    "timestamp": _MOMENTS,
    "time": _MOMENTS,
    "array": {"minItems", "maxItems", "uniqueItems"},
    "object": {"minProperties", "maxProperties", "required"},
    "vector": {"dimensions", "elementType", "normalized", *_FOR_PEOPLE},
}


def option_rules(column: Column) -> Iterator[Rule]:
    """One rule for each demand on the column's values. Raises ContractError for one that cannot be judged."""
    name = identifier(column.name)
    try:
        for demand in _demands(column):
            sentence = f"{column.name} {demand.words}"
            if demand.breaks is None:
                yield Rule("values", sentence, (column.name,))
                continue
            claim = Limit(column.name, *demand.limit) if demand.limit else None
            yield no_row("values", column.name, sentence, demand.breaks(name), claim)
    except ContractError as problem:
        raise ContractError(f"column {column.name!r}: {problem.found}", problem.way_out) from problem


def documented_options(column: Column) -> Iterator[str]:
    """What the options say that no data can prove: sentences for people."""
    options = column.options
    if (said := options.get("format")) is not None and not judges_format(column):
        if column.logical in _TIMES:
            yield f"{column.name} is shown as {said}; it is stored as {column.type}, which has no format."
        else:
            yield f"{column.name} is of the format {said}."
    for option in _FOR_PEOPLE:
        if option in options:
            yield f"{column.name} has the {option} {options[option]}."


def judges_format(column: Column) -> bool:
    """Whether a rule holds the option `format` of a column that has one. Raises ContractError for one that is unreadable."""
    if column.logical in _TIMES:
        return text_of(column) is not None
    return column.logical != "string" or (column.type != "BLOB" and judge_of(column.options["format"]) is not None)


def _demands(column: Column, depth: int = 0) -> Iterator[Demand]:
    def parts(part: Column) -> Iterator[Demand]:
        return _demands(part, depth + 1)

    if unknown := sorted(column.options.keys() - _KNOWN.get(column.logical, set())):
        raise ContractError(f"{', '.join(map(str, unknown))} is no option of the logicalType {column.logical!r}")
    yield from _limits(column)
    if column.enum:
        yield enum_demand(column)
    if column.logical in _TIMES:
        yield from time_demands(column)
    elif column.type in ("VARCHAR", "BLOB"):
        yield from text_demands(column)
    elif column.type.endswith("[]"):
        yield from list_demands(column, parts, depth)
    elif column.type.startswith(("STRUCT", "MAP")):
        yield from object_demands(column, parts, depth)
    else:
        yield from number_demands(column)


def _limits(column: Column) -> Iterator[Demand]:
    text = text_of(column)
    for option, (breaks, words) in _COMPARISONS.items():
        said = column.options.get(option)
        if isinstance(said, bool):
            # In 3.0 the exclusive options are a yes or no beside the limit; from 3.1 on they are limits themselves.
            said = column.options.get(option.replace("exclusiveM", "m")) if said else None
        if said is None:
            continue
        if text:
            limit = text.limit(said)
            yield Demand(f"{words} {said}", lambda value, breaks=breaks, limit=limit: f"{text.read(value)} {breaks} {limit}")
            continue
        limit = typed(said, column.type, zone_of(column)) if column.logical in _TIMES else number(said)
        yield Demand(f"{words} {said}", lambda value, broken=f"{breaks} {limit}": f"{value} {broken}", (breaks, limit))


def enum_demand(column: Column) -> Demand:
    """That a value is one of the column's `enum`. Raises ContractError for one that is no value of the column's type."""
    known = [value for value in column.enum if value is not None]
    listed = [typed(value, column.type) for value in known]
    words = f"is one of {', '.join(map(str, known))}" if known else "is null"
    return Demand(words, lambda value: f"NOT {among(value, listed)}" if listed else f"{value} IS NOT NULL")
