"""Reading the documents of the repository, for the tests that hold them against it."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for entry in ROOT.glob("[!.]*")
    for path in (entry.rglob("*.md") if entry.is_dir() else [entry])
    if path.suffix == ".md"
)


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def chapter(document: str, heading: str) -> str:
    """The text below a heading of the second or third level, up to the next one of the second."""
    return re.split(rf"^###? {re.escape(heading)}$", text_of(document), flags=re.MULTILINE)[1].split("\n## ")[0]


def code(text: str) -> list[str]:
    """What stands between backquotes, and the lines of shell blocks."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [" ".join(span.split()) for span in spans] + [line for block in blocks for line in block.splitlines()]


def table(text: str) -> list[list[str]]:
    """The rows of all Markdown tables of a text, without their headers."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows]
    rulers = [at for at, row in enumerate(cells) if not "".join(row).strip("-: ")]
    return [row for at, row in enumerate(cells) if at not in rulers and at + 1 not in rulers]


def products() -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(ROOT.glob("domains/*/products/*.odps.yaml"))]


def make_targets(*files: str) -> dict[str, str]:
    """The targets of the Makefile, or of these files, each with its line of help."""
    texts = "".join(text_of(file) for file in files or ("Makefile",))
    return dict(re.findall(r"^([a-z-]+):.*?## (.*)$", texts, re.MULTILINE))


def makefiles() -> list[str]:
    """The Makefile and those that it includes."""
    return ["Makefile", *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("examples/*/targets.mk")))]


def mesh_commands() -> dict[str, Any]:
    """Every command of the command line by its name, `contract lint` as two words."""
    from typer.main import get_command

    from mesh_platform.capabilities import every_capability
    from mesh_platform.cli.app import command_line

    commands = {}
    for name, command in get_command(command_line(every_capability())).commands.items():
        for below, inner in getattr(command, "commands", {"": command}).items():
            commands[f"{name} {below}".strip()] = inner
    return commands


def recipes(file: str) -> dict[str, list[str]]:
    """Of each target of a Makefile, how its commands begin: the words before the first option or variable; no `echo`."""
    targets = re.findall(r"^([a-z-]+):.*?##.*\n((?:\t.*\n?)*)", text_of(file).replace("\\\n", ""), re.MULTILINE)
    steps = {target: re.split(r" && |\n", re.sub(r"(?m)^\t@?(?:\w+=\S+ )*", "", recipe)) for target, recipe in targets}
    begun = {
        target: [step.replace("$(PYTHON)", "python3").replace("$(BIN)", ".venv/bin") for step in steps[target]]
        for target in steps
    }
    return {
        target: [words for step in begun[target] if (words := re.split(r" -|\$|echo ", step)[0].strip())] for target in begun
    }


def make(*arguments: str) -> str:
    """What make prints when a person calls it, also where these tests themselves were started by make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def plain_commands(document: str, heading: str) -> list[tuple[str, str]]:
    """Each make target with each of the plain commands that the table below a heading gives for it."""
    pairs, target = [], ""
    for first, command, *_ in table(chapter(document, heading)):
        target = first.strip("`").removeprefix("make ") or target
        if command.startswith("`"):
            pairs.append((target, command.strip("`")))
    return pairs


def not_in_the_recipe(target: str, command: str) -> list[str]:
    """The words of a command that the recipe of a make target does not have in this order; the rest only makes make quieter."""
    printed = make("--dry-run", "--always-make", target, "MESH_HOME=")
    recipe = iter(word.rstrip("/;") for word in printed.replace("\\\n", " ").split())
    return [word for word in command.split() if word.rstrip("/") not in recipe]


def site_module(name: str) -> ModuleType:
    """A module of docs/site, which is no package."""
    sys.path.insert(0, str(ROOT / "docs/site"))
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / "docs/site" / f"{name}.py")
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[name] = loaded
        spec.loader.exec_module(loaded)
        return loaded
    finally:
        sys.path.remove(str(ROOT / "docs/site"))
