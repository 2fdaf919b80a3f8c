"""From the samples of the gate's benchmark to medians, ratios and aims, and the same once more for people."""

from collections.abc import Mapping, Sequence

from report import summary

GATE, THEIRS = "gate", "datacontract test"
_NAMES = {
    "scan": "a bare scan: a hash of every value of the same columns",
    "largest": "a scan for the largest value of each column",
    "gate": "**the gate**: the whole contract, as a publish runs it",
    "text_key": "the gate, with a key of 32 letters in place of whole numbers",
    "copy": "`COPY … (compression zstd)`",
    "publish": "the same, and its commit as a version",
}
_AGAINST = {"largest": "scan", "gate": "scan", "text_key": "scan", "publish": "copy"}


def side_results(costs: Mapping[str, Sequence[dict]]) -> dict:
    """Medians of each side, and the median of each round's ratio to the side it is held against."""
    found = {side: {key: summary([cost[key] for cost in said]) for key in ("cpu", "wall")} for side, said in costs.items()}
    for side, said in costs.items():
        found[side]["peak_mb"] = round(max(cost["peak_mb"] for cost in said))
        if against := _AGAINST.get(side):
            found[side]["ratio"] = summary([a["cpu"] / b["cpu"] for a, b in zip(said, costs[against])])
    return found


def tool_results(costs: Mapping[str, Sequence[dict]]) -> dict:
    """Medians of each tool, and how many times the CPU of the gate, and of our whole command, it takes in the same round."""
    ours = next(name for name in costs if name.startswith("mesh"))
    return {
        name: {
            **{key: summary([cost[key] for cost in said]) for key in ("cpu", "wall")},
            "to_gate": summary([a["cpu"] / b["cpu"] for a, b in zip(said, costs[GATE])]),
            "to_command": summary([a["cpu"] / b["cpu"] for a, b in zip(said, costs[ours])]),
        }
        for name, said in costs.items()
    }


def document_of(document: dict) -> dict:
    """The document with its aims: every one with what was measured, and whether it is met."""
    rows, sides = document["rows"], document["sides"]
    at_most = [
        (f"CPU of the gate against a bare scan at {rows:,} rows", sides["gate"]["ratio"]["median"], 2.5),
        (f"CPU of a publish without its audit against COPY at {rows:,} rows", sides["publish"]["ratio"]["median"], 1.1),
    ]
    if huge := document.get("huge"):
        at_most += [(f"peak MB of the gate at {huge['rows']:,} rows", huge["gate"]["peak_mb"], 2048)]
    at_least = []
    for size, tools in document.get("tools", {}).items():
        aim = 5 if int(size) == rows else 20
        at_least.append(
            (f"CPU of datacontract test against the gate at {int(size):,} rows", tools[THEIRS]["to_gate"]["median"], aim)
        )
    aims = [{"name": name, "at_most": aim, "measured": found, "met": found <= aim} for name, found, aim in at_most]
    aims += [{"name": name, "at_least": aim, "measured": found, "met": found >= aim} for name, found, aim in at_least]
    return document | {"aims": aims}


def markdown(document: dict) -> str:
    """The figures as tables."""
    lines = [f"| {document['rows']:,} rows | CPU s | wall s | peak MB | ratio of CPU |", "|---|--:|--:|--:|--:|"]
    for side, cost in document["sides"].items():
        ratio = f"**{cost['ratio']['median']:.2f}** × {_AGAINST[side]}" if "ratio" in cost else ""
        lines.append(f"| {_NAMES[side]} | {_figures(cost)} | {cost['peak_mb']:,} | {ratio} |")
    if huge := document.get("huge"):
        lines += ["", f"| {huge['rows']:,} rows, once | CPU s | wall s | peak MB |", "|---|--:|--:|--:|"]
        for side in ("gate", "text_key"):
            lines.append(
                f"| {_NAMES[side]} | {huge[side]['cpu']:.2f} | {huge[side]['wall']:.2f} | {huge[side]['peak_mb']:,.0f} |"
            )
    for size, tools in document.get("tools", {}).items():
        lines += ["", f"| {int(size):,} rows | CPU s | wall s | × the gate | × our whole command |", "|---|--:|--:|--:|--:|"]
        for name, cost in tools.items():
            shown = "the gate, in the process that publishes" if name == GATE else f"`{name}`"
            times = [f"{cost[key]['median']:.2f}" for key in ("to_gate", "to_command")]
            lines.append(f"| {shown} | {_figures(cost)} | {' | '.join(times)} |")
    return "\n".join(lines)


def _figures(cost: dict) -> str:
    return " | ".join(f"{cost[key]['median']:.2f}" for key in ("cpu", "wall"))
