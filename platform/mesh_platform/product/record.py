"""The record of a product's life: who took which step, when and why, in a file beside the descriptor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import Stage
from mesh_platform.yaml_files import read_mapping

SUFFIX = ".lifecycle.yaml"
_KEYS = ("from", "to", "at", "by", "why")


@dataclass(frozen=True)
class Transition:
    """One step that was taken."""

    product: str
    """`sales/orders`."""
    source: Stage
    target: Stage
    at: datetime
    """In UTC, to the second."""
    by: str
    """Who took it, as Dagster writes an owner: `team:sales`."""
    why: str
    successor: str | None = None
    """Of a deprecation: the product to go on with."""
    ends: date | None = None
    """Of a deprecation: the last day of the promise."""

    def document(self) -> dict[str, str]:
        """As the file says it; what there is nothing to say of is left out."""
        said = {
            "from": self.source.value,
            "to": self.target.value,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "by": self.by,
            "why": self.why,
            "successor": self.successor,
            "ends": self.ends.isoformat() if self.ends else None,
        }
        return {key: value for key, value in said.items() if value is not None}


def record_file(descriptor: Path) -> Path:
    """Where the record of the product stands whose descriptor is `<product>.odps.yaml`."""
    return descriptor.with_name(descriptor.name.removesuffix(".odps.yaml") + SUFFIX)


def read_record(path: Path) -> list[Transition]:
    """Every step that the file records, oldest first; none where there is no file.

    Args:
        path: `domains/<domain>/products/<product>.lifecycle.yaml`.

    Raises ContractError for a file that is no such record.
    """
    if not path.is_file():
        return []
    entries = read_mapping(path, ContractError).get("transitions")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractError(f"{path} holds no list of transitions.", "`mesh product` writes this file; put back what it wrote.")
    product = f"{path.parents[1].name}/{path.name.removesuffix(SUFFIX)}"
    return [_transition(entry, product, path, number) for number, entry in enumerate(entries, start=1)]


def _transition(entry: Mapping[str, Any], product: str, path: Path, number: int) -> Transition:
    if missing := [key for key in _KEYS if not str(entry.get(key) or "").strip()]:
        raise ContractError(f"{path}: transition {number} does not say {' and '.join(missing)}.", "Add it.")
    try:
        moment = datetime.fromisoformat(str(entry["at"]))
        return Transition(
            product,
            Stage(entry["from"]),
            Stage(entry["to"]),
            moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC),
            str(entry["by"]),
            str(entry["why"]),
            entry.get("successor"),
            date.fromisoformat(str(entry["ends"])) if entry.get("ends") else None,
        )
    except ValueError as problem:
        raise ContractError(f"{path}: transition {number} cannot be read: {problem}.", "Correct it.") from problem
