"""Engines for `custom` quality rules: a function registered under the name that a contract gives as `engine`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from mesh_platform.errors import ContractError

GROUP = "mesh_platform.engines"
"""The entry point group in which an installed package names its engines."""


@dataclass(frozen=True)
class Finding:
    """What an engine found."""

    passed: bool
    found: str
    """What was measured, in words."""
    examples: tuple[Mapping[str, Any], ...] = ()
    """Some of the rows to blame, if single rows are."""


Engine = Callable[[str | Mapping[str, Any], str | None, Sequence[Path]], Finding]
"""Judges `(implementation, column, files)`: what the contract says, the column the rule stands below, the Parquet files."""

_registered: dict[str, Engine] = {}


@dataclass(frozen=True)
class Custom:
    """A rule that an engine judges."""

    engine: str
    implementation: str | Mapping[str, Any]
    column: str | None

    def judge(self, files: Sequence[Path]) -> Finding:
        """What the engine finds. Raises whatever it raises."""
        return _engine(self.engine)(self.implementation, self.column, files)


def register_engine(name: str, function: Engine) -> None:
    """Makes `type: custom` rules with `engine: name` executable in this process.

    A package that is installed does it for every process of the mesh by an entry point in its pyproject.toml:
    `[project.entry-points."mesh_platform.engines"]`, `name = "package.module:function"`.
    """
    _registered[name] = function


def custom_rule(rule: Mapping[str, Any], named: object, column: str | None) -> Custom:
    """A `custom` entry of ODCS `quality`. Raises ContractError when nobody has registered its engine."""
    engine = rule.get("engine")
    if not engine or _engine(engine) is None:
        known = ", ".join(sorted({*_registered, *_installed()})) or "none"
        raise ContractError(
            f"quality rule {named!r} is of type 'custom' for the engine {engine!r}, which nobody registered; there is: {known}",
            "Register the engine, or state the rule as sql.",
        )
    return Custom(engine, rule.get("implementation") or "", column)


def _engine(name: str) -> Engine | None:
    if name not in _registered and name in _installed():
        _registered[name] = _installed()[name].load()
    return _registered.get(name)


@cache
def _installed() -> dict[str, Any]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
