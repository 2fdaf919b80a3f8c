"""One thing that was looked at: how it is, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    good = "good"
    note = "note"
    """Works, but somebody will miss something."""
    problem = "problem"
    """Something does not work, or will not for long."""


@dataclass(frozen=True)
class Symptom:
    """What was found; the advice of one that is good is empty."""

    subject: str
    state: State
    found: str
    advice: str = ""


def good(subject: str, found: str) -> Symptom:
    return Symptom(subject, State.good, found)


def note(subject: str, found: str, advice: str) -> Symptom:
    return Symptom(subject, State.note, found, advice)


def problem(subject: str, found: str, advice: str) -> Symptom:
    return Symptom(subject, State.problem, found, advice)
