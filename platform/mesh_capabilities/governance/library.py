"""The policies and waivers of a mesh: those of the platform, and those that its domains add."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mesh_capabilities.errors import PolicyError
from mesh_capabilities.governance.approval import own_names
from mesh_capabilities.governance.policy import Policy, read_policy
from mesh_capabilities.governance.waiver import Waiver, WaiverState, read_waiver, state_of
from mesh_platform.project import Project

GLOBAL = Path(__file__).with_name("policies")
"""The folder of the policies that apply to the whole mesh."""

_SHOWN = "platform/mesh_capabilities/governance/policies"
"""How messages name that folder."""


@dataclass(frozen=True)
class Unreadable:
    """A policy or waiver file that cannot be used."""

    file: str
    domain: str | None
    problem: PolicyError


@dataclass(frozen=True)
class Library:
    """The policies of a mesh, their waivers, and the files of both kinds that cannot be used."""

    policies: tuple[Policy, ...]
    waivers: tuple[Waiver, ...] = ()
    broken_policies: tuple[Unreadable, ...] = ()
    broken_waivers: tuple[Unreadable, ...] = ()

    def policy(self, id: str) -> Policy | None:
        """The policy with this id, if there is one."""
        return next((policy for policy in self.policies if policy.id == id), None)

    def waiver_states(self, evaluated: Collection[str], matched: Collection[str], today: date) -> tuple[WaiverState, ...]:
        """The state of each waiver of the evaluated policies, of each waiver of an unknown policy, and of each broken file.

        Args:
            evaluated: the ids of the policies that were evaluated.
            matched: the files of the waivers that covered a violation.
            today: the day of the evaluation.
        """
        states = []
        for waiver in self.waivers:
            policy = self.policy(waiver.policy)
            if policy is None or policy.id in evaluated:
                states.append(state_of(waiver, policy, matched, today))
        return (*states, *(WaiverState(broken.file, "refused", str(broken.problem)) for broken in self.broken_waivers))


def library_of(project: Project) -> Library:
    """The policies and waivers of a project, including those of domains that do not load."""
    return load_library(project.root, project.names)


def load_library(root: Path, domains: Iterable[str]) -> Library:
    """Reads the policies of the platform, and the policies and waivers of the domains below `root`.

    A file that cannot be used is listed with its problem; the other files are still read.
    """
    policies: list[Policy] = []
    broken_policies: list[Unreadable] = []
    waivers: list[Waiver] = []
    broken_waivers: list[Unreadable] = []
    for path in sorted(GLOBAL.glob("*.sql")):
        file = f"{_SHOWN}/{path.name}"
        _collect(policies, broken_policies, file, None, read_policy, path, file)
    everywhere = tuple(policies)
    for domain in domains:
        for path, file in _files(root, domain, "policies", ".sql"):
            _collect(policies, broken_policies, file, domain, _read_own_policy, path, file, domain, everywhere)
        for path, file in _files(root, domain, "waivers", ".yaml"):
            _collect(waivers, broken_waivers, file, domain, read_waiver, path, file, domain, own_names(root, domain))
    return Library(tuple(policies), tuple(waivers), tuple(broken_policies), tuple(broken_waivers))


def _read_own_policy(path: Path, file: str, domain: str, everywhere: Iterable[Policy]) -> Policy:
    """A domain's own policy. Raises PolicyError when it takes the name or the title of a policy of the whole mesh."""
    for policy in everywhere:
        if path.stem == policy.id:
            raise PolicyError(
                f"{file} has the name of {policy.id}, a policy of the whole mesh.",
                "A domain adds policies and cannot replace one: choose another name.",
            )
    own = read_policy(path, file, domain)
    for policy in everywhere:
        if _normalized(own.title) == _normalized(policy.title):
            raise PolicyError(
                f"{file} has the title of {policy.id}, a policy of the whole mesh.",
                "A domain adds policies and cannot replace one: write what this policy requires beyond it.",
            )
    return own


def _collect(into: list, broken: list[Unreadable], file: str, domain: str | None, read: Callable[..., Any], *rest: Any) -> None:
    try:
        into.append(read(*rest))
    except PolicyError as problem:
        broken.append(Unreadable(file, domain, problem))


def _files(root: Path, domain: str, folder: str, suffix: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((root / "domains" / domain / folder).glob(f"*{suffix}")):
        # A file's name can have bytes that are not UTF-8, which neither SQL nor a report can contain.
        yield path, path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode("utf-8")


def _normalized(title: str) -> str:
    return " ".join(title.casefold().rstrip(".").split())
