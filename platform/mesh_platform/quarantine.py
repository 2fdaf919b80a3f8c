"""The quarantine of rows that broke a contract: writing, listing and removing its entries."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import uuid4

from mesh_isolation.files import paths_below
from mesh_isolation.records import read_record
from mesh_isolation.team_files import UnreadableFile
from mesh_platform.contract.audit import Verdict
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import CANDIDATE, References, Rule, opened
from mesh_platform.errors import PublishError, UnknownEntry
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.port.version import Provenance, not_published

if TYPE_CHECKING:
    import duckdb


FACTS, ROWS = "facts.json", "rows.parquet"


@dataclass(frozen=True)
class BrokenRule:
    """A rule and the number of rows that broke it."""

    check: str
    sentence: str
    rows: int


@dataclass(frozen=True)
class Entry:
    """The bad rows of one candidate. A row that breaks two rules is kept once for each."""

    id: str
    port: PortAddress
    at: datetime
    published: bool
    """Whether the other rows of the candidate were published; if not, none were."""
    contract: str
    contract_version: str
    candidate_rows: int
    rules: tuple[BrokenRule, ...]
    run: str | None
    inputs: Mapping[str, int]
    """The input versions that the candidate was built from: `{"sales/orders": 3}`."""
    source: Mapping[str, str]
    """The source files that it was built from: name → SHA-256."""
    visible: tuple[str, ...] = ()
    """The columns that were not personal when the rows were kept; none in entries of earlier releases."""
    folder: Path | None = None
    """The entry's folder."""

    @property
    def rows_file(self) -> Path:
        """A Parquet file with the columns `rule`, `reason` and `row`; `row` is a struct of the candidate's columns."""
        return self.folder / ROWS

    @property
    def rows(self) -> int:
        """The number of rows kept; a row counts once for each rule that it breaks."""
        return sum(rule.rows for rule in self.rules)

    def document(self) -> dict:
        """The entry as plain data, for its file and for JSON output."""
        document = asdict(self) | {"port": str(self.port), "at": self.at.isoformat()}
        del document["folder"]
        return document


def read_entry(folder: Path) -> Entry:
    """The entry in `folder`, which has its id as its name. Raises UnreadableFile if it is damaged."""
    way_out = f"Restore it from a backup, or remove the entry with its rows: {folder}."
    return replace(read_record(folder / FACTS, Entry, way_out), id=folder.name, folder=folder)


def keep_rows(
    contract: Contract,
    files: Sequence[Path],
    broken: Sequence[Verdict],
    provenance: Provenance,
    folder: Path,
    references: References = MappingProxyType({}),
    published: bool = False,
) -> Entry | None:
    """Copies every row that breaks one of the `broken` rules from the candidate into a new entry.

    Args:
        contract: the contract that the candidate was audited against.
        files: the files of the candidate.
        broken: verdicts of the audit; a rule about the table as a whole contributes no rows.
        provenance: what the candidate was built from.
        folder: the folder of the port's quarantine.
        references: the files of the ports that relationships refer to.
        published: whether the other rows are about to be published.

    Returns: the entry, or None when no single row breaks a rule. Raises PublishError when it cannot be written.
    """
    import duckdb

    blaming = [verdict.rule for verdict in broken if verdict.rule.failing]
    if not blaming:
        return None
    at = datetime.now(UTC)
    # Written under a hidden name and then renamed: a partial entry must never be listed.
    partial = folder / f".{uuid4().hex}"
    try:
        partial.mkdir(parents=True)
        with opened(files, references) as connection:
            rules = tuple(BrokenRule(rule.check, rule.sentence, _count(rule, connection)) for rule in blaming)
            # The row is a struct, so that a column of the candidate cannot collide with `rule` or `reason`.
            fields = ", ".join(f"{literal(name)}: {identifier(name)}" for name in contract.column_names)
            parts = " UNION ALL ".join(
                f"SELECT {literal(rule.check)} AS rule, {literal(rule.sentence)} AS reason, {{{fields}}} AS row "
                f"FROM {CANDIDATE} WHERE {rule.failing}"
                for rule in blaming
            )
            connection.execute(f"COPY ({parts}) TO {literal(partial / ROWS)} (FORMAT parquet, COMPRESSION zstd)")
        entry = Entry(
            id=f"{at:%Y%m%d-%H%M%S}-{partial.name[1:5]}",
            port=contract.address,
            at=at,
            published=published,
            contract=contract.id,
            contract_version=contract.version,
            candidate_rows=provenance.rows,
            rules=rules,
            run=provenance.run,
            inputs=dict(provenance.inputs),
            source=dict(provenance.source),
            visible=contract.visible,
        )
        (partial / FACTS).write_text(json.dumps(entry.document(), indent=2) + "\n", encoding="utf-8")
        return replace(entry, folder=partial.rename(folder / entry.id))
    except (OSError, duckdb.IOException) as problem:
        shutil.rmtree(partial, ignore_errors=True)
        reason = f"its bad rows cannot be written to {folder}: {problem}"
        way_out = "Free disk space, or make the folder writable, and run it again."
        raise not_published(contract.address, reason, way_out) from problem


def count_bad(files: Sequence[Path], rules: Sequence[Rule], references: References = MappingProxyType({})) -> list[int]:
    """The number of rows of the candidate that break each rule."""
    with opened(files, references) as connection:
        return [_count(rule, connection) for rule in rules]


def without(files: Sequence[Path], rules: Sequence[Rule], to: Path, references: References = MappingProxyType({})) -> None:
    """Writes the rows of the candidate that break none of `rules` to the Parquet file `to`, in their order.

    Raises PublishError when it cannot be written.
    """
    import duckdb

    bad = " OR ".join(f"coalesce({rule.failing}, FALSE)" for rule in rules)
    try:
        with opened(files, references) as connection:
            connection.execute(
                f"COPY (SELECT * FROM {CANDIDATE} WHERE NOT ({bad})) TO {literal(to)} "
                "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            )
    except duckdb.IOException as problem:
        to.unlink(missing_ok=True)
        raise PublishError(f"{to} cannot be written: {problem}.", "Free disk space, and run it again.") from problem


def _count(rule: Rule, connection: "duckdb.DuckDBPyConnection") -> int:
    return connection.execute(f"SELECT count(*) FROM {CANDIDATE} WHERE {rule.failing}").fetchone()[0]


def entries(home: MeshHome, port: PortAddress | None = None, damages: list[str] | None = None) -> list[Entry]:
    """The entries of one port, or of all ports, newest first; a sentence for each damaged one is added to `damages`."""
    kept = []
    for folder in _folders(home, port):
        try:
            kept.append(read_entry(folder))
        except UnreadableFile as problem:
            (damages if damages is not None else []).append(f"{problem.found} {problem.way_out}")
    return sorted(kept, key=lambda entry: (entry.at, entry.id), reverse=True)


def _folders(home: MeshHome, port: PortAddress | None = None) -> Iterator[Path]:
    parts = paths_below(home.quarantine(port), 1) if port else paths_below(home.root / "quarantine", 3)
    return (folder for folder in parts if not folder.name.startswith("."))


def find_entry(home: MeshHome, entry_id: str) -> Entry:
    """The entry with that id. Raises UnknownEntry when there is none, and UnreadableFile when it is damaged."""
    for folder in _folders(home):
        if folder.name == entry_id:
            return read_entry(folder)
    raise UnknownEntry(f"The quarantine has no entry {entry_id}.", "`mesh quarantine list` lists the entries.")


def drop_entry(entry: Entry) -> None:
    """Removes an entry and its rows permanently."""
    # Renamed first: an interruption leaves the whole entry or none.
    hidden: Path = entry.folder.rename(entry.folder.with_name(f".{entry.folder.name}"))
    shutil.rmtree(hidden)
