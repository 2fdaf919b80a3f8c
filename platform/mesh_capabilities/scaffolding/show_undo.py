"""`mesh undo`: shows what goes, and takes it back."""

from mesh_capabilities.scaffolding.show_tree import show_tree
from mesh_platform.cli.output import print_json, verdict
from mesh_platform.project import load_project


def undo_last(dry_run: bool, as_json: bool) -> None:
    """Takes back what was written last, or only shows it."""
    from mesh_capabilities.scaffolding.installing import uninstall
    from mesh_capabilities.scaffolding.undo import last_written, take_back

    project = load_project()
    written = last_written(project)
    edited = {}
    for path, (before, _) in written.edited.items():
        edited[path] = ((project.root / path).read_text(encoding="utf-8"), before)
    if not dry_run:
        take_back(project, written)
        if f"domains/{written.domain}/domain.yaml" in written.made:
            uninstall(project.root, written.domain)
    if as_json:
        said = {"what": written.what, "undone": not dry_run, "removed": sorted(written.made), "changed": sorted(written.edited)}
        print_json(said)
        return
    show_tree(project.root.name, (), edited, written.made)
    counted = f"{len(written.made)} files removed, {len(written.edited)} as before"
    verdict(True, f"{written.what} {'would be' if dry_run else 'is'} taken back: {counted}")
