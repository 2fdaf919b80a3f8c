"""Holds each Python process with this folder on its PYTHONPATH to the core: it imports no capability and reads no domain."""

import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path

REFUSED = "mesh_capabilities"
HERE = Path(__file__).parent


class RefuseCapabilities(MetaPathFinder):
    """Asked before all other finders."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> None:
        if fullname.partition(".")[0] == REFUSED:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the tests of the core run without it", name=fullname)


sys.meta_path.insert(0, RefuseCapabilities())
runpy.run_path(str(HERE.parent / "refused_reads.py"))["refuse_reads"](HERE)
