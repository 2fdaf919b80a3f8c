"""The texts of the contracts that a port was published under, which the core keeps in the port's folder.

A commit names the SHA-256 of each text, so a text that is missing or that has another SHA-256 is damage. Only commits from
before the contracts of earlier majors were recorded may lack it: the first releases kept none.
"""

import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from mesh_isolation.disclosure import hidden_in_view
from mesh_isolation.team_files import UnreadableFile, decoded_text, is_text_of, read_digested
from mesh_platform.contract.column import Column, read_column
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import ContractError, PortDamaged
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import contract_path
from mesh_platform.port.place import place_of
from mesh_platform.port.version import PortVersion, Provenance
from mesh_platform.yaml_files import parse_mapping

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


def kept_table(version: PortVersion, root: Path | None = None) -> dict[str, Any] | None:
    """The table, an entry of ODCS `schema`, of the contract that a version was published under; None if it cannot be read.

    Args:
        version: a version with its place, as a port's folder gives it.
        root: the repository, in whose history a text that was not kept is looked for; None looks for it nowhere else.
    """
    folder, provenance = version.place.folder, version.provenance
    text = kept_contract(folder, provenance.contract_digest)
    if text is None and root:
        text = contract_in_git(root, provenance.contract_file, provenance.contract_digest)
    try:
        return parse_mapping(text or "", f"the contract of {version.address} version {version.number}", ContractError)[
            "schema"
        ][0]
    except (ContractError, LookupError, TypeError):
        return None


def columns_of_kept(table: dict[str, Any] | None) -> Mapping[str, Column] | None:
    """The columns of a table that `kept_table` gave, by name in lower case; None if they cannot be read."""
    try:
        return {entry["name"].casefold(): read_column(entry) for entry in table["properties"]}
    except (ContractError, LookupError, TypeError, AttributeError, ValueError):
        return None


def hiding_as_kept(contract: Contract, version: PortVersion | None) -> Contract:
    """The contract, with each column personal that the contract kept with `version` calls personal.

    The rows of a version were published under that contract, and the present one can call them less. If the kept one cannot
    be read, every column is personal; without a version, the contract stays as it is.
    """
    if version is None or version.provenance.contract_digest == contract.digest:
        return contract
    kept = columns_of_kept(kept_table(version))

    def hides(column: Column) -> bool:
        before = kept.get(column.name.casefold()) if kept is not None else None
        return before.personal if before else kept is None

    return _hiding(contract, hides)


def hiding_all(contract: Contract) -> Contract:
    """The contract, with every column personal."""
    return _hiding(contract, lambda column: True)


def hiding_made_of(newest: Contract, contract: Contract) -> Contract:
    """The contract of an earlier major, with each column personal that can be made of one that `newest` calls personal."""
    table = {column.name: column.personal for column in newest.columns}
    hidden = hidden_in_view(contract.column_names, contract.served_as, table)
    return _hiding(contract, lambda column: column.name in hidden)


def _hiding(contract: Contract, hides: Callable[[Column], bool]) -> Contract:
    columns = (replace(column, of_personal=column.of_personal or hides(column)) for column in contract.columns)
    return replace(contract, columns=tuple(columns))


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
