"""The page of the platform's public names, with their signatures and docstrings."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def page() -> str:
    """The whole page: a chapter for each name of the core, in alphabetical order, then the kinds of sources of capabilities."""
    import mesh_platform
    from mesh_platform.capabilities import capabilities_of

    parts = [
        "# Python",
        "Domains import these names from `mesh_platform` and no others; a test enforces it. The kinds of sources that "
        "capabilities add are at the end.",
    ]
    for name in mesh_platform.__all__:
        parts += _name(name, getattr(mesh_platform, name))
    for kinds in capabilities_of(ROOT).kinds():
        for name, module in kinds.sources.items():
            parts += _name(name, getattr(import_module(module), name))
    return "\n\n".join(parts)


def _name(name: str, public: Any) -> Iterator[str]:
    yield f"## `{name}`"
    if not (inspect.isclass(public) and issubclass(public, Exception)):
        yield f"```python\n{_signature(name, public)}\n```"
    yield _text(public)
    if inspect.isclass(public):
        rows = list(_members(public))
        if rows:
            yield "\n".join(["| member | what it is |", "|---|---|", *rows])


def _members(public: type) -> Iterator[str]:
    for member, value in vars(public).items():
        if member.startswith("_") or not inspect.getdoc(value):
            continue
        if isinstance(value, property):
            yield f"| `{member}` | {_line(value.fget)} |"
        elif inspect.isroutine(value) or isinstance(value, classmethod):
            plain = value.__func__ if isinstance(value, classmethod) else value
            yield f"| `{member}{_parameters(plain)}` | {_line(plain)} |"


def _signature(name: str, public: Any) -> str:
    shown = inspect.signature(public)
    parts = [_parameter(parameter) for parameter in shown.parameters.values()]
    whole = f"{name}({', '.join(parts)})"
    return whole if len(whole) <= 100 else f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _parameter(parameter: inspect.Parameter) -> str:
    default = "" if parameter.default is inspect.Parameter.empty else " = …" if "factory" in repr(parameter.default) else ""
    if not default and parameter.default is not inspect.Parameter.empty:
        default = f" = {parameter.default!r}"
    stated = parameter.annotation  # a text where the class is defined further down
    shown = stated if isinstance(stated, str) else inspect.formatannotation(stated)
    kind = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", shown)
    return f"{parameter.name}: {kind}{default}"


def _parameters(routine: Any) -> str:
    names = [parameter.name for parameter in inspect.signature(routine).parameters.values()]
    return f"({', '.join(name for name in names if name not in ('self', 'cls'))})"


def _line(documented: Any) -> str:
    return " ".join((inspect.getdoc(documented) or "").split("\n\n")[0].split()).replace("|", "\\|")


def _text(public: Any) -> str:
    """Its docstring, with the arguments as a list."""
    text = re.sub(r"\n {8,}(?=\S)", " ", inspect.getdoc(public))
    return re.sub(r"^ {4}(\w+): ", r"* `\1`: ", text.replace("Args:\n", "\n").replace("\n\n\n", "\n\n"), flags=re.MULTILINE)
