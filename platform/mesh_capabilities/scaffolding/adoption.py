"""Adopting the repository: remove the sample company, add a first domain, name the mesh after its new owner.

Only whole files and folders are removed: `examples/*/belongings.yaml` lists them. Files that need a different text
afterwards are rendered from the templates in `adopted`. Only a few files are edited, each by its structure: the lists with
one entry for each domain, page or step (the registry, the files of `deploy`, the navigation of the site, the workflows),
and the name in `pyproject.toml`. Templates of these files would repeat hundreds of lines that have nothing to do with the
sample company, and every change of those lines would have to be repeated in the templates.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.code_owners import code_owners
from mesh_capabilities.scaffolding.growth import Growth, write_growth
from mesh_capabilities.scaffolding.new_domain import new_domain
from mesh_capabilities.scaffolding.new_names import markdown_line, one_line
from mesh_capabilities.scaffolding.new_port import SOURCE_ALIGNED, new_product
from mesh_capabilities.scaffolding.rendering import render
from mesh_capabilities.yaml_text import YamlText
from mesh_isolation.files import write_whole
from mesh_platform.home import REGISTRY
from mesh_platform.names import check_name
from mesh_platform.project import Project, load_project
from mesh_platform.yaml_files import KeyPath, read_mapping

_GRAPH = "tests/architecture/mesh_graph.py"
_SITE = "docs/site/refresh.py"
_DEPLOYMENTS: KeyPath = ("dagster-user-deployments", "deployments")


@dataclass
class Adoption:
    """What an adoption changes, before anything is written."""

    name: str
    domain: str
    product: str
    removed: list[str] = field(default_factory=list)
    """Files that are removed, as paths from the repository's root."""
    created: dict[str, str] = field(default_factory=dict)
    """The text of each new file."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The text before and after of each file that stays and changes."""
    packages: tuple[str, ...] = ()
    """The folders of Python packages that are removed."""


def plan_adoption(project: Project, name: str, drop_samples: bool, first: str) -> Adoption:
    """Plans the adoption of the repository.

    Args:
        name: the name of the company, in its usual spelling.
        drop_samples: whether the sample company is removed; without it only the name changes.
        first: the first domain and product, `operations/orders`.

    Raises ScaffoldError for a name that cannot be used, and if git could not restore the removed files.
    """
    root = project.root
    if not any(map(str.isalnum, name)) or one_line(name, "The name") != name or len(name) > 60:
        way_out = "Write it with at least one letter, in at most 60 characters, without spaces around it."
        raise ScaffoldError(f"The name of the company cannot be {name!r}.", way_out)
    # A letter with an accent counts without it; the name of a Python package has no other letters.
    latin = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", latin.replace("'", "")).strip("-") or "data"
    domain, slash, product = first.partition("/")
    if not slash:
        raise ScaffoldError(f"'{first}' is not of the form domain/product.", "Write it like operations/orders.")
    for word, what in ((domain, "A domain"), (product, "A product")):
        check_name(word, what)
    _refuse_uncommitted(root)
    adoption = Adoption(name, domain, product)
    _edit(adoption, root, "pyproject.toml", lambda text: _with_name(text, name, slug, describe=drop_samples))
    if drop_samples:
        _drop_samples(adoption, root)
    else:
        _edit(
            adoption, root, "README.md", lambda text: f"# The data mesh of {markdown_line(name)}\n{text.partition(chr(10))[2]}"
        )
    return adoption


def write_adoption(project: Project, adoption: Adoption) -> list[Growth]:
    """Writes the planned files; returns the growths of the first domain and its product, or none if only the name changes."""
    root = project.root
    for folder in adoption.packages:
        package = tomllib.loads((root / folder / "pyproject.toml").read_text(encoding="utf-8"))
        _uninstall(root, package["project"]["name"])
    for path in adoption.removed:
        _remove(root, root / path)
    texts = {**adoption.created, **{path: after for path, (_, after) in adoption.edited.items()}}
    write_whole({root / path: text for path, text in texts.items()})
    if not adoption.removed:
        return []
    growths = [new_domain(load_project(root), adoption.domain)]
    write_growth(growths[0], root, project.home)
    growths.append(new_product(load_project(root), f"{adoption.domain}/{adoption.product}", SOURCE_ALIGNED, None))
    write_growth(growths[1], root, project.home)
    write_whole({root / ".github/CODEOWNERS": code_owners(load_project(root))})
    for script in (_GRAPH, _SITE):
        _refresh(root, script)
    return growths


def _drop_samples(adoption: Adoption, root: Path) -> None:
    """Plans the removal of every sample company in `examples`."""
    paths, steps = [], []
    for listing in sorted(root.glob("examples/*/belongings.yaml")):
        belongings = read_mapping(listing, ScaffoldError)
        paths += belongings.get("paths") or ()
        steps += belongings.get("steps") or ()
    if not paths:
        raise ScaffoldError("There is no sample company here any more.", "Grow the mesh with `mesh new`.")
    files = _git(root, "ls-files", "-z").split("\0")
    gone = {file for file in files if file and any(file == path or file.startswith(f"{path}/") for path in paths)}
    domains = [file.split("/")[1] for file in sorted(gone) if re.fullmatch(r"domains/[^/]+/domain\.yaml", file)]
    packages = [
        file.rpartition("/")[0] for file in sorted(gone) if re.fullmatch(r"(domains|examples)/[^/]+/pyproject\.toml", file)
    ]
    adoption.packages = tuple(packages)
    for path, text in render(
        ["adopted"], {"name": adoption.name, "domain": adoption.domain, "product": adoption.product}
    ).items():
        if (root / path).is_file() and path not in gone:
            adoption.edited[path] = ((root / path).read_text(encoding="utf-8"), text)
        else:
            adoption.created[path] = text
    adoption.removed = sorted(gone - adoption.created.keys())
    _edit_registries(adoption, root, domains)
    _edit_yaml(adoption, root, "mkdocs.yml", lambda yaml: _without_pages(yaml, set(adoption.removed)))
    for workflow in sorted((root / ".github/workflows").glob("*.yml")):
        path = workflow.relative_to(root).as_posix()
        _edit_yaml(adoption, root, path, lambda yaml: _without_steps(yaml, steps))


def _edit_registries(adoption: Adoption, root: Path, domains: list[str]) -> None:
    """Removes the domains from the registry and the files of `deploy`, and adds the first domain to the latter."""
    domain = adoption.domain
    server = [f"grpc_server: {{host: {domain}, port: 4000, location_name: {domain}}}"]
    service = [
        f"{domain}:",
        "  <<: *domain",
        f"  image: mesh-{domain}:${{MESH_TAG:-0.1.0}}",
        f"  build: {{<<: *build, target: domain, args: {{DOMAIN: {domain}}}}}",
    ]
    deployment = [
        "<<: *domain",
        f"name: {domain}",
        f"image: {{repository: registry.example.com/mesh-{domain}, tag: 0.1.0, pullPolicy: IfNotPresent}}",
        f"dagsterApiGrpcArgs: [--module-name, {domain}.definitions, --location-name, {domain}]",
        f"volumes: [{{name: home, persistentVolumeClaim: {{claimName: mesh-home-{domain}}}}}]",
    ]
    edits: dict[str, Callable[[YamlText], YamlText]] = {
        # Its entry in the registry comes from `mesh new domain`.
        REGISTRY: lambda yaml: _without_entries(
            yaml, ("load_from",), domains, lambda entry: entry["python_module"]["location_name"]
        ),
        "deploy/dagster/workspace.yaml": lambda yaml: _without_entries(
            yaml.with_item(("load_from",), server), ("load_from",), domains, lambda entry: entry["grpc_server"]["host"]
        ),
        "deploy/docker/compose.yaml": lambda yaml: _without_entries(
            yaml.with_item(("services",), service), ("services",), domains
        ),
        "deploy/helm/values.yaml": lambda yaml: _without_entries(
            yaml.with_item(_DEPLOYMENTS, deployment), _DEPLOYMENTS, domains, lambda entry: entry["name"]
        ),
    }
    for path, change in edits.items():
        _edit_yaml(adoption, root, path, change)


def _without_entries(
    yaml: YamlText, place: KeyPath, domains: list[str], name_of: Callable[[dict], str] | None = None
) -> YamlText:
    """The text without the entries of the domains in the list, or in the mapping by name, at `place`."""
    entries = yaml.document
    for step in place:
        entries = entries[step]
    for at, entry in reversed(list(enumerate(entries))):
        if (name_of(entry) if name_of else entry) in domains:
            yaml = yaml.without((*place, at if name_of else entry))
    return yaml


def _without_pages(yaml: YamlText, gone: set[str]) -> YamlText:
    """The navigation of the site without the pages that are removed."""

    def pages(node: object, place: KeyPath) -> Iterator[tuple[KeyPath, str]]:
        if isinstance(node, list):
            for at, entry in enumerate(node):
                yield from pages(entry, (*place, at))
        elif isinstance(node, dict):
            for title, entry in node.items():
                if isinstance(entry, str):
                    yield place, entry  # a page with its own title is one entry of the list
                else:
                    yield from pages(entry, (*place, title))
        elif isinstance(node, str):
            yield place, node

    for place, page in reversed(list(pages(yaml.document["nav"], ("nav",)))):
        if f"docs/{page}" in gone:
            yaml = yaml.without(place)
    return yaml


def _without_steps(yaml: YamlText, commands: list[str]) -> YamlText:
    """A workflow without the steps that run one of the commands."""
    for job, content in yaml.document["jobs"].items():
        for at, step in reversed(list(enumerate(content["steps"]))):
            if step.get("run") in commands:
                yaml = yaml.without(("jobs", job, "steps", at))
    return yaml


def _edit(adoption: Adoption, root: Path, path: str, change: Callable[[str], str]) -> None:
    before = (root / path).read_text(encoding="utf-8")
    after = change(before)
    if after != before:
        adoption.edited[path] = (before, after)


def _edit_yaml(adoption: Adoption, root: Path, path: str, change: Callable[[YamlText], YamlText]) -> None:
    if (root / path).is_file():
        _edit(adoption, root, path, lambda text: change(YamlText(text, path, ScaffoldError)).text)


def _with_name(text: str, name: str, slug: str, describe: bool) -> str:
    """`pyproject.toml` with the name of the mesh, and a description of it."""
    # A basic string of TOML escapes what one of JSON does: https://toml.io/en/v1.0.0#string
    described = json.dumps(f"The data mesh of {name}: domains, data products and enforced contracts.", ensure_ascii=False)
    description = f"description = {described}"
    values = {"name": f'name = "{slug}-mesh"', "description": description if describe else None}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if value := values.pop(line.partition(" = ")[0], None):
            lines[number] = value
    return "\n".join(lines) + "\n"


def _refuse_uncommitted(root: Path) -> None:
    if not (root / ".git").exists():
        raise ScaffoldError(f"{root} is no git repository, so removed files could not be restored.", "Commit it to git first.")
    if changed := _git(root, "status", "--porcelain"):
        files = [line[3:] for line in changed.splitlines()]
        named = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if files[3:] else "")
        it = "it" if len(files) == 1 else "them"
        raise ScaffoldError(f"Not committed: {named}.", f"Commit or remove {it} first.")


def _git(root: Path, *words: str) -> str:
    command = ["git", "-c", f"safe.directory={root}", *words]
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise ScaffoldError("git is not installed.", "Install git.") from None
    except subprocess.CalledProcessError as problem:
        raise ScaffoldError(f"git {words[0]} failed: {problem.stderr.strip()}.", "Correct what it names.") from problem


def _uninstall(root: Path, name: str) -> None:
    """Uninstalls a package of the repository from its own environment, if this process runs in it."""
    if Path(sys.prefix).resolve() != (root / ".venv").resolve():
        return
    command = [sys.executable, "-m", "pip", "uninstall", "--disable-pip-version-check", "--quiet", "--yes", name]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise ScaffoldError(f"pip uninstall failed: {lines[-1] if lines else 'it gave no reason'}.", "Run `make setup`.")


def _remove(root: Path, file: Path) -> None:
    """Removes a file, and each folder above it that holds only caches of Python and dbt afterwards."""
    file.unlink(missing_ok=True)
    for folder in file.parents:
        left = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.relative_to(root).parts]
        if folder == root or left:
            return
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


def _refresh(root: Path, script: str) -> None:
    """Runs a script that writes files from the mesh, in a process that can import the first domain."""
    if not (root / script).is_file():
        return
    domains = os.pathsep.join(str(folder) for folder in sorted((root / "domains").iterdir()))
    environment = {**os.environ, "PYTHONPATH": domains}
    command = [sys.executable, script, "--refresh"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise ScaffoldError(f"{script} failed: {done.stderr[-300:].strip()}", f"Run `{script} --refresh` to see all of it.")
