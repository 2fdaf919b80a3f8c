"""Adopting the repository: remove the sample company, add a first domain, name the mesh after its new owner.

Only whole files and folders are removed: `examples/*/belongings.yaml` lists them. Files that need a different text
afterwards are rendered from the templates in `adopted`. Only a few files are edited, each by its structure: the lists with
one entry for each domain, page or step (the registry, the files of `deploy`, the navigation of the site, the workflows),
and the name in `pyproject.toml` and `mesh.toml`. Templates of these files would repeat hundreds of lines that have nothing
to do with the sample company, and every change of those lines would have to be repeated in the templates.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mesh_capabilities.errors import ScaffoldError
from mesh_capabilities.scaffolding.code_owners import code_owners
from mesh_capabilities.scaffolding.growth import Growth, write_growth
from mesh_capabilities.scaffolding.new_domain import new_domain
from mesh_capabilities.scaffolding.new_names import check_new, check_new_domain, markdown_line, one_line
from mesh_capabilities.scaffolding.new_port import SOURCE_ALIGNED, new_product
from mesh_capabilities.scaffolding.rendering import render
from mesh_capabilities.yaml_text import YamlText
from mesh_isolation.files import write_whole
from mesh_isolation.schema_errors import KeyPath
from mesh_isolation.team_files import real_path
from mesh_platform.capabilities import SETTINGS
from mesh_platform.home import REGISTRY
from mesh_platform.names import check_name
from mesh_platform.project import Project, load_project
from mesh_platform.yaml_files import read_mapping

_GRAPH = "tests/architecture/mesh_graph.py"
_SITE = "docs/site/refresh.py"
_GENERATED = (
    ".github/CODEOWNERS",
    "deploy/docker/reads.yaml",
    "deploy/terraform/reads.tf",
    "docs/diagrams/mesh.svg",
    "tests/architecture/mesh_graph.txt",
)
_MADE = "<!-- Made from the code by "
_READS = "deploy/reads.py"
_COMPOSE = "deploy/docker/compose.yaml"
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
    generated: list[str] = field(default_factory=list)
    """Files that stay and are written anew from the mesh, once it has its first domain."""
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
    belongings = _belongings(root) if drop_samples else ([], [])
    if drop_samples:
        _check_first(project, domain, product)
    _refuse_uncommitted(root)
    adoption = Adoption(name, domain, product)
    _edit(adoption, root, "pyproject.toml", lambda text: _with_name(text, name, slug, describe=drop_samples))
    _edit(adoption, root, SETTINGS, lambda text: _with_owner(text, name))
    if drop_samples:
        _drop_samples(adoption, root, *belongings)
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
    for script in (_GRAPH, _SITE, _READS):
        _refresh(root, script)
    changed = filter(None, _git(root, "diff", "--name-only", "--diff-filter=M", "-z").split("\0"))
    adoption.edited = {path: (_committed(root, path), (root / path).read_text(encoding="utf-8")) for path in changed}
    adoption.generated = []
    return growths


def _check_first(project: Project, domain: str, product: str) -> None:
    """Raises ScaffoldError for a first domain or product that `mesh new` would refuse, or that `deploy` has no room for."""
    check_new_domain(domain, project)
    check_new(product, "product", project.root / "domains" / domain / "products", ".odps.yaml", domain)
    file = project.root / _COMPOSE
    if file.is_file() and domain in read_mapping(file, ScaffoldError).get("services", ()):
        raise ScaffoldError(
            f"A domain cannot be named '{domain}': the name belongs to a service of {_COMPOSE}.", "Choose another name."
        )


def _belongings(root: Path) -> tuple[list[str], list[str]]:
    """The paths and the steps of workflows that belong to the sample companies in `examples`.

    Raises ScaffoldError when there is none.
    """
    paths, steps = [], []
    for listing in sorted(root.glob("examples/*/belongings.yaml")):
        belongings = read_mapping(listing, ScaffoldError)
        paths += belongings.get("paths") or ()
        steps += belongings.get("steps") or ()
    if not paths:
        raise ScaffoldError("There is no sample company here any more.", "Grow the mesh with `mesh new`.")
    return paths, steps


def _drop_samples(adoption: Adoption, root: Path, paths: list[str], steps: list[str]) -> None:
    """Plans the removal of every sample company in `examples`."""
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
        if (root / path).is_file():
            adoption.edited[path] = ((root / path).read_text(encoding="utf-8"), text)
        else:
            adoption.created[path] = text
    adoption.removed = sorted(gone - adoption.edited.keys())
    adoption.generated = [path for path in _GENERATED if (root / path).is_file() and path not in gone]
    _edit_registries(adoption, root, domains)
    first, commands = f"{adoption.domain}/{adoption.product}", _commands(root, gone)
    for page in sorted(root.glob("docs/**/*.md")):
        path = page.relative_to(root).as_posix()
        if path not in (*adoption.removed, *adoption.edited) and not path.startswith("docs/decisions/"):
            _edit(adoption, root, path, lambda text: _with_note(text, domains, first, commands))
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
        f"  extends: {{file: reads.yaml, service: {domain}}}",
        "  depends_on: *prepared",
        f"  image: mesh-{domain}:${{MESH_TAG:-0.1.0}}",
        f"  build: {{<<: *build, target: domain, args: {{DOMAIN: {domain}}}}}",
    ]
    prepare = [f"prepare-{domain}: {{<<: *prepare, extends: {{file: reads.yaml, service: prepare-{domain}}}}}"]
    deployment = [
        "<<: *domain",
        f"name: {domain}",
        f"image: {{repository: registry.example.com/mesh-{domain}, tag: 0.1.0, pullPolicy: IfNotPresent}}",
        f"dagsterApiGrpcArgs: [--module-name, {domain}.definitions, --location-name, {domain}]",
        "volumes:",
        f"  - {{name: home, persistentVolumeClaim: {{claimName: mesh-home-{domain}}}}}",
        f"  - {{name: secrets, secret: {{secretName: mesh-secrets-{domain}, optional: true}}}}",
        "volumeMounts:",
        "  - {name: home, mountPath: /mesh}",
        f"  - {{name: secrets, mountPath: /run/secrets/{domain}, readOnly: true}}",
    ]
    services = [*domains, *(f"prepare-{gone}" for gone in domains)]
    homes = [f"home-{gone}" for gone in domains]
    _edit(adoption, root, _COMPOSE, lambda text: _with_prepared(text, domains, domain))
    edits: dict[str, Callable[[YamlText], YamlText]] = {
        # Its entry in the registry comes from `mesh new domain`.
        REGISTRY: lambda yaml: _without_entries(
            yaml, ("load_from",), domains, lambda entry: entry["python_module"]["location_name"]
        ),
        "deploy/dagster/workspace.yaml": lambda yaml: _without_entries(
            yaml.with_item(("load_from",), server), ("load_from",), domains, lambda entry: entry["grpc_server"]["host"]
        ),
        _COMPOSE: lambda yaml: _without_entries(
            _without_entries(
                yaml.with_item(("services",), service)
                .with_item(("services",), prepare)
                .with_item(("volumes",), [f"home-{domain}:"]),
                ("services",),
                services,
            ),
            ("volumes",),
            homes,
        ),
        "deploy/helm/values.yaml": lambda yaml: _without_entries(
            yaml.with_item(_DEPLOYMENTS, deployment), _DEPLOYMENTS, domains, lambda entry: entry["name"]
        ),
    }
    for path, change in edits.items():
        _edit_yaml(adoption, root, path, change)


def _with_prepared(text: str, domains: list[str], domain: str) -> str:
    """The services that a domain of compose waits for, without those of the domains and with the one of the first domain.

    Line by line, since every service has an alias of this mapping, and `YamlText` changes nothing that has an alias.
    """
    waits = [f"  prepare-{gone}: {{condition: service_completed_successfully}}\n" for gone in [domain, *domains]]
    lines = text.splitlines(keepends=True)
    prepared = [at for at, line in enumerate(lines) if line.startswith("  prepare-") and "condition:" in line]
    if prepared:
        lines.insert(prepared[-1] + 1, waits[0])
    text = "".join(line for line in lines if line not in waits[1:])
    left = (YamlText(text, _COMPOSE, ScaffoldError).document.get("x-prepared") or {}).keys() & {
        f"prepare-{gone}" for gone in domains
    }
    if left:
        raise ScaffoldError(
            f"x-prepared in {_COMPOSE} is not written with one service a line.", "Write it as in the reference."
        )
    return text


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


def _commands(root: Path, gone: set[str]) -> list[str]:
    """The commands that the removed files add: scripts of Python packages, and targets of make."""
    commands = []
    for file in sorted(gone):
        if file.endswith("/pyproject.toml"):
            commands += tomllib.loads((root / file).read_text(encoding="utf-8"))["project"].get("scripts", ())
        elif file.endswith(".mk"):
            targets = re.findall(r"^([a-z][a-z-]*):(?!=)", (root / file).read_text(encoding="utf-8"), re.MULTILINE)
            kept = re.findall(r"^([a-z][a-z-]*):(?!=)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            commands += [f"make {target}" for target in dict.fromkeys(targets) if target not in kept]
    return commands


def _with_note(text: str, domains: list[str], port: str, commands: Collection[str] = ()) -> str:
    """A page with a note below its title, if a reader of the fork needs one; unchanged if the page is generated.

    The note says which commands, files and ports of the page belong to the removed domains, and which of its commands are
    removed. A page that shows only outputs gets a note that their numbers are of another mesh.
    """
    names = "|".join(map(re.escape, domains))
    shown = re.search(
        rf"(?<![\w/.])(?:[ab]/)?(?:(?:domains|dbt_projects)/)?(?:{names})/\w[\w/.]*|\bmesh [^`\n]*\b(?:{names})\b", text
    )
    removed = [command for command in commands if re.search(rf"(?:`|^\$ |^){re.escape(command)}\b", text, re.MULTILINE)]
    if not domains or _MADE in text:
        return text
    note = []
    if shown:
        note = [
            "The examples of this page are from the sample company of the reference implementation, which is not in this mesh.",
            f"To run them, put domains and ports of yours, such as `{port}`, in the place of {', '.join(sorted(domains))}.",
        ]
    elif "\n```console\n" in text:
        note = ["The outputs on this page are those of the reference implementation. Yours have other numbers."]
    if removed:
        note.append(f"The sample company's commands are not in this mesh: {', '.join(f'`{command}`' for command in removed)}.")
    if not note:
        return text
    title, _, rest = text.partition("\n")
    return "\n".join([title, "", *(f"> {line}" for line in note), rest])


def _without_steps(yaml: YamlText, commands: list[str]) -> YamlText:
    """A workflow without the steps that run one of the commands."""
    for job, content in yaml.document["jobs"].items():
        for at, step in reversed(list(enumerate(content["steps"]))):
            if step.get("run") in commands:
                yaml = yaml.without(("jobs", job, "steps", at))
    return yaml


def _edit(adoption: Adoption, root: Path, path: str, change: Callable[[str], str]) -> None:
    """Plans a change of a file, after those that are planned already; a file that does not exist stays away."""
    if not (root / path).is_file():
        return
    before, now = adoption.edited.get(path) or ((root / path).read_text(encoding="utf-8"),) * 2
    after = change(now)
    if after != before:
        adoption.edited[path] = (before, after)


def _edit_yaml(adoption: Adoption, root: Path, path: str, change: Callable[[YamlText], YamlText]) -> None:
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


def _with_owner(text: str, name: str) -> str:
    """`mesh.toml` with the name of the company, which the portal shows."""
    lines = [line for line in text.splitlines(keepends=True) if not re.match(r"name\s*=", line)]
    at = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join([*lines[:at], f"name = {json.dumps(name, ensure_ascii=False)}\n", *lines[at:]])


def _refuse_uncommitted(root: Path) -> None:
    if not (root / ".git").exists():
        raise ScaffoldError(f"{root} is no git repository, so removed files could not be restored.", "Commit it to git first.")
    if changed := _git(root, "status", "--porcelain"):
        files = [line[3:] for line in changed.splitlines()]
        named = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if files[3:] else "")
        it = "it" if len(files) == 1 else "them"
        raise ScaffoldError(f"Not committed: {named}.", f"Commit or remove {it} first.")


def _committed(root: Path, path: str) -> str:
    return _git(root, "show", f"HEAD:{path}")


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
    if real_path(sys.prefix) != real_path(root / ".venv"):
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
