"""`mesh adopt`: shows what goes and what comes, does it, and says what to do next."""

from mesh_capabilities.scaffolding.show_tree import show_tree
from mesh_platform.cli.output import console, print_json, verdict
from mesh_platform.project import load_project


def adopt_repository(name: str, drop_samples: bool, first: str, dry_run: bool, as_json: bool) -> None:
    """Adopts the repository, or only shows what that would be."""
    from mesh_capabilities.scaffolding.adoption.adopt import adopt, plan_adoption

    project = load_project()
    adoption = plan_adoption(project, name, drop_samples, first)
    if not dry_run:
        if not as_json and drop_samples:
            console(stderr=True).print(f"  removing {len(adoption.gone)} files, writing {adoption.domain}", soft_wrap=True)
        adopt(project, adoption)
    if as_json:
        print_json(
            {
                "name": name,
                "written": not dry_run,
                "removed": adoption.gone,
                "made": sorted(adoption.made),
                "changed": sorted(adoption.edited),
                "first": first if drop_samples else None,
            }
        )
        return
    show_tree(project.root.name, adoption.made, adoption.edited, adoption.gone)
    counted = f"{len(adoption.gone)} files removed, {len(adoption.edited)} changed"
    begins = f", {first} is its first product" if drop_samples else ""
    if dry_run:
        verdict(True, f"it would be the mesh of {name}: {counted}{begins}")
    else:
        verdict(True, f"it is the mesh of {name}: {counted}{begins}; read what `git diff` shows, then `make setup test`")
