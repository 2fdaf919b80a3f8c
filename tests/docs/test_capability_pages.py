"""The page of a capability names the files outside its own folders that a removal has to change."""

import re
import subprocess
from functools import cache

import pytest
import typer
import yaml

from mesh_platform.capabilities import every_capability
from support.command_line import commands_of
from support.documents import ROOT, code, site_module, text_of

CAPABILITIES = sorted(path.parent.name for path in ROOT.glob("platform/mesh_capabilities/*/__init__.py"))
HISTORY = ("CHANGELOG.md", "mesh.toml", "docs/decisions/", "platform/mesh_capabilities/", "tests/mesh_capabilities/")
"""Files that stay as they are, that say so themselves, or that belong to other capabilities."""


def commands(name: str) -> list[str]:
    """The commands that a capability adds, as a page writes them."""
    added = []
    for implementation in every_capability().commands.get_hookimpls():
        implementation.function(group := typer.Typer(callback=lambda: None))
        own = f"mesh_capabilities.{name}."
        added += [path for path, command in commands_of(group).items() if command.callback.__module__.startswith(own)]
    return sorted({" ".join(path) for path in added})


@cache
def files() -> dict[str, str]:
    """The texts that a removal may have to change, by path; not those of the sample company, which may be gone."""
    generated = {f"docs/{path}" for path in site_module("refresh").pages()}
    company = [
        path for listing in ROOT.glob("examples/*/belongings.yaml") for path in yaml.safe_load(listing.read_text())["paths"]
    ]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = {}
    for name in filter(None, listed.split("\0")):
        if name not in generated and not name.startswith((*HISTORY, *company)) and (ROOT / name).is_file():
            texts[name] = (ROOT / name).read_bytes().decode("utf-8", errors="replace")
    return texts


def mentions_of(name: str) -> list[str]:
    """The pages that show one of its commands, and the files that name its package."""
    package = re.compile(rf"mesh_capabilities[./]{name}\b")
    shown = re.compile("|".join(rf"{re.escape(command)}\b" for command in commands(name)) or r"(?!)")
    return sorted(
        path for path, text in files().items() if package.search(text) or (path.endswith(".md") and shown.search(text))
    )


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_page_names_every_file_that_mentions_the_capability(name):
    mentions = mentions_of(name)
    page = f"platform/mesh_capabilities/{name}/README.md"
    named = tuple(code(text_of(page)))
    missing = [path for path in mentions if path not in named and not path.startswith(tuple(f"{part}/" for part in named))]
    assert missing == [], f"{page} does not name these files; a removal has to change them"
