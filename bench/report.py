"""From samples to results: medians, ratios, which aims are met, and the same once more for people."""

import os
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from processes import Cost

MILLION = 1_000_000
_VERSIONS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "deltalake")


def machine() -> dict:
    """What somebody needs to judge the figures, and nothing that says whose machine it was."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    release = ".".join(map(str, sys.version_info[:3]))
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "python": release} | {
        name: version(name) for name in _VERSIONS
    }


def summary(samples: Sequence[float]) -> dict:
    """A median beside the samples that it was taken from."""
    return {"median": round(statistics.median(samples), 3), "samples": [round(sample, 3) for sample in samples]}


def size_result(orders: int, pairs: Sequence[tuple[Cost, Cost]]) -> dict:
    """The result of one size, from its pairs of a `mesh run` and the dbt builds right after it."""
    mesh, dbt = ([pair[side] for pair in pairs] for side in (0, 1))
    return {
        "orders": orders,
        "mesh_run": _side(mesh),
        "dbt_builds": _side(dbt),
        # Of each pair on its own: what else the machine did at that moment slowed both halves of it.
        "ratio_cpu": summary([a.cpu / b.cpu for a, b in pairs]),
        "ratio_wall": summary([a.wall / b.wall for a, b in pairs]),
    }


def results(sizes: Sequence[dict], ui: Sequence[float], answer: Sequence[float]) -> dict:
    """The whole document."""
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "sizes": list(sizes),
        "ui_loaded_seconds": summary(ui),
        "help_seconds": summary(answer),
    }
    return document | {"aims": _aims(document)}


def markdown(document: dict) -> str:
    """The figures as tables, and a sentence for what has no second side."""
    lines = [
        "| orders | `mesh run` CPU s | 3 × `dbt build` CPU s | ratio | `mesh run` wall s | 3 × `dbt build` wall s | ratio "
        "| `mesh run` peak MB |",
        "|--:" * 8 + "|",
    ]
    for size in document["sizes"]:
        cells = [f"{size['orders']:,}"]
        for measure in ("cpu", "wall"):
            cells += [f"{size[side][f'{measure}_seconds']['median']:.1f}" for side in ("mesh_run", "dbt_builds")]
            cells.append(f"**{size[f'ratio_{measure}']['median']:.2f}**")
        lines.append(f"| {' | '.join([*cells, format(size['mesh_run']['peak_mb'], ',.0f')])} |")
    ui, answer = document["ui_loaded_seconds"]["median"], document["help_seconds"]["median"]
    lines += ["", f"`mesh ui` has loaded all code locations after {ui:.1f} s; `mesh --help` answers in {answer:.2f} s."]
    return "\n".join(lines)


def verdict(document: dict) -> str:
    """One line: are all aims met, and if not, which are missed by how much."""
    aims = document["aims"]
    missed = [f"{aim['name']} is {aim['measured']:.2f}, aim {_limit(aim):g}" for aim in aims if not aim["met"]]
    met = f"{len(aims) - len(missed)} of {len(aims)} aims met"
    return f"✘ {met}; missed: {'; '.join(missed)}." if missed else f"✔ {met}."


def _limit(aim: dict) -> float:
    return aim["at_most"] if "at_most" in aim else aim["at_least"]


def _side(costs: Sequence[Cost]) -> dict:
    return {
        "cpu_seconds": summary([cost.cpu for cost in costs]),
        "wall_seconds": summary([cost.wall for cost in costs]),
        "peak_mb": round(max(cost.peak_mb for cost in costs)),
    }


def _aims(document: dict) -> list[dict]:
    """Every aim with what was measured. The one on memory is an aim at a million orders and stated at no other size."""
    stated = []
    for size in document["sizes"]:
        for measure, name in (("cpu", "CPU"), ("wall", "wall time")):
            stated.append((f"{name} against dbt at {size['orders']:,} orders", size[f"ratio_{measure}"]["median"], 1.0))
        if size["orders"] == MILLION:
            stated.append((f"peak MB of mesh run at {MILLION:,} orders", size["mesh_run"]["peak_mb"], 2048))
    stated.append(("mesh --help in seconds", document["help_seconds"]["median"], 0.5))
    return [{"name": name, "at_most": limit, "measured": value, "met": value <= limit} for name, value, limit in stated]
