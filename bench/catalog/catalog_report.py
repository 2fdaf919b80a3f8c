"""The results of the catalog's benchmark as a table, with the growth from the first size to the last, and a verdict."""

from collections.abc import Collection

AIMS = {
    "harvest_unchanged": 1.0,
    "harvest_one_contract": 1.0,
    "harvest_one_version": 1.0,
    "harvest_one_model": 1.0,
    "policies": 5.0,
    "portal": 60.0,
    "portal_search": 0.05,
}
"""Seconds that a step may take at the largest size."""


def markdown(document: dict, only: Collection[str] | None = None) -> str:
    """One row per step: seconds and peak memory at each size, and the CPU time of the last size relative to the first.

    `only` names the steps to show; by default all of them.
    """
    sizes = document["sizes"]
    titles = [" × ".join(f"{part:,}" for part in size["size"].values()) for size in sizes]
    head = "".join(f" | {title}: s | CPU s | peak MB" for title in titles)
    lines = [f"| step{head} | growth of CPU s |", "|---" + "|--:" * (3 * len(sizes) + 1) + "|"]
    for name in only or sizes[0]["steps"]:
        steps = [size["steps"].get(name) for size in sizes]
        cells = "".join(" | " + (_cells(step) if step else "— | — | —") for step in steps)
        growth = f"{steps[-1]['cpu_seconds'] / steps[0]['cpu_seconds']:.1f}" if steps[-1] else "—"
        lines.append(f"| {name.replace('_', ' ')}{cells} | {growth} |")
    return "\n".join(lines)


def _cells(step: dict) -> str:
    return f"{step['seconds']:.2f} | {step['cpu_seconds']:.2f} | {step['peak_mb']:,}"


def verdict(document: dict) -> str:
    """The number of aims met at the largest size, and each missed aim with its time."""
    steps = document["sizes"][-1]["steps"]
    aims = {name: limit for name, limit in AIMS.items() if name in steps}
    missed = [
        f"{name} took {steps[name]['seconds']:.2f} s, aim {limit:g} s"
        for name, limit in aims.items()
        if steps[name]["seconds"] > limit
    ]
    met = f"{len(aims) - len(missed)} of {len(aims)} aims met"
    return f"✘ {met}; missed: {'; '.join(missed)}." if missed else f"✔ {met}."
