"""JSON Schemas in files of a package: `schemas/<standard>-<version>.json`. Each is read once per process."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def versions_of(package: str, standard: str) -> list[str]:
    """The versions of a standard whose schemas the package has."""
    names = (entry.name for entry in resources.files(package).joinpath("schemas").iterdir())
    return sorted(name.removeprefix(f"{standard}-").removesuffix(".json") for name in names if name.startswith(f"{standard}-"))


@cache
def schema_of(package: str, standard: str, version: str) -> Any:
    """One schema."""
    return json.loads(resources.files(package).joinpath("schemas", f"{standard}-{version}.json").read_text("utf-8"))


@cache
def quick_validator(package: str, standard: str, version: str) -> Any:
    """A validator that takes a hundredth of the time, but does not report what is wrong."""
    from jsonschema_rs import validator_for

    return validator_for(schema_of(package, standard, version))
