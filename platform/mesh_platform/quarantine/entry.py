"""One entry of the quarantine: what was kept of one candidate, and all that is known of how it came to be."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from mesh_platform.names import PortAddress

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
