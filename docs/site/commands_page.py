"""The page of every command of `mesh`: its usage, its arguments and options, and an example."""

from collections.abc import Iterator
from typing import Any


def page() -> str:
    """The whole page, in the order of `mesh --help`."""
    from typer.main import get_command

    from mesh_platform.capabilities import every_capability
    from mesh_platform.cli.app import app, command_line

    examples = "The examples name ports of the sample company. Put ports of your mesh in their place."
    parts = [f"# The command line\n\n{app.info.help}\n\n{app.info.epilog}\n\n{examples}"]
    for name, found in get_command(command_line(every_capability())).commands.items():
        group = getattr(found, "commands", None)
        if group:
            parts.append(f"## `mesh {name}`\n\n{found.help}")
        for below, command in (group or {"": found}).items():
            parts.append("\n\n".join(_command(f"mesh {name} {below}".strip(), command, "###" if group else "##")))
    return "\n\n".join(parts)


def _command(name: str, command: Any, heading: str) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
    yield f"{heading} `{name}`"
    yield command.help
    called = " ".join([name, *map(called_with, arguments), "[OPTIONS]" * bool(options)])
    yield f"```text\n{called.strip()}\n```"
    rows = [f"| `{_cell(param.metavar or param.name.upper())}` | {_described(param)} |" for param in arguments]
    rows += [f"| {' '.join(f'`{word}`' for word in param.opts)} | {_described(param)} |" for param in options]
    if rows:
        yield "\n".join(["| argument, option | what it says |", "|---|---|", *rows])
    if command.epilog:
        yield command.epilog.replace("Example: ", "Example: `") + "`"


def _described(param: Any) -> str:
    default = param.default
    shown = f" Default: {default}." if isinstance(default, int | float | str) and not isinstance(default, bool) else ""
    return _cell(f"{(param.help or '').rstrip('.')}.{shown}")


def called_with(argument: Any) -> str:
    """An argument as the usage shows it: `[DOMAIN]...` for one that can be left out or repeated."""
    name = argument.metavar or argument.name.upper()
    repeated = "..." if argument.nargs == -1 and " " not in name else ""
    return (name if argument.required else f"[{name}]") + repeated


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
