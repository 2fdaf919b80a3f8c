"""Refuses every import of a capability, in each Python process that has this folder on its PYTHONPATH."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder

REFUSED = "mesh_capabilities"


class RefuseCapabilities(MetaPathFinder):
    """Asked before all other finders."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> None:
        if fullname.partition(".")[0] == REFUSED:
            raise ModuleNotFoundError(f"No module named {fullname!r}: the tests of the core run without it", name=fullname)


sys.meta_path.insert(0, RefuseCapabilities())
