"""The commands of a command line, and what every one of them owes its users."""

import shlex
from collections.abc import Iterator

import click
import typer

Path = tuple[str, ...]


def commands_of(app: typer.Typer) -> dict[Path, click.Command]:
    """Every command with its path: ("mesh", "contract", "lint") and what it calls."""
    return dict(_below(typer.main.get_command(app), ("mesh",)))


def _below(group: click.Group, path: Path) -> Iterator[tuple[Path, click.Command]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _below(command, (*path, name))
        else:
            yield (*path, name), command


def check_example(path: Path, command: click.Command, help_text: str) -> None:
    """The help of a command shows an example, and the command understands it."""
    name = " ".join(path)
    assert (command.epilog or "").startswith("Example: "), f'`{name}` has no example; add epilog="Example: {name} …"'
    example = " ".join(command.epilog.removeprefix("Example: ").split())
    assert example in " ".join(help_text.split())
    words = shlex.split(example)
    assert tuple(words[: len(path)]) == path
    command.make_context(path[-1], words[len(path) :])


def check_explained(command: click.Command) -> None:
    """The command and each of its options have a help text."""
    name = " ".join(command.name.split())
    assert (command.help or "").strip().endswith("."), f"`{name}` has no help; give its function a docstring, a sentence"
    options = [option.name for option in command.params if not getattr(option, "help", None) and option.name != "help"]
    assert options == []
