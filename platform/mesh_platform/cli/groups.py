"""Groups of commands that several capabilities extend, such as `mesh contract`."""

import typer


def group(app: typer.Typer, name: str, help: str) -> typer.Typer:
    """The group with that name: the existing group of `app`, or a new one with this help text."""
    for existing in app.registered_groups:
        if existing.name == name and existing.typer_instance is not None:
            return existing.typer_instance
    new = typer.Typer(help=help, no_args_is_help=True)
    app.add_typer(new, name=name)
    return new
