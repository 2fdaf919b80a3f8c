"""The verbs of a command line, and what every one of them owes its users."""

import shlex
from collections.abc import Iterator

import click
import typer

Path = tuple[str, ...]


def verbs_of(app: typer.Typer) -> dict[Path, click.Command]:
    """Every verb with its path: ("mesh", "contract", "lint") and its command."""
    return dict(_below(typer.main.get_command(app), ("mesh",)))


def _below(group: click.Group, path: Path) -> Iterator[tuple[Path, click.Command]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(command, (*path, name))
        else:
            yield (*path, name), command


def check_example(path: Path, verb: click.Command, help_text: str) -> None:
    """The help of a verb shows an example, and the verb understands it."""
    name = " ".join(path)
    assert (verb.epilog or "").startswith("Example: "), f'`{name}` has no example; add epilog="Example: {name} …"'
    example = " ".join(verb.epilog.removeprefix("Example: ").split())
    assert example in " ".join(help_text.split())
    words = shlex.split(example)
    assert tuple(words[: len(path)]) == path
    verb.make_context(path[-1], words[len(path) :])


def check_explained(verb: click.Command) -> None:
    """The verb and each of its options have a help text."""
    name = " ".join(verb.name.split())
    assert (verb.help or "").strip().endswith("."), f"`{name}` has no help; give its function a docstring, a sentence"
    options = [option.name for option in verb.params if not getattr(option, "help", None) and option.name != "help"]
    assert options == []
