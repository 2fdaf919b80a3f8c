"""From counts to results: the document, the table for people, and one verdict line."""

import os
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version

from kills import PHASES
from readers import Reading


def results(seed: int, hits: Counter, seen: Reading, kept: dict, swept: list[str], left: list[str]) -> dict:
    """The document; what went wrong stands in it as lists, which are empty when all is well."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": ".".join(map(str, sys.version_info[:3]))}
        | {name: version(name) for name in ("duckdb", "deltalake", "dagster")},
        "seed": seed,
        "kills": hits.total(),
        "hits": {phase: hits[phase] for phase in PHASES},
        "readers": seen.readers,
        "reads": seen.reads,
        "torn_reads": seen.torn,
        "versions": kept["versions"],
        "acknowledged": kept["acknowledged"],
        "lost": kept["lost"],
        "orphans_swept": len(swept) - len(left),
        "orphans_left": left,
    }


def good(document: dict) -> bool:
    """Nothing torn, lost or left, and every mesh healed."""
    runs = document.get("runs", {"wrong": []})
    return not (document["torn_reads"] or document["lost"] or document["orphans_left"] or runs["wrong"])


def markdown(document: dict) -> str:
    """The figures as a table."""
    lines = ["| `kill -9` | times |", "|---|--:|"]
    lines += [f"| {told} | {document['hits'][phase]} |" for phase, told in PHASES.items()]
    lines += [f"| **of a publish, in all** | **{document['kills']}** |"]
    if "runs" in document:
        lines += [f"| of a whole `mesh run` | {document['runs']['kills']} |"]
    reads, told, left = document["reads"], document["acknowledged"], document["orphans_left"]
    outcome = [
        ("reads that saw one complete version", reads - len(document["torn_reads"]), reads),
        ("acknowledged publishes still there, with their exact rows", told - len(document["lost"]), told),
        ("files left behind that the next publish swept up", document["orphans_swept"], document["orphans_swept"] + len(left)),
    ]
    if "runs" in document:
        kills = document["runs"]["kills"]
        outcome.append(("killed runs healed by the next one", document["runs"]["healed"], kills))
    lines += [
        "",
        "| outcome | | of |",
        "|---|--:|--:|",
        *(f"| {name} | {good:,} | {all_of:,} |" for name, good, all_of in outcome),
    ]
    return "\n".join(
        [*lines, "", f"{document['readers']} readers throughout, seed {document['seed']}, {document['seconds']:.0f} s."]
    )


def verdict(document: dict) -> str:
    """One line."""
    runs = document.get("runs", {"kills": 0, "healed": 0})
    return (
        f"{'✔' if good(document) else '✘'} {document['kills']} kills of a publish and {runs['kills']} of a mesh run: "
        f"{len(document['torn_reads'])} of {document['reads']:,} reads torn, {len(document['lost'])} of "
        f"{document['acknowledged']} acknowledged publishes lost, {len(document['orphans_left'])} orphans left, "
        f"{runs['kills'] - runs['healed']} runs not healed, {document['seconds']:.0f} s"
    )
