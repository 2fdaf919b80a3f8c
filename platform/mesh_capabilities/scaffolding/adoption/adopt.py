"""Adopting the repository: the sample company goes, a first domain comes, and the mesh bears its new owner's name."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from mesh_capabilities.scaffolding.adoption.belongings import find_belongings
from mesh_capabilities.scaffolding.adoption.readme import kept_chapters
from mesh_capabilities.scaffolding.code_owners import code_owners
from mesh_capabilities.scaffolding.growth import Growth, write
from mesh_capabilities.scaffolding.new_domain import install, new_domain, uninstall
from mesh_capabilities.scaffolding.new_port import SOURCE_ALIGNED, new_product
from mesh_capabilities.scaffolding.rendering import render
from mesh_platform.errors import ScaffoldError
from mesh_platform.names import check_name
from mesh_platform.project import Project, load_project

_GRAPH = "tests/architecture/mesh_graph.py"


@dataclass
class Adoption:
    """What adopting comes to, before anything is written."""

    name: str
    domain: str
    product: str
    gone: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    """The domains that go."""


def plan_adoption(project: Project, name: str, drop_samples: bool, first: str) -> Adoption:
    """What it takes to adopt the repository.

    Args:
        name: of the company, as people write it.
        drop_samples: whether the sample company goes; without it only the name changes.
        first: the first domain and product, `operations/orders`.

    Raises ScaffoldError where git could not bring back what is written over, and for names that cannot be.
    """
    root = project.root
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not slug or "\n" in name or len(name) > 60:
        raise ScaffoldError(f"{name!r} is no name for a mesh.", "Write the company's name, with at least one letter.")
    domain, slash, product = first.partition("/")
    if not slash:
        raise ScaffoldError(f"'{first}' names no domain with a product.", "Write it like operations/orders.")
    for word, what in ((domain, "A domain"), (product, "A product")):
        check_name(word, what)
    _refuse_unsaved(root)
    adoption = Adoption(name, domain, product)
    if not drop_samples:
        _rename(adoption, root, name, slug)
        return adoption
    files = _committed(root)
    if "examples/marketplace/marketplace/__init__.py" not in files:
        raise ScaffoldError("There is no sample company here any more.", "Grow the mesh with `mesh new`.")
    found = find_belongings(root, files, {"name": name, "slug": slug, "domain": domain})
    adoption.gone, adoption.edited = found.gone, found.edited
    adoption.domains = tuple(sorted(one for one in project.domains if f"domains/{one}/domain.yaml" in found.gone))
    readme = found.edited["README.md"][1]
    answers = {"name": name, "domain": domain, "product": product, **kept_chapters(readme)}
    rendered = render(["adopted"], answers)
    registry = (root / "workspace.yaml").read_text(encoding="utf-8")
    kept = [line for line in registry.splitlines() if not any(f"location_name: {one}}}" in line for one in adoption.domains)]
    without = "\n".join(kept) + "\n"
    rendered["workspace.yaml"] = without if "  - " in without else without.replace("load_from:", "load_from: []")
    for path, text in rendered.items():
        before = (root / path).read_text(encoding="utf-8") if (root / path).is_file() and path not in adoption.gone else None
        if before is None:
            adoption.made[path] = text
            adoption.gone = [one for one in adoption.gone if one != path]
        else:
            adoption.edited[path] = (before, text)
    return adoption


def adopt(project: Project, adoption: Adoption) -> list[Growth]:
    """Does it; gives what the first domain and its product have become. Only the name changes where nothing goes."""
    root = project.root
    for domain in adoption.domains:
        uninstall(root, domain)
    for path in adoption.gone:
        _remove(root, root / path)
    for path, text in {**adoption.made, **{path: after for path, (_, after) in adoption.edited.items()}}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    if not adoption.gone:
        return []
    growths = [new_domain(load_project(root), adoption.domain)]
    write(growths[0], root, project.home)
    install(root, adoption.domain)
    growths.append(new_product(load_project(root), f"{adoption.domain}/{adoption.product}", SOURCE_ALIGNED, None))
    write(growths[1], root, project.home)
    _refresh_graph(root)
    owners = root / ".github/CODEOWNERS"
    owners.write_text(code_owners(load_project(root)), encoding="utf-8")
    return growths


def _rename(adoption: Adoption, root: Path, name: str, slug: str) -> None:
    for path, pattern, to in (
        ("README.md", r"\A# .*", f"# The data mesh of {name}"),
        ("pyproject.toml", r'(?m)^name = ".*"', f'name = "{slug}-mesh"'),
    ):
        before = (root / path).read_text(encoding="utf-8")
        adoption.edited[path] = (before, re.sub(pattern, lambda _, to=to: to, before, count=1))


def _committed(root: Path) -> list[str]:
    return sorted(filter(None, _git(root, "ls-files", "-z").split("\0")))


def _refuse_unsaved(root: Path) -> None:
    if not (root / ".git").exists():
        raise ScaffoldError(f"{root} is no git repository, so nothing could be brought back.", "Commit it to git first.")
    if changed := _git(root, "status", "--porcelain"):
        raise ScaffoldError(f"{len(changed.splitlines())} files are not committed.", "Commit or remove them first.")


def _git(root: Path, *words: str) -> str:
    command = ["git", "-c", f"safe.directory={root}", *words]
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise ScaffoldError("There is no git here.", "Install git.") from None
    except subprocess.CalledProcessError as problem:
        raise ScaffoldError(f"git {words[0]} failed: {problem.stderr.strip()}.", "Correct what it names.") from problem


def _remove(root: Path, file: Path) -> None:
    """Removes a file, and every folder that holds nothing after it but what Python and dbt leave behind."""
    file.unlink(missing_ok=True)
    for folder in file.parents:
        left = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        if folder == root or left:
            return
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


def _refresh_graph(root: Path) -> None:
    """Takes the first domain into the reviewed graph, in a process that can import it."""
    domains = os.pathsep.join(str(folder) for folder in sorted((root / "domains").iterdir()))
    environment = {**os.environ, "PYTHONPATH": domains}
    command = [sys.executable, _GRAPH, "--refresh"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise ScaffoldError("The graph of the mesh cannot be written.", f"Run {_GRAPH} --refresh: {done.stderr[-300:]}")
