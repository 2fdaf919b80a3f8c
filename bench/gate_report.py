"""The results of the gate's benchmark: medians, ratios and aims of the samples, and the same figures as tables."""

from collections.abc import Mapping, Sequence

from report import summary

GATE, DATACONTRACT = "gate", "datacontract test"
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
    """Medians of each side, and the median of each round's ratio to the side that it is compared with."""
    results = {side: {key: summary([cost[key] for cost in taken]) for key in ("cpu", "wall")} for side, taken in costs.items()}
    for side, taken in costs.items():
        results[side]["peak_mb"] = round(max(cost["peak_mb"] for cost in taken))
        if against := _AGAINST.get(side):
            results[side]["ratio"] = summary([a["cpu"] / b["cpu"] for a, b in zip(taken, costs[against])])
    return results


def tool_results(costs: Mapping[str, Sequence[dict]]) -> dict:
    """Medians of each tool, and its CPU as a multiple of that of the gate, and of our whole command, in the same round."""
    ours = next(name for name in costs if name.startswith("mesh"))
    return {
        name: {
            **{key: summary([cost[key] for cost in taken]) for key in ("cpu", "wall")},
            "to_gate": summary([a["cpu"] / b["cpu"] for a, b in zip(taken, costs[GATE])]),
            "to_command": summary([a["cpu"] / b["cpu"] for a, b in zip(taken, costs[ours])]),
        }
        for name, taken in costs.items()
    }


def complete(document: dict) -> dict:
    """The parts with their aims: each aim with the measured value, and whether it is met."""
    aims = []

    def aim(name: str, measured: float, limit: str, value: float) -> None:
        met = measured <= value if limit == "at_most" else measured >= value
        aims.append({"name": name, limit: value, "measured": measured, "met": met})

    if sides := document.get("sides"):
        at, costs = f"at {sides['rows']:,} rows", sides["costs"]
        aim(f"CPU of the gate against a bare scan {at}", costs["gate"]["ratio"]["median"], "at_most", 2.5)
        aim(f"CPU of a publish without its audit against COPY {at}", costs["publish"]["ratio"]["median"], "at_most", 1.1)
    for part, times in (("tools_small", 20), ("tools_large", 5)):
        if tools := document.get(part):
            name = f"CPU of datacontract test against the gate at {tools['rows']:,} rows"
            aim(name, tools["costs"][DATACONTRACT]["to_gate"]["median"], "at_least", times)
    for part, title in (("huge", "the gate"), ("huge_text_key", "the gate with a text key")):
        if huge := document.get(part):
            (cost,) = huge["costs"].values()
            aim(f"peak MB of {title} at {huge['rows']:,} rows", cost["peak_mb"], "at_most", 2048)
    return {part: result for part, result in document.items() if part != "aims"} | {"aims": aims}


def markdown(document: dict) -> str:
    """The figures as tables, one for each part that has been measured."""
    tables = []
    if sides := document.get("sides"):
        lines = [f"| {sides['rows']:,} rows | CPU s | wall s | peak MB | ratio of CPU |", "|---|--:|--:|--:|--:|"]
        for side, cost in sides["costs"].items():
            ratio = f"**{cost['ratio']['median']:.2f}** × {_AGAINST[side]}" if "ratio" in cost else ""
            lines.append(f"| {_NAMES[side]} | {_figures(cost)} | {cost['peak_mb']:,} | {ratio} |")
        tables.append(lines)
    for tools in filter(None, map(document.get, ("tools_small", "tools_large"))):
        lines = [f"| {tools['rows']:,} rows | CPU s | wall s | × the gate | × our whole command |", "|---|--:|--:|--:|--:|"]
        for name, cost in tools["costs"].items():
            shown = "the gate, in the process that publishes" if name == GATE else f"`{name}`"
            times = [f"{cost[key]['median']:.2f}" for key in ("to_gate", "to_command")]
            lines.append(f"| {shown} | {_figures(cost)} | {' | '.join(times)} |")
        tables.append(lines)
    if huge := [result for part in ("huge", "huge_text_key") if (result := document.get(part))]:
        lines = [f"| {huge[0]['rows']:,} rows, once | CPU s | wall s | peak MB |", "|---|--:|--:|--:|"]
        for side, cost in (entry for result in huge for entry in result["costs"].items()):
            lines.append(f"| {_NAMES[side]} | {cost['cpu']:.2f} | {cost['wall']:.2f} | {cost['peak_mb']:,.0f} |")
        tables.append(lines)
    return "\n\n".join("\n".join(lines) for lines in tables)


def _figures(cost: dict) -> str:
    return " | ".join(f"{cost[key]['median']:.2f}" for key in ("cpu", "wall"))
