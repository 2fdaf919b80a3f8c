"""The lifecycle record of a product: every transition with its time, actor and reason, in a file beside the descriptor."""

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
    """One transition between two stages."""

    product: str
    """`sales/orders`."""
    source: Stage
    target: Stage
    at: datetime
    """In UTC, to the second."""
    by: str
    """The team that made it, as Dagster writes an owner: `team:sales`."""
    why: str
    successor: str | None = None
    """For a deprecation, the product to use instead."""
    ends: date | None = None
    """For a deprecation, the last day on which the product is supported."""


def record_file(descriptor: Path) -> Path:
    """The path of the record of the product with the descriptor `<product>.odps.yaml`."""
    return descriptor.with_name(descriptor.name.removesuffix(".odps.yaml") + SUFFIX)


def read_record(path: Path) -> list[Transition]:
    """The transitions in the file, oldest first; none if the file does not exist.

    Args:
        path: `domains/<domain>/products/<product>.lifecycle.yaml`.

    Raises ContractError when the file is not a valid record.
    """
    if not path.is_file():
        return []
    entries = read_mapping(path, ContractError).get("transitions")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ContractError(
            f"{path} has no list of transitions.", "Restore the file as `mesh product` wrote it, for example from Git."
        )
    product = f"{path.parents[1].name}/{path.name.removesuffix(SUFFIX)}"
    return [_transition(entry, product, path, number) for number, entry in enumerate(entries, start=1)]


def _transition(entry: Mapping[str, Any], product: str, path: Path, number: int) -> Transition:
    if missing := [key for key in _KEYS if not str(entry.get(key) or "").strip()]:
        raise ContractError(f"{path}: transition {number} has no {' and no '.join(missing)}.", "Add it.")
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
