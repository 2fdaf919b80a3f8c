"""`mesh update`: a tree of what changes in each domain, the conflicts by file, one verdict."""

from mesh_capabilities.scaffolding.show_tree import show_tree
from mesh_platform.cli.output import print_json, verdict, warn
from mesh_platform.project import load_project


def update_domains(domains: list[str], dry_run: bool, as_json: bool) -> int:
    """Updates, prints, and gives the exit code: 1 where conflicts are left to settle."""
    from mesh_capabilities.scaffolding.rendering import newest_version
    from mesh_capabilities.scaffolding.update import plan_updates, write_update

    project = load_project()
    updates = plan_updates(project, domains)
    if not dry_run:
        for update in updates:
            write_update(update, project.root)
    conflicts = sum(len(update.conflicts) for update in updates)
    if as_json:
        print_json(
            {
                "version": newest_version(),
                "written": not dry_run,
                "domains": [
                    {
                        "domain": update.domain,
                        "from": update.earlier,
                        "made": sorted(update.made),
                        "changed": sorted(update.edited),
                        "conflicts": update.conflicts,
                        "left": update.left,
                    }
                    for update in updates
                ],
            }
        )
        return int(conflicts > 0)
    for update in updates:
        show_tree(project.root.name, update.made, update.edited)
        for path, why in update.left.items():
            warn(f"{path} stays as it is: {why}.")
        for path, places in update.conflicts.items():
            warn(f"{path} has {places} {'conflict' if places == 1 else 'conflicts'}: both sides are marked there.")
    _verdict(updates, conflicts, dry_run, newest_version())
    return int(conflicts > 0)


def _verdict(updates: list, conflicts: int, dry_run: bool, version: int) -> None:
    if not updates:
        verdict(True, f"everything that grew from templates is of version {version}, the newest")
        return
    names = ", ".join(update.domain for update in updates)
    done = f"{names} {'would be' if dry_run else 'is' if len(updates) == 1 else 'are'} of version {version}"
    files = "1 file" if conflicts == 1 else f"{conflicts} files"
    verdict(not conflicts, f"{done}; settle the conflicts in {files}" if conflicts else done)
