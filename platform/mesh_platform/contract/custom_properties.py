"""Reading `customProperties`, the list of names and values in which both standards leave room for a platform's own words."""

from collections.abc import Mapping, Sequence
from typing import Any


def stated(said: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Every value that `said`, any part of a contract or a descriptor, gives to its custom property `name`."""
    return [entry.get("value") for entry in said.get("customProperties") or () if entry.get("property") == name]
