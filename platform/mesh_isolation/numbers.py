"""Numbers that people write: decimals that keep their text, limits on the values of a type, and JSON with every digit."""

import json
import secrets
from decimal import Context, Decimal
from typing import Any

EXACT = Context(prec=10_000)
"""Enough digits that nothing is rounded: WrittenNumber has at most 4,300, and its exponent is bounded."""


class WrittenNumber(Decimal):
    """A decimal number as its author wrote it. It was never a binary float, and it is shown in its own digits.

    Its text may have parts of base 60, as YAML 1.1 has: 1:30.5 is 90.5, and shown as that.
    """

    def __new__(cls, text: str) -> "WrittenNumber":
        value = Decimal(text) if ":" not in text else _of_base_60(text)
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __str__(self) -> str:
        return super().__str__() if ":" in self.text else self.text

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return super().__format__(spec) if spec else str(self)


def _of_base_60(text: str) -> Decimal:
    parts = enumerate(reversed(text.lstrip("+-").split(":")))
    number = sum((EXACT.multiply(Decimal(part), 60**power) for power, part in parts), Decimal(0))
    return -number if text.startswith("-") else number


class WrittenInteger(int):
    """An integer that its author did not write in plain digits: 010, 1_000, 0x1F or 12:30."""

    text: str

    def __new__(cls, value: int, text: str) -> "WrittenInteger":
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __deepcopy__(self, _: Any) -> "WrittenInteger":
        return self


def is_whole(value: Any) -> bool:
    """Whether a value is a decimal without a fraction, such as 2.0."""
    return isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value(context=EXACT)


def decimal_digits(value: Decimal) -> int:
    """The digits after the point that a finite number needs, without trailing zeros; negative for whole tens."""
    _, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return -(exponent + zeros) if any(digits) else 0


def sized_range(size: str) -> tuple[int, int]:
    """The smallest and the largest integer of a Rust type, i8 to i128 or u8 to u128."""
    bits = int(size[1:])
    return (0, 2**bits - 1) if size.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def exact_json(document: Any, **options: Any) -> str:
    """The document as JSON, with every decimal as a number with all its digits; `options` as for `json.dumps`."""
    mark = secrets.token_hex(16)

    def marked(value: Any) -> str:
        if isinstance(value, Decimal):
            return f"{mark}{Decimal(value)}{mark}"
        raise TypeError(f"{type(value).__name__} is not JSON")

    text = json.dumps(document, default=marked, **options)
    return text.replace(f'"{mark}', "").replace(f'{mark}"', "")
