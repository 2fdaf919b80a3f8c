"""A domain: its folder, its package, its dbt project, its entry in the registry, and its installation."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from mesh_capabilities.scaffolding.growth import Grown, Growth
from mesh_capabilities.scaffolding.names import check_new_domain, said
from mesh_capabilities.scaffolding.rendering import newest_version, record_of, render, written_record
from mesh_platform.errors import ScaffoldError
from mesh_platform.home import REGISTRY
from mesh_platform.project import Project


def new_domain(project: Project, name: str, title: str = "", owner: str = "", channel: str = "", address: str = "") -> Growth:
    """What a domain called `name` takes. Raises ScaffoldError for a name that it cannot have.

    Args:
        title: how people call it; by default its name.
        owner: the team, as Dagster writes it.
        channel: where consumers reach that team.
        address: the mail address at which it can be written to.
    """
    check_new_domain(name, project)
    hyphened = name.replace("_", "-")
    title = title or said(name).capitalize()
    answers: dict[str, Any] = {
        "domain": name,
        "title": title,
        "description": f"{title}: what the team knows and others need.",
        "owner": owner or f"team:{name}",
        "channel": channel or f"#data-{hyphened}",
        "address": address or f"data-{hyphened}@example.com",
    }
    growth = Growth(f"domain {name}", name)
    growth.make(render(["domain"], answers))
    growth.edit_yaml(project.root, REGISTRY, lambda yaml: yaml.with_item(("load_from",), [_entry(name)]))
    growth.grown.append(Grown(("domain",), newest_version(), answers))
    growth.make({record_of(name): written_record(growth.grown)})
    growth.refuse_taken(project.root)
    return growth


def _entry(name: str) -> str:
    return f"python_module: {{module_name: {name}.definitions, location_name: {name}}}"


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
    """Uninstalls a domain's package; gives whether it was done."""
    return uninstall_package(root, f"mesh-domain-{domain.replace('_', '-')}")


def uninstall_package(root: Path, name: str) -> bool:
    """Uninstalls a package of the repository by its name; gives whether it was done. Raises ScaffoldError when pip cannot."""
    environment = environment_of(root)
    if environment is None:
        return False
    _pip("uninstall", "--yes", name)
    (environment / _STAMP).touch()
    return True


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "--disable-pip-version-check", "--quiet", *arguments[1:]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ScaffoldError(f"pip {arguments[0]} failed: {said[-1] if said else 'it gave no reason'}.", "Run `make setup`.")
