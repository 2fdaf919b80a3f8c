"""The page of every error a user can meet, from the one tree of errors."""

import inspect


def page() -> str:
    """The whole page, with a row for each error, in the order of the tree."""
    from mesh_platform import errors

    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.MeshError)]
    kinds.sort(key=lambda kind: inspect.getsourcelines(kind)[1])
    rows = [f"| `{kind.__name__}` | {' '.join(inspect.getdoc(kind).split(chr(10) * 2)[0].split())} |" for kind in kinds[1:]]
    return "\n".join(
        [
            "# Errors",
            "",
            "A command that fails ends with exit code 1 and one message: what happened, to which thing, and what to do next.",
            "In Python every error is a `MeshError`, with the two parts as `found` and `way_out`.",
            "",
            "| error | when |",
            "|---|---|",
            *rows,
        ]
    )
