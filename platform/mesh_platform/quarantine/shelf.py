"""Everything in the quarantine of a mesh: listing it, finding an entry, dropping one."""

import shutil
from pathlib import Path

from mesh_platform.errors import UnknownEntry
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.quarantine.entry import FACTS, Entry, read_entry


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
