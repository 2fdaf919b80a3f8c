"""The output of the growing commands: the tree of files, then one verdict, or one JSON document."""

import difflib
from collections.abc import Callable, Collection, Mapping

from rich.tree import Tree

from mesh_capabilities.scaffolding.growth import Growth
from mesh_isolation.terminal import console, print_json, styled, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.project import Project, load_project


def grow(plan: Callable[[Project], Growth], dry_run: bool, as_json: bool) -> None:
    """Writes the growth that `plan` returns, or only shows it."""
    from mesh_capabilities.scaffolding.growth import write_growth

    project = load_project()
    growth = plan(project)
    is_domain = f"domains/{growth.domain}/domain.yaml" in growth.created
    if not dry_run:
        write_growth(growth, project.root, project.home)
    if as_json:
        print_json(_document(growth, dry_run))
        return
    show_tree(project.root.name, growth.created, growth.edited)
    lines = sum(text.count("\n") for text in growth.created.values())
    counts = f"{counted(len(growth.created), 'file')} of {counted(lines, 'line')}, {len(growth.edited)} changed"
    if dry_run:
        verdict(True, f"{growth.what} would be written: {counts}")
    else:
        verdict(True, f"{growth.what} is written: {counts}; {_next(growth, is_domain)}")


def _next(growth: Growth, is_domain: bool) -> str:
    if is_domain:
        return f"next, `mesh new product {growth.domain}/… --pattern source-aligned`; a running UI shows it after a restart"
    return f"`mesh run {' '.join(growth.ports)}` publishes it"


def _document(growth: Growth, dry_run: bool) -> dict:
    return {
        "what": growth.what,
        "written": not dry_run,
        "ports": growth.ports,
        "made": [{"file": path, "lines": text.count("\n")} for path, text in sorted(growth.created.items())],
        "changed": sorted(growth.edited),
    }


def undo_last(dry_run: bool, as_json: bool) -> None:
    """Undoes the last entry of the journal, or only shows it."""
    from mesh_capabilities.scaffolding.growth import last_entry, undo_growth, undone_files

    project = load_project(with_broken=True)
    entry = last_entry(project)
    removed, restored = undone_files(project.root, entry)
    edited = {}
    for path, before in restored.items():
        file = project.root / path
        edited[path] = (file.read_text(encoding="utf-8") if file.is_file() else "", before)
    if not dry_run:
        undo_growth(project, entry)
    if as_json:
        document = {
            "what": entry.what,
            "undone": not dry_run,
            "removed": sorted(removed),
            "changed": sorted(restored),
        }
        print_json(document)
        return
    show_tree(project.root.name, (), edited, removed)
    counts = f"{counted(len(removed), 'file')} removed, {len(restored)} restored"
    if left := len(entry.created) + len(entry.edited) - len(removed) - len(restored):
        counts += f"; {counted(left, 'file')} {'was' if left == 1 else 'were'} removed or changed before"
    verdict(True, f"{entry.what} {'would be' if dry_run else 'is'} undone: {counts}")


def update_domains(domains: list[str], dry_run: bool, as_json: bool) -> int:
    """Updates the domains and prints the outcome; returns the exit code, 1 where conflicts are left to resolve."""
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
                        "made": sorted(update.created),
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
        show_tree(project.root.name, update.created, update.edited)
        for path, why in update.left.items():
            warn(f"{path} is unchanged: {why}.")
        for path, places in update.conflicts.items():
            warn(f"{path} has {counted(places, 'conflict')}: both versions are marked in the file.")
    _verdict(updates, conflicts, dry_run, newest_version())
    return int(conflicts > 0)


def _verdict(updates: list, conflicts: int, dry_run: bool, version: int) -> None:
    if not updates:
        verdict(True, f"all domains from templates are at version {version}, the newest")
        return
    names = ", ".join(update.domain for update in updates)
    done = f"{names} {'would be' if dry_run else 'is' if len(updates) == 1 else 'are'} at template version {version}"
    files = counted(conflicts, "file")
    verdict(not conflicts, f"{done}; resolve the conflicts in {files}" if conflicts else done)


def adopt_repository(name: str, drop_samples: bool, first: str, dry_run: bool, as_json: bool) -> None:
    """Adopts the repository, or only shows what would change."""
    from mesh_capabilities.scaffolding.adoption import plan_adoption, write_adoption
    from mesh_platform.port.shelf import published_ports

    project = load_project()
    adoption = plan_adoption(project, name, drop_samples, first)
    if not dry_run:
        if not as_json and drop_samples:
            console(stderr=True).print(
                "  removing {}, writing {}", counted(len(adoption.removed), "file"), adoption.domain, soft_wrap=True
            )
        write_adoption(project, adoption)
    edited = {**dict.fromkeys(adoption.generated, ("", "")), **adoption.edited}
    if as_json:
        print_json(
            {
                "name": name,
                "written": not dry_run,
                "removed": adoption.removed,
                "made": sorted(adoption.created),
                "changed": sorted(edited),
                "first": first if drop_samples else None,
            }
        )
        return
    show_tree(project.root.name, adoption.created, edited, adoption.removed)
    counts = f"{counted(len(adoption.removed), 'file')} removed, {len(edited)} changed"
    begins = f", {first} is its first product" if drop_samples else ""
    left = ""
    if drop_samples and (ports := published_ports(project.home)):
        left = f"; `make clean` removes {counted(len(ports), 'published port')} of the sample company"
    if dry_run:
        verdict(True, f"the repository would be the mesh of {name}: {counts}{begins}")
    else:
        verdict(
            True,
            f"the repository is the mesh of {name}: {counts}{begins}; see `git status` for new and removed files and "
            "`git diff` for changed ones, then run `make setup test`"
            f"{' and commit it on the main branch' if drop_samples else ''}{left}",
        )


def show_tree(
    root: str, created: Collection[str], edited: Mapping[str, tuple[str, str]] = {}, removed: Collection[str] = ()
) -> None:
    """Prints a tree of paths: `+` for a new file, `~` with the number of lines for a changed one, `-` for a removed one."""
    tree, folders = Tree(styled("{}", root)), {}
    marks = dict.fromkeys(created, styled("[green]+[/]")) | dict.fromkeys(edited, styled("[yellow]~[/]"))
    marks |= dict.fromkeys(removed, styled("[red]-[/]"))
    for path in sorted(marks):
        *above, name = path.split("/")
        branch = tree
        for depth in range(len(above)):
            key = "/".join(above[: depth + 1])
            if key not in folders:
                folders[key] = branch.add(styled("{}", above[depth]))
            branch = folders[key]
        changed = styled(" [dim]{}[/]", _changes(*edited[path])) if path in edited else ""
        branch.add(styled("{} {}{}", marks[path], name, changed))
    console().print(tree)


def _changes(before: str, after: str) -> str:
    if before == after:
        return "written anew"
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    added, gone = (sum(line.startswith(mark) for line in lines) for mark in ("+ ", "- "))
    return f"+{added}" + (f" -{gone}" if gone else "")
