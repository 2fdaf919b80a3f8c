"""ODCS `logicalTypeOptions` as rules: each option of each logical type, nested types included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mesh_isolation.column_types import ANY_NUMBER, Mapped, Struct, decimal_places, own_type
from mesh_isolation.footers import ValueLimit
from mesh_isolation.number_types import span_of
from mesh_isolation.numbers import sized_range
from mesh_isolation.text_formats import judge_of
from mesh_isolation.time_text import TimeText, UnreadableTime
from mesh_isolation.value_text import among, finite
from mesh_platform.contract.column import Column
from mesh_platform.contract.rule import Rule, no_row
from mesh_platform.contract.values import matches, number_literal, representable, typed, typed_all
from mesh_platform.errors import ContractError, inside
from mesh_platform.names import identifier, literal


@dataclass(frozen=True)
class Demand:
    """One condition that an option puts on each value of a column."""

    words: str
    """The condition as a predicate in English: `is at least 5`."""
    breaks: Callable[[str], str] | None = None
    """Maps the SQL of a value to SQL that is true for a bad value, and NULL or false for NULL; None if no value can be bad."""
    limit: tuple[str, str] | None = None
    """If the condition is a comparison, its operator and SQL operand that are true for a bad value: `("<", "5")`."""


_OPTIONS = "logicalTypeOptions"
_NEAR = {"FLOAT": (1e-6, 2**-22), "DOUBLE": (1e-9, 2**-51), ANY_NUMBER: (1e-9, 2**-51)}
"""How far a quotient of the type may be from an integer: at least, and in proportion to itself: the precision of the type."""


def number_demands(column: Column) -> Iterator[Demand]:
    """The demands of `multipleOf` and `format`. Raises ContractError for an option that cannot be checked."""
    if (factor := column.options.get("multipleOf")) is not None:
        with inside(_OPTIONS, "multipleOf"):
            yield _multiple(factor, column)
    if (size := column.options.get("format")) is not None:
        with inside(_OPTIONS, "format"):
            yield from _sized(size, column)


def _multiple(factor: Any, column: Column) -> Demand:
    kind, step = column.type, Decimal(number_literal(factor))
    words = f"is a multiple of {factor}"
    if step == 0:
        raise ContractError(f"multipleOf is {factor!r}, of which nothing is a multiple")
    if kind in _NEAR:

        def breaks(value: str) -> str:
            share = f"{value}::DOUBLE / {literal(str(step))}::DOUBLE"
            uneven = f"abs({share} - round({share})) > greatest({_NEAR[kind][0]!r}, {_NEAR[kind][1]!r} * abs({share}))"
            return finite(value, uneven, column.non_finite)

        return Demand(words, breaks)
    scale = (decimal_places(kind) or (0, 0))[1]
    # The multiples of 0.25 with one place are those of 0.5. The same scale on both sides makes the remainder exact.
    least, exact = Decimal(f"{(Fraction(step) * 10**scale).numerator}e-{scale}"), f"DECIMAL(38,{scale})"
    if least >= Decimal(10) ** (38 - scale):
        return Demand(words, lambda value: f"{value} <> 0")
    return Demand(words, lambda value: f"{value}::{exact} % {literal(f'{least:f}')}::{exact} <> 0")


def _sized(size: str, column: Column) -> Iterator[Demand]:
    """The demand to fit in a Rust type: i8 to i128, u8 to u128, f32 or f64."""
    words = f"fits in {size}"
    if size.startswith("f"):
        wide = column.type in ("DOUBLE", ANY_NUMBER) and size == "f32"
        too_big = "TRY_CAST({0} AS FLOAT) IS NULL AND {0} IS NOT NULL"
        yield Demand(words, too_big.format if wide else None)
        return
    (lowest, highest), (smallest, largest) = sized_range(size), span_of(column.type)[0]
    limits = [limit for limit, beyond in ((("<", lowest), smallest < lowest), ((">", highest), largest > highest)) if beyond]
    if not limits:
        yield Demand(words)
    for limit in limits:
        yield _limit_demand(words, *limit, column)


def text_demands(column: Column) -> Iterator[Demand]:
    """The demands of a text's options and of the length in its physical type. Raises ContractError."""
    binary = column.type == "BLOB"
    count, unit = ("octet_length", "bytes") if binary else ("length", "characters")
    yield from _counted(column, f"{count}({{0}})", unit, ("minLength", "maxLength"))
    if column.length is not None:
        yield Demand(f"has at most {column.length} {unit}", lambda value: f"{count}({value}) > {column.length}")
    if (pattern := column.options.get("pattern")) is not None:
        with inside(_OPTIONS, "pattern"):
            if binary:
                raise ContractError("it has a pattern, but holds bytes and no text")
            matches("''", pattern)
        yield Demand(f"matches {pattern}", lambda value: f"NOT {matches(value, pattern)}")
    if not binary and (judge := judge_of(column.options.get("format"))):
        yield Demand(f"is written as {column.options['format']}", judge)


_TIMES = {"date": "yyyy-MM-dd", "timestamp": "yyyy-MM-ddTHH:mm:ss.SSSZ", "time": "HH:mm:ss"}
"""The format of each logical type if none is stated: its parts of the standard's default format."""


def text_of(column: Column) -> TimeText | None:
    """The format of a column that stores times as text; None for any other column. Raises ContractError."""
    if column.type != "VARCHAR" or column.logical not in _TIMES:
        return None
    with inside(_OPTIONS, "format"):
        return _read(TimeText, column.options.get("format") or _TIMES[column.logical])


def _read(reader: Callable[[Any], Any], text: Any) -> Any:
    try:
        return reader(text)
    except UnreadableTime as problem:
        raise ContractError(str(problem)) from problem


def zone_of(column: Column) -> str | None:
    """The time zone of the column's times that state none; None for UTC. Raises ContractError for an unknown zone."""
    zone, zoned = column.options.get("defaultTimezone"), column.options.get("timezone")
    try:
        ZoneInfo(zone or "Etc/UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        message = f"defaultTimezone is {zone!r}, which is no time zone"
        raise ContractError(message, place=(_OPTIONS, "defaultTimezone")) from problem
    text = text_of(column)
    has_zone = text.has_zone if text else column.type == "TIMESTAMP WITH TIME ZONE"
    if zoned is not None and zoned != has_zone:
        form = text.format if text else column.type
        message = f"timezone is {str(zoned).lower()}, but {form!r} holds {'a' if has_zone else 'no'} time zone"
        raise ContractError(message, place=(_OPTIONS, "timezone"))
    return zone


Parts = Callable[[Column], Iterator[Demand]]
"""Maps a part of a nested column to the demands on the part."""


def list_demands(column: Column, parts: Parts, depth: int) -> Iterator[Demand]:
    """The demands on a list: the number of its items, their uniqueness, and the demands on each item."""
    options = column.options
    yield from _counted(column, "len({0})", "items", ("minItems", "maxItems"))
    if (size := options.get("dimensions")) is not None:
        yield Demand(f"has {size} dimensions", lambda value: f"len({value}) <> {number_literal(size)}")
    if options.get("uniqueItems"):
        # list_distinct drops NULLs, but two NULLs are a repetition.
        repeated = "(list_count({0}) <> len(list_distinct({0})) OR len({0}) - list_count({0}) > 1)"
        yield Demand("has no item twice", repeated.format)
    if options.get("normalized"):
        squares = "coalesce(list_sum(list_transform({0}, lambda x: x * x)), 0)"
        yield Demand("has the length 1", f"{{0}} IS NOT NULL AND abs({squares} - 1) > 1e-3".format)
    if column.items:
        with inside("items"):
            yield from _each(column.items, parts, "item", "{0}", depth)


def object_demands(column: Column, parts: Parts, depth: int) -> Iterator[Demand]:
    """The demands on an object: number of properties, required ones, and the demands on each. Raises ContractError."""
    kind = own_type(column.type)
    if isinstance(kind, Mapped):
        for part, read in zip(column.fields, ("map_keys({0})", "map_values({0})")):
            with inside("map", part.name):
                yield from _each(part, parts, part.name, read, depth)
        return
    names = [name for name, _ in kind.fields] if isinstance(kind, Struct) else []
    escaped = [name.replace("{", "{{").replace("}", "}}") for name in names]
    present = " + ".join(f"({_field('{0}', name)} IS NOT NULL)::INTEGER" for name in escaped) or "0"
    counted = f"CASE WHEN {{0}} IS NOT NULL THEN {present} END"
    yield from _counted(column, counted, "properties", ("minProperties", "maxProperties"))
    stated = [*(column.options.get("required") or []), *(part.name for part in column.fields if part.required)]
    for name in dict.fromkeys(stated):
        if name not in names:
            message = f"it requires the property {name!r}, which its type {column.type} does not have"
            raise ContractError(message, place=(_OPTIONS, "required"))
        yield Demand(f"has {name}", lambda value, name=name: f"({value} IS NOT NULL AND {_field(value, name)} IS NULL)")
    for at, part in enumerate(column.fields):
        with inside("properties", at):
            for demand in parts(part):
                breaks = demand.breaks and (lambda value, of=demand.breaks, name=part.name: of(_field(value, name)))
                yield Demand(f"has {part.name}, which {demand.words}", breaks)


def _counted(column: Column, counted: str, what: str, names: tuple[str, str]) -> Iterator[Demand]:
    """The demands of a minimum and a maximum option, the two `names`; `counted` is a template of SQL, `what` a noun."""
    for option, breaks, words in zip(names, ("<", ">"), ("at least", "at most")):
        if (limit := column.options.get(option)) is not None:
            broken = f"{breaks} {number_literal(limit)}"
            yield Demand(f"has {words} {limit} {what}", lambda value, broken=broken: f"{counted.format(value)} {broken}")


def _each(part: Column, parts: Parts, what: str, read: str, depth: int) -> Iterator[Demand]:
    """The demands on every value that the SQL template `read` lists: the items of a list, or the keys or values of a map."""
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


def _field(value: str, name: str) -> str:
    return f"struct_extract({value}, {literal(name)})"


_COMPARISONS = {
    "minimum": ("<", "is at least"),
    "maximum": (">", "is at most"),
    "exclusiveMinimum": ("<=", "is more than"),
    "exclusiveMaximum": (">=", "is less than"),
}
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
    """One rule for each demand on the column's values. Raises ContractError for an option that cannot be checked."""
    name = identifier(column.name)
    try:
        for demand in _demands(column):
            sentence = f"{column.name} {demand.words}"
            if demand.breaks is None:
                yield Rule("values", sentence, (column.name,))
                continue
            claim = ValueLimit(column.name, *demand.limit) if demand.limit else None
            yield no_row("values", column.name, sentence, demand.breaks(name), claim)
    except ContractError as problem:
        raise ContractError(f"column {column.name!r}: {problem.found}", problem.way_out, problem.place) from problem


def documented_options(column: Column) -> Iterator[str]:
    """The options that no data can prove, as sentences."""
    options = column.options
    if (form := options.get("format")) is not None and not judges_format(column):
        if column.logical in _TIMES:
            yield f"{column.name} is shown as {form}; it is stored as {column.type}, which has no format."
        else:
            yield f"{column.name} is of the format {form}."
    for option in _FOR_PEOPLE:
        if option in options:
            yield f"{column.name} has the {option} {options[option]}."


def judges_format(column: Column) -> bool:
    """Whether a rule checks the `format` of a column that states one. Raises ContractError for an unreadable format."""
    if column.logical in _TIMES:
        return text_of(column) is not None
    return column.logical != "string" or (column.type != "BLOB" and judge_of(column.options["format"]) is not None)


def _demands(column: Column, depth: int = 0) -> Iterator[Demand]:
    def parts(part: Column) -> Iterator[Demand]:
        return _demands(part, depth + 1)

    if unknown := sorted(column.options.keys() - _KNOWN.get(column.logical, set())):
        message = f"{', '.join(map(str, unknown))} is no option of the logicalType {column.logical!r}"
        raise ContractError(message, place=(_OPTIONS, unknown[0]) if len(unknown) == 1 else (_OPTIONS,))
    yield from _limits(column)
    if column.enum:
        with inside("enum"):
            yield enum_demand(column)
    if column.logical in _TIMES:
        if text := text_of(column):
            yield Demand(f"is written as {text.format}", text.breaks)
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
    timed = column.logical in _TIMES
    zone = zone_of(column) if timed else None
    for option, (breaks, words) in _COMPARISONS.items():
        stated = column.options.get(option)
        if isinstance(stated, bool):
            # In ODCS 3.0 the exclusive options are booleans that qualify the limit; from 3.1 on they are limits themselves.
            stated = column.options.get(option.replace("exclusiveM", "m")) if stated else None
        if stated is None:
            continue
        words = f"{words} {stated}"
        with inside(_OPTIONS, option):
            if text or timed:
                read, limit = (text.read, _read(text.limit, stated)) if text else (str, typed(stated, column.type, zone))
                claim = None if text else (breaks, limit)
                yield Demand(words, lambda value, read=read, broken=f"{breaks} {limit}": f"{read(value)} {broken}", claim)
            else:
                yield _limit_demand(words, breaks, stated, column)


def _limit_demand(words: str, breaks: str, limit: Any, column: Column) -> Demand:
    claim = representable(breaks, limit, column.type)
    broken = " ".join(claim)
    if column.type not in _NEAR:
        return Demand(words, lambda value: f"{value} {broken}", claim)
    return Demand(words, lambda value: finite(value, f"{value} {broken}", column.non_finite), claim)


def enum_demand(column: Column) -> Demand:
    """The demand that a value is in the column's `enum`. Raises ContractError if an entry is no value of the column's type."""
    known = [value for value in column.enum if value is not None]
    listed = typed_all(column.enum, column.type, column.of_data)
    words = f"is one of {', '.join(map(str, known))}" if known else "is null"
    return Demand(words, lambda value: f"NOT {among(value, listed)}" if listed else f"{value} IS NOT NULL")
