"""Prints whether a function in the sandbox reads an undeclared file."""

import sys
from collections.abc import Callable
from pathlib import Path


def reads(emit: Callable[..., None], path: str) -> bool:
    try:
        return bool(Path(path).read_text(encoding="utf-8"))
    except OSError:
        return False


if __name__ == "__main__":
    import probe  # as the sandbox imports it

    from mesh_isolation.sandbox import Sandbox, call

    print(call(probe.reads, {"path": sys.argv[1]}, Sandbox(code=[Path(__file__).parent])))
