"""The registry: whether every domain that is registered is there and loads, and every one that is there is registered."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from mesh_capabilities.doctor.symptom import Symptom, good, problem
from mesh_platform.errors import MeshError
from mesh_platform.home import REGISTRY
from mesh_platform.product.offer import load_offer
from mesh_platform.project import DomainFolder, Project


def look_at_domains(project: Project) -> Iterator[Symptom]:
    """One symptom for each domain, and one for each folder of a domain that nobody has registered."""
    for domain in project.domains.values():
        yield _domain(domain)
    for path in sorted((project.root / "domains").glob("*/domain.yaml")):
        if path.parent.name not in project.domains:
            yield _unregistered(path.parent)


def _domain(domain: DomainFolder) -> Symptom:
    subject = f"domain {domain.name}"
    if find_spec(domain.name) is None:
        return problem(subject, f"no Python package '{domain.name}' is installed", "make setup installs every domain's.")
    if not domain.dbt_project.is_dir():
        return problem(
            subject, f"{domain.relative(domain.dbt_project)} is missing", f"Write it, or take {domain.name} out of {REGISTRY}."
        )
    try:
        offer = load_offer(domain)
    except MeshError as trouble:
        return problem(subject, trouble.found.replace(f"{domain.root}/", ""), trouble.way_out)
    return good(subject, f"{len(offer.products)} products, {len(offer.contracts)} ports")


def _unregistered(folder: Path) -> Symptom:
    name = folder.name
    entry = f"{{module_name: {name}.definitions, location_name: {name}}}"
    return problem(
        f"domain {name}",
        f"domains/{name} is there, and {REGISTRY} does not register it",
        f"Add `- python_module: {entry}` to {REGISTRY}.",
    )
