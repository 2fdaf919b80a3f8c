"""The tree of files that are written, changed or removed, as the growing verbs show it."""

import difflib
from collections.abc import Collection, Mapping

from rich.tree import Tree

from mesh_platform.cli.output import clean, console


def show_tree(
    root: str, made: Collection[str], edited: Mapping[str, tuple[str, str]] = {}, removed: Collection[str] = ()
) -> None:
    """Prints a tree of paths: `+` for a new file, `~` with the number of lines for a changed one, `-` for one that goes."""
    tree, folders = Tree(clean(root)), {}
    marks = dict.fromkeys(made, "[green]+[/]") | dict.fromkeys(edited, "[yellow]~[/]")
    marks |= dict.fromkeys(removed, "[red]-[/]")
    for path in sorted(marks):
        *above, name = path.split("/")
        branch = tree
        for depth in range(len(above)):
            key = "/".join(above[: depth + 1])
            if key not in folders:
                folders[key] = branch.add(clean(above[depth]))
            branch = folders[key]
        changed = f" [dim]{_changes(*edited[path])}[/]" if path in edited else ""
        branch.add(f"{marks[path]} {clean(name)}{changed}")
    console().print(tree)


def _changes(before: str, after: str) -> str:
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    added, gone = (sum(line.startswith(mark) for line in lines) for mark in ("+ ", "- "))
    return f"+{added}" + (f" -{gone}" if gone else "")
