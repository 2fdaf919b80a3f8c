"""`logicalTypeOptions` of numbers, whole and other: limits, multiples, and how many bits they may need.

The options: https://bitol-io.github.io/open-data-contract-standard/latest/schema/#logical-type-options
"""

from collections.abc import Iterator
from decimal import Decimal

from mesh_platform.contract.column import Column
from mesh_platform.contract.demand import Demand
from mesh_platform.contract.types import WHOLE, decimal_places
from mesh_platform.contract.values import number
from mesh_platform.errors import ContractError
from mesh_platform.names import literal

_NEAR = 1e-9
"""How far a quotient of floating-point numbers may lie from a whole one, as a share of itself."""


def number_demands(column: Column) -> Iterator[Demand]:
    """What the options that only numbers have demand. Raises ContractError for one that cannot be judged."""
    if (factor := column.options.get("multipleOf")) is not None:
        yield _multiple(factor, column.type)
    if (size := column.options.get("format")) is not None:
        yield from _sized(size, column.type)


def sized_range(size: str) -> tuple[int, int]:
    """The least and the greatest whole number of a size, which is one of Rust's names: i8 to i128, u8 to u128."""
    bits = int(size[1:])
    return (0, 2**bits - 1) if size.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _multiple(factor: int | float, kind: str) -> Demand:
    number(factor)
    words = f"is a multiple of {factor}"
    if kind in ("FLOAT", "DOUBLE"):
        if float(factor) == 0:
            raise ContractError(f"multipleOf is {factor!r}, of which nothing is a multiple")

        def breaks(value: str) -> str:
            share = f"{value}::DOUBLE / {literal(float(factor))}::DOUBLE"
            return f"(NOT isfinite({value}) OR abs({share} - round({share})) > {_NEAR!r} * greatest(1, abs({share})))"

        return Demand(words, breaks)
    step = Decimal(str(factor)).normalize()
    precision, scale = decimal_places(kind) or (len(str(2 ** WHOLE[kind])), 0)
    places = max(scale, -step.as_tuple().exponent)
    if precision - scale + places > 38 or step >= Decimal(10) ** (38 - places):
        raise ContractError(f"multipleOf is {factor!r}, which cannot be judged exactly on {kind}")
    # Both with the same places, so that the remainder is one of whole numbers and exact.
    exact = f"DECIMAL(38,{places})"
    return Demand(words, lambda value: f"{value}::{exact} % {literal(f'{step:f}')}::{exact} <> 0")


def _sized(size: str, kind: str) -> Iterator[Demand]:
    """Rust's names for the sizes of numbers: i8 to i128, u8 to u128, f32 and f64."""
    words = f"fits in {size}"
    if size.startswith("f"):
        wide = kind == "DOUBLE" and size == "f32"
        too_big = "TRY_CAST({0} AS FLOAT) IS NULL AND {0} IS NOT NULL"
        yield Demand(words, too_big.format if wide else None)
        return
    lowest, highest = sized_range(size)
    smallest, largest = _range(kind)
    limits = [
        (breaks, limit) for breaks, limit, out in (("<", lowest, smallest < lowest), (">", highest, largest > highest)) if out
    ]
    if not limits:
        yield Demand(words)
    for breaks, limit in limits:
        yield Demand(words, lambda value, said=f"{breaks} {limit}": f"{value} {said}", (breaks, str(limit)))


def _range(kind: str) -> tuple[int, int]:
    if kind in WHOLE:
        return -(2 ** (WHOLE[kind] - 1)), 2 ** (WHOLE[kind] - 1) - 1
    precision, _ = decimal_places(kind)
    return -(10**precision) + 1, 10**precision - 1
