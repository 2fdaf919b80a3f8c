"""The contracts that a port was published under, kept beside its data for the time when their file says something else."""

import uuid
from pathlib import Path

from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PublishError
from mesh_platform.port.place import place_of

FOLDER = "_contracts"
"""Below the port's folder. Delta leaves alone what begins with an underscore."""


def keep_contract(port: Path, contract: Contract) -> None:
    """Writes the contract's text into the port's folder under its digest, once. Raises PublishError when it cannot."""
    kept, place = _file(port, contract.digest), place_of(port)
    if not contract.text or place.sizes([kept]):
        return
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Renamed when it is whole: two runs may publish under one contract, and one of them may be killed.
        beside = kept.with_suffix(f".{uuid.uuid4().hex}")
        beside.write_bytes(contract.text.encode("utf-8"))
        beside.replace(kept)
        place.store([kept])
    except OSError as problem:
        raise PublishError(
            f"{contract.address} was not published: its contract cannot be kept in {kept.parent}: {problem}.",
            "What was served before is served still.",
        ) from problem


def kept_contract(port: Path, digest: str) -> str | None:
    """The text of the contract with that digest; None where none was kept, as before contracts were."""
    try:
        place_of(port).fetch([_file(port, digest)])
        return _file(port, digest).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _file(port: Path, digest: str) -> Path:
    return port / FOLDER / f"{digest}.odcs.yaml"
