"""The texts of the contracts that a port was published under, which the core keeps in the port's folder.

A commit names the SHA-256 of each text, so a text that is missing or that has another SHA-256 is damage. Only commits from
before the contracts of earlier majors were recorded may lack it: the first releases kept none.
"""

import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from mesh_isolation.team_files import UnreadableFile, decoded_text, is_text_of, read_digested
from mesh_platform.errors import PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import contract_path
from mesh_platform.port.place import place_of
from mesh_platform.port.version import Provenance

_MOST_TEXTS = 1_000
"""How many texts of a contract's file are looked for in git, the newest first."""


def promised_texts(provenance: Provenance) -> Mapping[str, str]:
    """By the contract's file or id, the digests of the texts that were kept with a commit; empty for one of early releases."""
    if provenance.earlier is None:
        return {}
    return {**provenance.earlier, provenance.contract: provenance.contract_digest}


def kept_contract(port: Path, digest: str) -> str | None:
    """The text of the contract with that digest; None if it was not kept, is damaged or cannot be read."""
    try:
        return undamaged_contract(port, digest)
    except OSError:
        return None


def undamaged_contract(port: Path, digest: str) -> str:
    """The same. Raises UnreadableFile if the text is missing or not the one with that digest, PortsUnreachable."""
    place, file = place_of(port), contract_path(port, digest)
    with suppress(OSError):  # what was not fetched is not there
        place.fetch([file])
    try:
        return read_digested(file, digest)
    except UnreadableFile:
        if not place.remote or not file.is_file():
            raise
    file.unlink(missing_ok=True)  # a copy that was damaged; the bucket may have the text
    with suppress(OSError):
        place.fetch([file])
    return read_digested(file, digest)


def lost_contract(
    address: PortAddress, port: Path, digest: str, problem: UnreadableFile, version: int | None = None
) -> PortDamaged:
    """The error for a text that is not as it was kept, `problem`, in the folder of a port's major."""
    of = "its last commit" if version is None else f"version {version}"
    reason = "is missing" if problem.strerror == "does not exist" else problem.strerror
    return PortDamaged(
        f"{address}: the contract that {of} was published under is damaged, {problem.filename} {reason}.",
        f"Restore that file from a backup. Or restore the contract's own file to the text with the SHA-256 {digest[:12]}…, for "
        f"example from version control, and run `mesh run {address}`: it writes the kept text again. Without both, move {port} "
        "away; the next run then starts a new history for the port.",
    )


def lost_contracts(address: PortAddress, port: Path, promised: Iterable[tuple[int, Provenance]]) -> list[PortDamaged]:
    """What is wrong with the kept texts that these versions, each a number and its provenance, name; each text once."""
    seen, lost = set(), []
    for number, provenance in promised:
        for digest in promised_texts(provenance).values():
            if digest not in seen:
                seen.add(digest)
                try:
                    undamaged_contract(port, digest)
                except UnreadableFile as problem:
                    lost.append(lost_contract(address, port, digest, problem, number))
    return lost


def contract_in_git(root: Path, file: str, digest: str) -> str | None:
    """The text with that digest among all that git knows of a file below `root`; None if git does not have it."""
    try:
        listed = _git(root, "log", "--all", "--format=", "--raw", "--no-abbrev", "--no-renames", "--", file).decode()
        ids = dict.fromkeys(part for line in listed.splitlines() for part in reversed(line.split()[2:4]))
        for id in [id for id in ids if id.strip("0")][:_MOST_TEXTS]:
            content = _git(root, "cat-file", "blob", id)
            if is_text_of(content, digest):
                return decoded_text(content, root / file)
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError):
        return None  # no git, no repository, or none that can be read
    return None


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
