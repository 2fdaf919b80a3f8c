"""The mesh that tests start from: the sample company, in the state that its tests speak of.

`mesh adopt --drop-samples` replaces this module: a mesh of one's own starts as it is, from the samples of its domains.
"""

import shutil
from pathlib import Path

import marketplace


def write_sources(folder: Path, orders: int = 1_000, seed: int = 7) -> dict:
    """Writes the source files into the folder; gives their known amounts."""
    return marketplace.generate(folder, orders, seed)


def keep_reviewed(root: Path) -> None:
    """Removes from a copy of the repository what has grown from templates since its tests were written."""
    from mesh_capabilities.scaffolding.rendering import read_renderings, render

    registry = root / "workspace.yaml"
    for record in sorted(root.glob("domains/*/.scaffold.yaml")):
        domain, grown = record.parent.name, read_renderings(root, record.parent.name)
        if any("domain" in one.parts for one in grown):
            shutil.rmtree(record.parent)
            shutil.rmtree(root / "dbt_projects" / domain)
            lines = registry.read_text(encoding="utf-8").splitlines(keepends=True)
            registry.write_text("".join(line for line in lines if f"{domain}.definitions" not in line), encoding="utf-8")
        for path in (path for one in grown if record.exists() for path in render(one.parts, one.answers, one.version)):
            (root / path).unlink(missing_ok=True)
