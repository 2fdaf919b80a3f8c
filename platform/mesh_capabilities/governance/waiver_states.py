"""What became of the waivers in a check: which counted, which are over, which are for nothing, which are refused."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from mesh_capabilities.governance.library import Library, Unreadable
from mesh_capabilities.governance.waiver import Waiver


@dataclass(frozen=True)
class WaiverState:
    """One waiver file after a check."""

    file: str
    state: str
    """valid, expired, unmatched or refused."""
    problem: str | None = None
    waiver: Waiver | None = None

    @property
    def row(self) -> dict[str, Any]:
        """As a row of the catalog's table `waivers`."""
        said = self.waiver
        return {
            "waiver": self.file,
            "policy": said and said.policy,
            "subject": said and said.subject,
            "reason": said and said.reason,
            "requested_by": said and said.requested_by,
            "approved_by": said and said.approved_by,
            "control": said and said.control,
            "expires_on": said and said.expires_on,
            "state": self.state,
            "problem": self.problem,
        }


def states(library: Library, asked: Collection[str], matched: Collection[str], today: date) -> tuple[WaiverState, ...]:
    """The state of every waiver that concerns the policies that were asked, and of every file that is no waiver.

    Args:
        library: all policies and waivers.
        asked: the ids of the policies that were asked.
        matched: the files of the waivers by which something was waived.
    """
    read = (_state(waiver, library, matched, today) for waiver in library.waivers if _concerns(waiver, library, asked))
    return (*read, *map(_refused, library.broken_waivers))


def _concerns(waiver: Waiver, library: Library, asked: Collection[str]) -> bool:
    return waiver.policy in asked or library.policy(waiver.policy) is None


def _state(waiver: Waiver, library: Library, matched: Collection[str], today: date) -> WaiverState:
    policy = library.policy(waiver.policy)
    if policy is None:
        problem = f"It waives the policy {waiver.policy!r}, which does not exist; `mesh policy list` lists those that do."
        return WaiverState(waiver.file, "refused", problem, waiver)
    if policy.privacy:
        problem = f"It waives {policy.id}, which protects people: such a policy cannot be waived. {policy.fix}"
        return WaiverState(waiver.file, "refused", problem, waiver)
    if waiver.expires_on < today:
        problem = f"It expired on {waiver.expires_on}. Put {waiver.subject} right and remove the file, or ask anew."
        return WaiverState(waiver.file, "expired", problem, waiver)
    if waiver.starts_on > today:
        return WaiverState(waiver.file, "unmatched", f"It counts from {waiver.starts_on} on.", waiver)
    if waiver.file not in matched:
        problem = f"{policy.id} finds nothing wrong with {waiver.subject} in {waiver.domain}. Remove the file."
        return WaiverState(waiver.file, "unmatched", problem, waiver)
    return WaiverState(waiver.file, "valid", None, waiver)


def _refused(file: Unreadable) -> WaiverState:
    return WaiverState(file.file, "refused", str(file.problem))
