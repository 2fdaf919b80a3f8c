"""Which policies and waivers a mesh has: those of everybody, and what its domains add."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh_capabilities.governance.policy import Policy
from mesh_capabilities.governance.policy_file import read_policy
from mesh_capabilities.governance.waiver import Waiver, read_waiver
from mesh_platform.errors import PolicyError

GLOBAL = Path(__file__).with_name("policies")
"""The folder of the policies that hold everywhere."""

_SHOWN = "platform/mesh_capabilities/governance/policies"


@dataclass(frozen=True)
class Unreadable:
    """A file of a policy or a waiver that says nothing that can be used."""

    file: str
    domain: str | None
    problem: PolicyError


@dataclass(frozen=True)
class Library:
    """The policies of a mesh, the waivers from them, and the files that are neither."""

    policies: tuple[Policy, ...]
    waivers: tuple[Waiver, ...] = ()
    broken_policies: tuple[Unreadable, ...] = ()
    broken_waivers: tuple[Unreadable, ...] = ()

    def policy(self, id: str) -> Policy | None:
        return next((policy for policy in self.policies if policy.id == id), None)


def load_library(root: Path, domains: Iterable[str]) -> Library:
    """Reads the policies of the platform and the policies and waivers of the domains below `root`.

    A file that cannot be used is listed with its problem and keeps nothing else from being read.
    """
    policies: list[Policy] = []
    broken: list[Unreadable] = []
    waivers: list[Waiver] = []
    refused: list[Unreadable] = []
    for path in sorted(GLOBAL.glob("*.sql")):
        _take(lambda path=path: read_policy(path, f"{_SHOWN}/{path.name}"), policies, broken, f"{_SHOWN}/{path.name}", None)
    everywhere = tuple(policies)
    for domain in domains:
        for path, file in _files(root, domain, "policies", ".sql"):
            _take(lambda p=path, f=file, d=domain: _added(p, f, d, everywhere), policies, broken, file, domain)
        for path, file in _files(root, domain, "waivers", ".yaml"):
            _take(lambda p=path, f=file, d=domain: read_waiver(p, f, d), waivers, refused, file, domain)
    return Library(tuple(policies), tuple(waivers), tuple(broken), tuple(refused))


def _added(path: Path, file: str, domain: str, everywhere: Iterable[Policy]) -> Policy:
    """A domain's own policy. Raises PolicyError when it claims the name of one that holds everywhere."""
    for policy in everywhere:
        if path.stem == policy.id:
            raise PolicyError(
                f"{file} is called as the policy {policy.id} of the whole mesh.",
                "A domain adds policies and cannot replace one: call it otherwise.",
            )
    added = read_policy(path, file, domain)
    for policy in everywhere:
        if _plain(added.title) == _plain(policy.title):
            raise PolicyError(
                f"{file} has the title of the policy {policy.id} of the whole mesh.",
                "A domain adds policies and cannot replace one: say what yours asks beyond it.",
            )
    return added


def _take(read, into: list, broken: list[Unreadable], file: str, domain: str | None) -> None:
    try:
        into.append(read())
    except PolicyError as problem:
        broken.append(Unreadable(file, domain, problem))


def _files(root: Path, domain: str, folder: str, suffix: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((root / "domains" / domain / folder).glob(f"*{suffix}")):
        yield path, path.relative_to(root).as_posix()


def _plain(title: str) -> str:
    return " ".join(title.casefold().rstrip(".").split())
