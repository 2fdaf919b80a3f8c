"""How sensitive a column is, in levels, and the steps that are known to make one less sensitive."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """What a contract may say as the `classification` of a column."""

    name: str
    personal: bool
    means: str


@dataclass(frozen=True)
class MaskingStep:
    """What a contract may say as the custom property `masking` of a column."""

    step: str
    lowers_to: str
    what: str


LEVELS = (
    Level("public", False, "anybody may know it"),
    Level("internal", False, "whoever works with the mesh may know it"),
    Level("confidential", False, "whoever needs it may know it"),
    Level("personal", True, "it is about a person who can be told from it"),
    Level("sensitive-personal", True, "it is about health, belief, origin or the like of a person"),
)
"""From the least sensitive to the most."""

MASKING_STEPS = (
    MaskingStep("coarsened_date", "internal", "keeps the month of a day or a time"),
    MaskingStep("coarsened_place", "internal", "keeps the state of an address"),
    MaskingStep("keyed_hash", "confidential", "replaces an identifier by its hash with a key that only its owner knows"),
    MaskingStep("rank", "internal", "keeps the place of a value among the others, in no more than ten groups"),
    MaskingStep("redacted", "public", "replaces every value by one constant"),
)
