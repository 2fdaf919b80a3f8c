"""Classifications of columns: their order, and which of them are personal."""

from collections.abc import Iterator, Sequence
from typing import Protocol

CLASSIFICATION_LEVELS = ("public", "internal", "confidential", "personal", "sensitive-personal")
"""From the least to the most sensitive."""
NOT_PERSONAL = CLASSIFICATION_LEVELS[:3]
"""With any other classification, also a misspelt one, messages, listings, logs and reports show a hash of each value."""


def is_personal(classification: str | None) -> bool:
    """Whether values with this classification are personal. Without one, they are not."""
    return sensitivity_level(classification) > len(NOT_PERSONAL)


def plain_classification(classification: str | None) -> str:
    """A classification without case and surrounding blanks, which do not count; empty without one."""
    return str(classification or "").strip().lower()


def sensitivity_level(classification: str | None) -> int:
    """The place in the order, from 1; 0 without a classification. One that is not in the order counts as personal."""
    if not classification:
        return 0
    plain = plain_classification(classification)
    return CLASSIFICATION_LEVELS.index(plain if plain in CLASSIFICATION_LEVELS else "personal") + 1


class Labelled(Protocol):
    """A column, or a part of one."""

    classification: str | None
    fields: "Sequence[Labelled]"
    items: "Labelled | None"


def most_sensitive(column: Labelled) -> str | None:
    """The classification that holds for a whole column: the most sensitive of its own and those of its parts, at any depth.

    A part without one has that of its column. A column without one has that of its parts only if they are personal: nothing
    says what the rest of it is.
    """
    own, *parts = _labels(column)
    highest = max((own, *parts), key=sensitivity_level)
    return highest if own or is_personal(highest) else own


def _labels(column: Labelled) -> Iterator[str | None]:
    yield column.classification
    for part in (*column.fields, column.items):
        if part:
            yield from _labels(part)
