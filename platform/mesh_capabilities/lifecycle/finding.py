"""What looking at one precondition found: met or not, and the sentence that says so."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Met or not; the sentence of one that is not met names the way out."""

    met: bool
    sentence: str


def met(sentence: str) -> Finding:
    """A finding that lets the step pass."""
    return Finding(True, sentence)


def unmet(sentence: str) -> Finding:
    """A finding that holds the step up."""
    return Finding(False, sentence)
