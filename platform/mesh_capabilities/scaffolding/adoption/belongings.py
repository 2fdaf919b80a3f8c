"""What of a repository belongs to the sample company, found by the list beside this module and by marks in the files."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mesh_capabilities.scaffolding.adoption.marks import is_marked, without_marked
from mesh_platform.errors import ScaffoldError
from mesh_platform.yaml_files import read_mapping

_LIST = Path(__file__).with_name("samples.yaml")
_TEXTS = (".md", ".py", ".toml", ".yaml", ".yml", ".txt", ".sql", ".sh", ".html", ".css", ".jinja", ".tf")
_ROW_LINK = re.compile(r"^\|.*?\]\(([^)#:]+)[^)]*\)")


@dataclass
class Belongings:
    """What goes, and what the rest reads like without it."""

    gone: list[str] = field(default_factory=list)
    """Files, from the repository's root."""
    edited: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Files that stay, before and after."""


def find_belongings(root: Path, files: list[str], words: dict[str, str]) -> Belongings:
    """What of the files belongs to the sample company.

    Args:
        root: the repository's.
        files: all that are committed.
        words: what the replacements may name: name, slug and domain.

    Raises ScaffoldError where marks do not come in pairs, or a replacement no longer finds what it is for.
    """
    listed = read_mapping(_LIST, ScaffoldError)
    found = Belongings()
    gone = {path for path in files if any(path == one or path.startswith(f"{one}/") for one in listed["gone"])}
    for path in files:
        if path in gone or not _is_text(root / path):
            continue
        before = (root / path).read_text(encoding="utf-8")
        # The templates of an adopted repository and what speaks of marks are no marked files.
        after = without_marked(before, path) if is_marked(before) else before
        if not after or _asks_for(after, path, set(listed["fixtures"])):
            gone.add(path)
            continue
        after = _replaced(after, path, listed, words)
        if after != before:
            found.edited[path] = (before, after)
    gone |= _emptied(files, gone)
    for path in files:
        if path.endswith(".md") and path not in gone:
            before, after = found.edited.get(path) or ((root / path).read_text(encoding="utf-8"),) * 2
            if (less := _without_rows_to(after, path, gone)) != before:
                found.edited[path] = (before, less)
    found.gone = sorted(gone)
    return found


def _is_text(path: Path) -> bool:
    return path.suffix in _TEXTS or path.name in ("Makefile", "run", ".gitignore", "CODEOWNERS", "Dockerfile")


def _asks_for(text: str, path: str, fixtures: set[str]) -> bool:
    """Whether a file of tests asks for one of the fixtures. The files that define them do not count."""
    if not (path.startswith("tests/") and path.endswith(".py")) or path.endswith("conftest.py"):
        return False
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    # A method called `mesh` or a helper with such an argument is no test: only these are handed fixtures.
    handed = (node for node in functions if node.name.startswith("test_") or node.decorator_list)
    return any(argument.arg in fixtures for node in handed for argument in node.args.args)


def _replaced(text: str, path: str, listed: dict, words: dict[str, str]) -> str:
    lines = [re.compile(pattern) for pattern in (listed["lines"].get(path) or ())]
    if lines:
        text = "".join(f"{line}\n" for line in text.splitlines() if not any(one.search(line) for one in lines))
    for pattern, to in listed["replace"].get(path) or ():
        text, count = re.subn(pattern, lambda _, to=to: to.format(**words), text)
        if not count:
            raise ScaffoldError(f"{path} holds nothing like {pattern!r}.", f"Correct the replacement in {_LIST.name}.")
    return text


def _emptied(files: list[str], gone: set[str]) -> set[str]:
    """What is of no use without the tests beside it: the conftest of a folder that has none any more."""
    with_tests = {path.rpartition("/")[0] for path in files if "/test_" in path and path not in gone}
    lonely = (path for path in files if path.endswith("/conftest.py") and path != "tests/conftest.py")
    return {path for path in lonely if not any(_below(folder, path) for folder in with_tests)}


def _below(folder: str, conftest: str) -> bool:
    above = conftest.rpartition("/")[0]
    return folder == above or folder.startswith(f"{above}/")


def _without_rows_to(text: str, path: str, gone: set[str]) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if not any(_is_gone(to, path, gone) for to in _links(line)))


def _links(line: str) -> Iterator[str]:
    if found := _ROW_LINK.match(line):
        yield found[1]


def _is_gone(to: str, path: str, gone: set[str]) -> bool:
    parts: list[str] = path.split("/")[:-1]
    for step in to.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step not in (".", ""):
            parts.append(step)
    return "/".join(parts) in gone
