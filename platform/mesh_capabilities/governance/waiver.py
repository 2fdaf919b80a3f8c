"""A waiver: the permission for one subject to break one policy until a given day, with its approver."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.approval import is_team, same_team
from mesh_capabilities.governance.policy import Policy
from mesh_isolation.text import counted
from mesh_platform.yaml_files import read_mapping

LONGEST = timedelta(days=90)
"""How long a waiver may last; a longer exception has to be requested again."""

_TEXTS = ("policy", "subject", "reason", "requested_by", "approved_by", "control")
_DAYS = ("starts_on", "expires_on")


@dataclass(frozen=True)
class Waiver:
    """One waiver file."""

    file: str
    domain: str
    policy: str
    subject: str
    """Spelled exactly as the policy names it."""
    reason: str
    requested_by: str
    approved_by: str
    control: str
    """What protects consumers while the policy is broken."""
    starts_on: date
    expires_on: date
    """The last day on which it is valid."""


def read_waiver(path: Path, file: str, domain: str, own: Collection[str] = ()) -> Waiver:
    """Reads a waiver of a domain, whose further names are `own`, as `own_names` gives them.

    Raises PolicyError when it is incomplete or allows too much.
    """
    document = read_mapping(path, PolicyError)
    missing = [key for key in (*_TEXTS, *_DAYS) if document.get(key) is None or not str(document[key]).strip()]
    if missing:
        raise PolicyError(f"{file} has no {', '.join(missing)}.", "Add it; every key of a waiver is required.")
    unknown = [str(key) for key in document if key not in (*_TEXTS, *_DAYS)]
    if unknown:
        raise PolicyError(f"{file} has unknown keys: {', '.join(unknown)}.", "Remove them, or correct their spelling.")
    texts = (" ".join(str(document[key]).split()) for key in _TEXTS)
    waiver = Waiver(file, domain, *texts, *(_day(document, key, file) for key in _DAYS))
    if not all(getattr(waiver, key).isprintable() for key in _TEXTS):
        raise PolicyError(f"{file} contains control characters.", "Remove them.")
    if any(sign in waiver.subject for sign in "*%?"):
        raise PolicyError(f"{file} waives {waiver.subject!r}.", "A waiver covers one subject; write its exact name.")
    by_itself = any(same_team(waiver.approved_by, team) for team in (domain, *own))
    if by_itself or same_team(waiver.approved_by, waiver.requested_by):
        whose = "the team whose domain it is for" if by_itself else "the team that requests it"
        raise PolicyError(
            f"{file} is approved by {waiver.approved_by}, {whose}.", "Have another team approve it, and name that team."
        )
    if not is_team(waiver.approved_by):
        raise PolicyError(
            f"{file} is approved by {waiver.approved_by!r}, which is no team.",
            "Write the team as team:platform, or an address.",
        )
    if waiver.expires_on < waiver.starts_on:
        raise PolicyError(f"{file} expires on {waiver.expires_on}, before it starts.", "Correct the dates.")
    if waiver.expires_on - waiver.starts_on > LONGEST:
        raise PolicyError(
            f"{file} lasts {counted((waiver.expires_on - waiver.starts_on).days, 'day')}.",
            f"A waiver lasts at most {LONGEST.days} days: until {waiver.starts_on + LONGEST}.",
        )
    return waiver


@dataclass(frozen=True)
class WaiverState:
    """One waiver file after an evaluation."""

    file: str
    state: str
    """valid, expired, unmatched or refused."""
    problem: str | None = None
    waiver: Waiver | None = None
    """None for a file that could not be read."""

    @property
    def row(self) -> dict[str, Any]:
        """A row of the catalog's table `waivers`."""
        keys = (*_TEXTS, "expires_on")
        return {
            "waiver": self.file,
            **{key: getattr(self.waiver, key) if self.waiver else None for key in keys},
            "state": self.state,
            "problem": self.problem,
        }


def state_of(waiver: Waiver, policy: Policy | None, matched: Collection[str], today: date) -> WaiverState:
    """The state of a waiver after its policy was evaluated.

    Args:
        waiver: any waiver that could be read.
        policy: the policy that it waives; None when there is no such policy.
        matched: the files of the waivers that covered a violation.
        today: the day of the evaluation.
    """
    if policy is None:
        problem = f"It waives the policy {waiver.policy!r}, which does not exist. `mesh policy list` lists all policies."
        return WaiverState(waiver.file, "refused", problem, waiver)
    if policy.privacy:
        problem = f"It waives {policy.id}, a privacy policy, which cannot be waived. {policy.fix}"
        return WaiverState(waiver.file, "refused", problem, waiver)
    if waiver.expires_on < today:
        problem = f"It expired on {waiver.expires_on}. Fix {waiver.subject} and remove the file, or request a new waiver."
        return WaiverState(waiver.file, "expired", problem, waiver)
    if waiver.starts_on > today:
        return WaiverState(waiver.file, "unmatched", f"It starts on {waiver.starts_on}.", waiver)
    if waiver.file not in matched:
        problem = f"{policy.id} reports no violation of {waiver.subject} in {waiver.domain}. Remove the file."
        return WaiverState(waiver.file, "unmatched", problem, waiver)
    return WaiverState(waiver.file, "valid", None, waiver)


def _day(document: dict[str, Any], key: str, file: str) -> date:
    try:
        return date.fromisoformat(str(document[key]))
    except ValueError:
        raise PolicyError(f"{file} has {key}: {document[key]}.", "Write a date, like 2027-01-31.") from None
