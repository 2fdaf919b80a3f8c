"""The numbers that a type of a column can hold."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from mesh_isolation.column_types import ANY_NUMBER, WHOLE, decimal_places
from mesh_isolation.numbers import EXACT, decimal_digits

BINARY_NUMBERS = {"FLOAT": Decimal(2**128 - 2**103), **dict.fromkeys(("DOUBLE", ANY_NUMBER), Decimal(2**1024 - 2**970))}
"""The types of binary numbers, and the smallest number whose nearest value of the type is infinite."""


def rounded(number: Decimal, kind: str) -> Decimal:
    """The number; the largest of a binary type for one just beyond it, of which it is the nearest."""
    lowest, highest = span_of(kind)[0]
    return max(lowest, min(number, highest)) if number.copy_abs() < BINARY_NUMBERS.get(kind, 0) else number


def span_of(kind: str) -> tuple[tuple[Decimal, Decimal], int | None]:
    """The smallest and the largest number of a type, and its digits after the point; None for a binary type."""
    if kind in WHOLE:
        half = Decimal(2 ** (WHOLE[kind] - 1))
        return (-half, half - 1), 0
    if places := decimal_places(kind):
        most = Decimal((0, (9,) * places[0], -places[1]))  # arithmetic would round it to 28 digits
        return (most.copy_negate(), most), places[1]
    most = Decimal(2**128 - 2**104 if kind == "FLOAT" else 2**1024 - 2**971)
    return (most.copy_negate(), most), None


def exact_text(value: Decimal, kind: str) -> str | None:
    """The digits of a number; None if the type cannot hold it exactly. A cast would round 0.015 to 0.02 instead.

    A FLOAT or DOUBLE holds the nearest number. Of NaN and the infinities it has one each, which a contract names as a text.
    """
    (lowest, highest), places = span_of(kind)
    if not value.is_finite():
        return str(value) if places is None else None
    value = rounded(value, kind)
    if not lowest <= value <= highest or (places is not None and decimal_digits(value) > places):
        return None
    return str(value) if places is None else f"{value:f}"


def representable_limit(breaks: str, limit: Decimal, kind: str) -> tuple[str, str]:
    """The comparison that holds for the same values of a type as `value <breaks> <limit>`, with a limit that the type has.

    Args:
        breaks: `<`, `<=`, `>` or `>=`.
        limit: any finite number.
        kind: a type of numbers, in DuckDB's spelling.

    Returns: the operator, and the digits of the limit.
    """
    (lowest, highest), places = span_of(kind)
    limit, less = rounded(limit, kind), breaks.startswith("<")
    if limit > highest:
        breaks, limit = ("<=" if less else ">"), highest
    elif limit < lowest:
        breaks, limit = ("<" if less else ">="), lowest
    elif places is not None:
        # A value between two values of the type breaks `<` as the next greater one does, and `<=` as the next smaller.
        rounding = ROUND_CEILING if breaks in ("<", ">=") else ROUND_FLOOR
        limit = limit.quantize(Decimal(1).scaleb(-places), rounding, EXACT)
    return breaks, str(limit) if places is None else f"{limit:f}"


def digits_of(value: str) -> str:
    """SQL for the digits of a number, a text that is the same for equal numbers, whatever the type of each.

    DuckDB compares a BIGINT and a DOUBLE as binary numbers, so that two integers become one, and cannot compare every
    DECIMAL(38,0) with a DECIMAL(38,20). A binary fraction is the shortest decimal that is read as it: the DOUBLE nearest to
    0.1 equals a DECIMAL of 0.1. An integer, and a FLOAT of 2**24 and more, is exact.
    """
    binary, text = f"({value})::DOUBLE", f"({value})::VARCHAR"
    whole = f"coalesce(TRY_CAST({binary} AS HUGEINT)::VARCHAR, {binary}::VARCHAR)"
    small = f"coalesce(TRY_CAST({text} AS DECIMAL(38,37))::VARCHAR, {text})"
    part = f"rtrim(regexp_replace(if(contains({text}, 'e'), {small}, {text}), '^(-?)[.]', '\\10.'), '0')"
    dotted = f"regexp_replace({text}, '^(-?)[.]', '\\10.')"  # DECIMAL(3,3) has no digit before the point
    exact = f"if(contains({text}, '.'), rtrim(rtrim({dotted}, '0'), '.'), {text})"
    of_binary = f"if({binary} = trunc({binary}), {whole}, {part})"
    return f"if(typeof({value}) IN ('FLOAT', 'DOUBLE'), {of_binary}, if({exact} = '-0', '0', {exact}))"
