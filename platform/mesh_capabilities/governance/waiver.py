"""A waiver: who allowed which subject to break which policy, until when, and what holds instead meanwhile."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mesh_platform.errors import PolicyError
from mesh_platform.yaml_files import read_mapping

LONGEST = timedelta(days=90)
"""How long a waiver may last; who needs longer asks again."""

_TEXTS = ("policy", "subject", "reason", "requested_by", "approved_by", "control")
_DAYS = ("starts_on", "expires_on")


@dataclass(frozen=True)
class Waiver:
    """One waiver, as its file says it."""

    file: str
    domain: str
    policy: str
    subject: str
    """Exactly as the policy names it."""
    reason: str
    requested_by: str
    approved_by: str
    control: str
    """What protects consumers while the policy is broken."""
    starts_on: date
    expires_on: date
    """The last day on which it counts."""


def read_waiver(path: Path, file: str, domain: str) -> Waiver:
    """The waiver that a file of a domain holds. Raises PolicyError when it is none, or grants itself too much."""
    said = read_mapping(path, PolicyError)
    missing = [key for key in (*_TEXTS, *_DAYS) if said.get(key) is None or not str(said[key]).strip()]
    if missing:
        raise PolicyError(f"{file} does not say {', '.join(missing)}.", "A waiver says all of it, or it waives nothing.")
    strange = [str(key) for key in said if key not in (*_TEXTS, *_DAYS)]
    if strange:
        raise PolicyError(f"{file} says {', '.join(strange)}, which nothing reads.", "Remove it, or correct its spelling.")
    waiver = Waiver(
        file, domain, *(" ".join(str(said[key]).split()) for key in _TEXTS), *(_day(said, key, file) for key in _DAYS)
    )
    if any(sign in waiver.subject for sign in "*%?"):
        raise PolicyError(f"{file} waives {waiver.subject!r}.", "A waiver is for one subject; name it exactly.")
    if _same(waiver.requested_by, waiver.approved_by):
        raise PolicyError(
            f"{file} is requested and approved by {waiver.approved_by}.",
            "Somebody else has to approve it, by name of their team.",
        )
    if waiver.expires_on < waiver.starts_on:
        raise PolicyError(f"{file} expires on {waiver.expires_on}, before it starts.", "Correct the days.")
    if waiver.expires_on - waiver.starts_on > LONGEST:
        raise PolicyError(
            f"{file} lasts {(waiver.expires_on - waiver.starts_on).days} days.",
            f"A waiver lasts {LONGEST.days} days at most: until {waiver.starts_on + LONGEST}.",
        )
    return waiver


def _same(one: str, other: str) -> bool:
    return one.casefold().removeprefix("team:") == other.casefold().removeprefix("team:")


def _day(said: dict[str, Any], key: str, file: str) -> date:
    try:
        return date.fromisoformat(str(said[key]))
    except ValueError:
        raise PolicyError(f"{file} says {key}: {said[key]}.", "Write a day, like 2027-01-31.") from None
