"""Rows that broke a contract and were kept instead of published: writing, listing and dropping them."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import uuid4

from mesh_platform.contract.audit import Verdict
from mesh_platform.contract.contract import Contract
from mesh_platform.contract.rule import CANDIDATE, References, Rule, opened
from mesh_platform.errors import PublishError, UnknownEntry
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress, identifier, literal
from mesh_platform.port.version import Provenance

if TYPE_CHECKING:
    import duckdb


FACTS, ROWS = "facts.json", "rows.parquet"


@dataclass(frozen=True)
class BrokenRule:
    """A rule and how many rows broke it."""

    check: str
    sentence: str
    rows: int


@dataclass(frozen=True)
class Entry:
    """The bad rows of one candidate. A row that breaks two rules is kept under both."""

    id: str
    port: PortAddress
    at: datetime
    published: bool
    """Whether the rest of the candidate was published; otherwise nothing of it was."""
    contract: str
    contract_version: str
    candidate_rows: int
    rules: tuple[BrokenRule, ...]
    run: str | None
    inputs: Mapping[str, int]
    """The versions that the candidate was made of: `{"sales/orders": 3}`."""
    source: Mapping[str, str]
    """The source files that it was made of: name → SHA-256."""
    folder: Path | None = None
    """Where it is kept."""

    @property
    def rows_file(self) -> Path:
        """A Parquet file with the columns `rule`, `reason` and `row`, a struct of the candidate's columns."""
        return self.folder / ROWS

    @property
    def rows(self) -> int:
        """How many rows are kept, one for each rule that a row breaks."""
        return sum(rule.rows for rule in self.rules)

    def document(self) -> dict:
        """The entry as plain data, for its file and for machines."""
        said = asdict(self) | {"port": str(self.port), "at": self.at.isoformat()}
        del said["folder"]
        return said


def read_entry(folder: Path) -> Entry:
    """The entry that is kept in `folder`."""
    said = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Entry(
        **said
        | {
            "port": PortAddress.parse(said["port"]),
            "at": datetime.fromisoformat(said["at"]),
            "rules": tuple(BrokenRule(**rule) for rule in said["rules"]),
            "folder": folder,
        }
    )


def keep(
    contract: Contract,
    files: Sequence[Path],
    broken: Sequence[Verdict],
    provenance: Provenance,
    shelf: Path,
    references: References = MappingProxyType({}),
    published: bool = False,
) -> Entry | None:
    """Copies every row that breaks one of the `broken` rules out of the candidate.

    Args:
        contract: what the candidate was held against.
        files: the candidate.
        broken: what the audit found; rules for which no single row is to blame leave no rows.
        provenance: what the candidate was made of.
        shelf: the folder of the port's quarantine.
        references: the files of the ports that relationships lead to.
        published: whether the rest is about to be published.

    Returns: the entry, or None where no row is to blame. Raises PublishError when it cannot be written.
    """
    import duckdb

    blaming = [verdict.rule for verdict in broken if verdict.rule.failing]
    if not blaming:
        return None
    at = datetime.now(UTC)
    # Beside the others until it is whole: half an entry must never be taken for one.
    beside = shelf / f".{uuid4().hex}"
    try:
        beside.mkdir(parents=True)
        with opened(files, references) as connection:
            rules = tuple(BrokenRule(rule.check, rule.sentence, _count(rule, connection)) for rule in blaming)
            _write_rows(contract, blaming, beside / ROWS, connection)
        entry = Entry(
            id=f"{at:%Y%m%d-%H%M%S}-{beside.name[1:5]}",
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
        )
        (beside / FACTS).write_text(json.dumps(entry.document(), indent=2) + "\n", encoding="utf-8")
        return replace(entry, folder=beside.rename(shelf / entry.id))
    except (OSError, duckdb.IOException) as problem:
        shutil.rmtree(beside, ignore_errors=True)
        raise PublishError(
            f"{contract.address} was not published: its bad rows cannot be put into {shelf}: {problem}.",
            "Make room, or make the folder writable, and run it again.",
        ) from problem


def count_bad(files: Sequence[Path], rules: Sequence[Rule], references: References = MappingProxyType({})) -> list[int]:
    """How many rows of the candidate break each rule."""
    with opened(files, references) as connection:
        return [_count(rule, connection) for rule in rules]


def without(files: Sequence[Path], rules: Sequence[Rule], to: Path, references: References = MappingProxyType({})) -> None:
    """Writes the candidate without the rows that break one of `rules` to the Parquet file `to`, in their order.

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
        raise PublishError(f"{to} cannot be written: {problem}.", "Make room, and run it again.") from problem


def _count(rule: Rule, connection: "duckdb.DuckDBPyConnection") -> int:
    return connection.execute(f"SELECT count(*) FROM {CANDIDATE} WHERE {rule.failing}").fetchone()[0]


def _write_rows(contract: Contract, rules: Sequence[Rule], to: Path, connection: "duckdb.DuckDBPyConnection") -> None:
    """As a struct, so that no column of the candidate can be mistaken for the rule or the reason."""
    fields = ", ".join(f"{literal(name)}: {identifier(name)}" for name in contract.column_names)
    parts = " UNION ALL ".join(
        f"SELECT {literal(rule.check)} AS rule, {literal(rule.sentence)} AS reason, {{{fields}}} AS row "
        f"FROM {CANDIDATE} WHERE {rule.failing}"
        for rule in rules
    )
    connection.execute(f"COPY ({parts}) TO {literal(to)} (FORMAT parquet, COMPRESSION zstd)")


def entries(home: MeshHome, port: PortAddress | None = None) -> list[Entry]:
    """What is kept, newest first; of one port, or of all."""
    folder = home.quarantine(port) if port else home.root / "quarantine"
    found = (read_entry(facts.parent) for facts in folder.rglob(FACTS) if not facts.parent.name.startswith("."))
    return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)


def find_entry(home: MeshHome, entry_id: str) -> Entry:
    """The entry with that id. Raises UnknownEntry."""
    for entry in entries(home):
        if entry.id == entry_id:
            return entry
    raise UnknownEntry(f"There is no entry {entry_id} in the quarantine.", "`mesh quarantine list` lists what there is.")


def drop_entry(entry: Entry) -> None:
    """Removes an entry and its rows for good."""
    # Renamed first: an entry is whole or gone, whenever this is interrupted.
    gone: Path = entry.folder.rename(entry.folder.with_name(f".{entry.folder.name}"))
    shutil.rmtree(gone)
