"""Building the portal: from the facts of the catalogue to a folder of pages that needs nothing else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mesh_capabilities.portal.addresses import domain_page, product_page
from mesh_capabilities.portal.facts import Facts, Tables, read_facts
from mesh_capabilities.portal.folder import Folder
from mesh_capabilities.portal.machine.catalog_document import catalog_document
from mesh_capabilities.portal.machine.linked_data import linked_data
from mesh_capabilities.portal.machine.scripts import PORTS, SEARCH, lineage_of_ports, lineage_ports, search_index
from mesh_capabilities.portal.machine.standard_files import standard_files
from mesh_capabilities.portal.pages.domain import domain
from mesh_capabilities.portal.pages.governance import governance
from mesh_capabilities.portal.pages.home import home
from mesh_capabilities.portal.pages.indexes import glossary, lineage, owners
from mesh_capabilities.portal.pages.product import product
from mesh_capabilities.portal.view import View
from mesh_platform.project import Project


@dataclass(frozen=True)
class Built:
    """What a build made."""

    folder: Path
    products: int
    files: int
    written: int
    """How many of the files are new or differ from the build before."""
    problems: Sequence[str] = ()
    """What the catalogue could not read, in a sentence each; the pages say so, too."""


def build(tables: Tables, project: Project | None, to: Path, told: Callable[[int, int], None] | None = None) -> Built:
    """Writes the portal of a mesh.

    Args:
        tables: the metadata tables, as `open_catalog` hands them out.
        project: the mesh, whose ports are sampled and whose files are copied; None for tables alone.
        to: the folder; see `Folder`.
        told: is told how many pages of products are done, and of how many.

    Raises PortalError when the folder cannot take it.
    """
    folder = Folder(to)
    facts = read_facts(tables)
    view = View(facts, project.home if project else None, project.root if project else None)
    for name, content in _assets():
        folder.put(name, content)
    for at, name in enumerate(facts.products):
        folder.put(product_page(name), product(view, name))
        if told:
            told(at + 1, len(facts.products))
    for name in facts.domains:
        folder.put(domain_page(name), domain(view, name))
    for page, content in (
        ("index.html", home(view)),
        ("governance.html", governance(view)),
        ("lineage.html", lineage(view)),
        ("glossary.html", glossary(view)),
        ("owners.html", owners(view)),
        (SEARCH, search_index(view)),
        (PORTS, lineage_ports(view)),
        ("catalog.json", catalog_document(view)),
        ("catalog.jsonld", linked_data(view)),
    ):
        folder.put(page, content)
    for made in (lineage_of_ports(view), standard_files(view)):
        for name, content in made:
            folder.put(name, content)
    return Built(to, len(facts.products), folder.close(), folder.written, list(_problems(facts)))


def _problems(facts: Facts) -> Iterator[str]:
    for table, key in (("domains", "domain"), ("products", "product"), ("contracts", "contract")):
        for row in facts.rows(table):
            if row["problem"]:
                yield f"{row[key]}: {row['problem']}"


def _assets() -> Iterator[tuple[str, bytes]]:
    for entry in resources.files("mesh_capabilities.portal").joinpath("assets").iterdir():
        yield f"assets/{entry.name}", entry.read_bytes()
    yield (
        "catalog.schema.json",
        resources.files("mesh_capabilities.portal.machine").joinpath("catalog.schema.json").read_bytes(),
    )
