"""Making a new domain's package importable in this environment, and taking that back, without setting up anew."""

import subprocess
import sys
from pathlib import Path

from mesh_platform.errors import ScaffoldError

_STAMP = ".domains"
"""The file in the environment by which make knows which domains it holds."""


def environment_of(root: Path) -> Path | None:
    """The repository's own environment if this is it: only there is anything installed."""
    own = root / ".venv"
    return own if Path(sys.prefix).resolve() == own.resolve() else None


def install(root: Path, domain: str) -> bool:
    """Installs a domain's package, editable; gives whether it was done. Raises ScaffoldError when pip cannot."""
    environment = environment_of(root)
    if environment is None:
        return False
    _pip("install", "--no-deps", "--no-build-isolation", "--editable", str(root / "domains" / domain))
    (environment / _STAMP).touch()
    return True


def uninstall(root: Path, domain: str) -> bool:
    """Takes a domain's package out again; gives whether it was done."""
    environment = environment_of(root)
    if environment is None:
        return False
    _pip("uninstall", "--yes", f"mesh-domain-{domain.replace('_', '-')}")
    (environment / _STAMP).touch()
    return True


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "--disable-pip-version-check", "--quiet", *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ScaffoldError(f"pip {arguments[0]} failed: {said[-1] if said else 'it gave no reason'}.", "Run `make setup`.")
