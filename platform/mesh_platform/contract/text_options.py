"""`logicalTypeOptions` of texts: length, pattern, format.

The options: https://bitol-io.github.io/open-data-contract-standard/latest/schema/#logical-type-options
"""

from collections.abc import Iterator

from mesh_platform.contract.column import Column
from mesh_platform.contract.demand import Demand
from mesh_platform.contract.patterns import matches
from mesh_platform.contract.text_formats import judge_of
from mesh_platform.contract.values import number
from mesh_platform.errors import ContractError


def text_demands(column: Column) -> Iterator[Demand]:
    """What a text's options, and the length that its physical type states, demand. Raises ContractError."""
    binary = column.type == "BLOB"
    count, unit = ("octet_length", "bytes") if binary else ("length", "characters")
    limits = [("minLength", "<", "at least"), ("maxLength", ">", "at most")]
    stated = [(column.options.get(option), breaks, words) for option, breaks, words in limits]
    for limit, breaks, words in [*stated, (column.length, ">", "at most")]:
        if limit is not None:
            broken = f"{breaks} {number(limit)}"
            yield Demand(f"has {words} {limit} {unit}", lambda value, broken=broken: f"{count}({value}) {broken}")
    if (pattern := column.options.get("pattern")) is not None:
        if binary:
            raise ContractError("it has a pattern, but holds bytes and no text")
        matches("''", pattern)
        yield Demand(f"matches {pattern}", lambda value: f"NOT {matches(value, pattern)}")
    if not binary and (judge := judge_of(column.options.get("format"))):
        yield Demand(f"is written as {column.options['format']}", judge)
