"""The results of the benchmark: medians and ratios of the samples, the aims, and the same figures as tables."""

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
    """The facts about the machine that are needed to judge the figures, and nothing that identifies it."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    release = ".".join(map(str, sys.version_info[:3]))
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "python": release} | {
        name: version(name) for name in _VERSIONS
    }


def summary(samples: Sequence[float]) -> dict:
    """The median, and its samples."""
    return {"median": round(statistics.median(samples), 3), "samples": [round(sample, 3) for sample in samples]}


def size_result(orders: int, pairs: Sequence[tuple[Cost, Cost]]) -> dict:
    """The result of one size, from its pairs of a `mesh run` and the dbt builds that follow it."""
    mesh, dbt = ([pair[side] for pair in pairs] for side in (0, 1))
    return {
        "orders": orders,
        "mesh_run": _side(mesh),
        "dbt_builds": _side(dbt),
        # The ratio of each pair, because other load on the machine slows both parts of a pair.
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
    """The figures as a table, and a sentence for the figures without a comparison."""
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
    """One line: the number of aims met, and each missed aim with its measured value."""
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
    """Every aim with its measured value. The aim on memory applies to a million orders only."""
    stated = []
    for size in document["sizes"]:
        for measure, name in (("cpu", "CPU"), ("wall", "wall time")):
            stated.append((f"{name} against dbt at {size['orders']:,} orders", size[f"ratio_{measure}"]["median"], 1.0))
        if size["orders"] == MILLION:
            stated.append((f"peak MB of mesh run at {MILLION:,} orders", size["mesh_run"]["peak_mb"], 2048))
    stated.append(("mesh --help in seconds", document["help_seconds"]["median"], 0.5))
    return [{"name": name, "at_most": limit, "measured": value, "met": value <= limit} for name, value, limit in stated]
