"""`mesh new …`: shows the tree of what is written, writes it, and says what comes next."""

from collections.abc import Callable

from mesh_capabilities.scaffolding.growth import Growth
from mesh_capabilities.scaffolding.show_tree import show_tree
from mesh_platform.cli.output import console, print_json, verdict, warn
from mesh_platform.project import Project, load_project


def grow(plan: Callable[[Project], Growth], dry_run: bool, as_json: bool) -> None:
    """Writes what `plan` gives, or only shows it."""
    from mesh_capabilities.scaffolding.installing import install
    from mesh_capabilities.scaffolding.journal import write

    project = load_project()
    growth = plan(project)
    is_domain = f"domains/{growth.domain}/domain.yaml" in growth.made
    importable = None
    if not dry_run:
        write(growth, project.root, project.home)
        if is_domain:
            if not as_json:
                console(stderr=True).print(f"  making {growth.domain} importable", soft_wrap=True)
            importable = install(project.root, growth.domain)
    if as_json:
        print_json(_document(growth, dry_run, importable))
        return
    show_tree(project.root.name, growth.made, growth.edited)
    if importable is False:
        warn(f"This is not the repository's own .venv: `make setup` there makes {growth.domain} importable.")
    lines = sum(text.count("\n") for text in growth.made.values())
    counted = f"{len(growth.made)} files of {lines} lines, {len(growth.edited)} changed"
    if dry_run:
        verdict(True, f"{growth.what} would be written: {counted}")
    else:
        verdict(True, f"{growth.what} is written: {counted}; {_next(growth, is_domain)}")


def _next(growth: Growth, is_domain: bool) -> str:
    if is_domain:
        return f"next, `mesh new product {growth.domain}/…`"
    return f"`mesh run {' '.join(growth.ports)}` publishes it"


def _document(growth: Growth, dry_run: bool, importable: bool | None) -> dict:
    return {
        "what": growth.what,
        "written": not dry_run,
        "ports": growth.ports,
        "made": [{"file": path, "lines": text.count("\n")} for path, text in sorted(growth.made.items())],
        "changed": sorted(growth.edited),
        "importable": importable,
    }
