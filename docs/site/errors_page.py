"""The page of every error a user can meet, from the trees of the core and of the capabilities."""

import inspect
from types import ModuleType


def page() -> str:
    """The whole page, with a row for each error, in the order of the tree."""
    import mesh_capabilities.errors
    import mesh_platform.errors

    kinds = [*_errors(mesh_platform.errors), *_errors(mesh_capabilities.errors)]
    rows = [f"| `{kind.__name__}` | {' '.join(inspect.getdoc(kind).split(chr(10) * 2)[0].split())} |" for kind in kinds[1:]]
    return "\n".join(
        [
            "# Errors",
            "",
            "A command that fails ends with exit code 1 and one message: what happened, to which thing, and what to do next.",
            "In Python every error is a `MeshError`, with the two parts as `found` and `way_out`. With `--json`, a",
            'command prints `{"error": {"kind": …, "found": …, "way_out": …}}`, in which `kind` is the class.',
            "",
            "| error | when |",
            "|---|---|",
            *rows,
        ]
    )


def _errors(module: ModuleType) -> list[type[Exception]]:
    """The errors that a module defines, in the order of its text."""
    kinds = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    return sorted(kinds, key=lambda kind: inspect.getsourcelines(kind)[1])
