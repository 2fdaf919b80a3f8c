"""`mesh run`: print a line for every source and port as it is done, then a table and a verdict."""

import contextlib
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.status import Status

from mesh_isolation.days import DayRange
from mesh_isolation.sandbox import start_server
from mesh_isolation.team_files import real_path
from mesh_isolation.terminal import Terminal, add_row, console, print_json, styled, table, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.cli.entry import PUBLISHED_STAYS
from mesh_platform.events import Event, Noted, Published, Refused, SourceRead, Step, listening
from mesh_platform.ingestion.reading import check_folder
from mesh_platform.project import load_project

if TYPE_CHECKING:
    from mesh_platform.dagster.execute import MeshRun


def run_mesh(targets: list[str], source: str | None, days: str | None, accept: list[str], wait: float, as_json: bool) -> int:
    """Runs the targets, prints the progress and the result, and returns the exit code."""
    # A short process that keeps nearly all its objects: at the default threshold, garbage collection takes a tenth of it.
    gc.set_threshold(200_000, 100, 100)
    try:
        day_range = DayRange.parse(days) if days else None
    except ValueError as problem:
        raise typer.BadParameter(f"{problem}.", param_hint="--days") from None
    project = load_project(with_broken=True)
    project.home.prepare()
    start_server()  # it imports dbt while this process imports Dagster
    folder = real_path(Path(source).expanduser()) if source else project.home.source
    if source and folder != real_path(project.home.sources):  # its domains may have samples
        check_folder(folder)
    terminal = console(stderr=as_json)
    # Output of libraries must not mix with the JSON document.
    out = contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()
    first = f"loading {counted(len(project.domains), 'domain')}"
    if not source:
        terminal.print("  source files: {}", folder, soft_wrap=True)
    if not terminal.is_terminal:
        terminal.print("  {}", first)
    progress = terminal.status(first) if terminal.is_terminal else contextlib.nullcontext()
    with out, progress as status, listening(_Progress(terminal, status).show):
        from mesh_platform.dagster.execute import execute, for_days, plan_run

        plan = plan_run(project, targets, accept)
        for name in sorted(project.broken.keys() - plan.broken.keys()):
            warn(project.broken[name])
        if day_range:
            plan = for_days(plan, targets, day_range)
        run = execute(project, plan, folder, wait)
    if as_json:
        print_json(_document(run, folder))
    else:
        _print(run, terminal)
    return 130 if run.interrupted else 0 if run.ok else 1


class _Progress:
    """The progress of a run: on a terminal, a status line for the current step; everywhere, a line for each result."""

    def __init__(self, to: Terminal, status: Status | None) -> None:
        self.console, self.status = to, status
        self.failures: set[str] = set()

    def show(self, event: Event) -> None:
        match event:
            case Step(domain, text):
                if text.startswith("waiting"):
                    self.console.print("  {}: {}", domain, text)
                if self.status:
                    self.status.update(styled("{}: {}", domain, text))
            case Noted(_, text, failure=True):
                self.failures.add(text)
                self.console.print("[red]✘[/] {}", text, soft_wrap=True)
            case Noted(domain, text):
                self.console.print("[yellow]![/] {}: {}", domain, text, soft_wrap=True)
            case SourceRead(domain, ingested):
                aside = styled(", [yellow]{:,} set aside[/]", ingested.aside) if ingested.aside else ""
                sample = ", from the domain's samples" if ingested.is_sample else ""
                self.console.print(
                    "  [dim]{}: read {}, {}[/]{}{}", domain, ingested.source.file, counted(ingested.rows, "row"), aside, sample
                )
            case Published(version, audit, seconds):
                warned, aside = sum(not judged.passed for judged in audit.verdicts), version.provenance.set_aside
                days = sum(len(DayRange.parse(part)) for part in version.provenance.days or ())
                replaced = f", {counted(days, 'day')} replaced" if version.provenance.days is not None else ""
                major = f" v{version.major}" if version.major > 1 else ""
                head = f"{version.address}{major} version {version.number}: {counted(version.rows, 'row')}{replaced}"
                rules = counted(len(audit.verdicts), "rule")
                warnings = styled(", [yellow]{} warned[/]", warned) if warned else ""
                apart = styled(", [yellow]{} quarantined[/]", counted(aside, "row")) if aside else ""
                self.console.print("[green]✔[/] {}, {}{}{}, {:.1f} s", head, rules, warnings, apart, seconds)
            case Refused(address, reason, _) if reason not in self.failures:
                message = reason if reason.startswith(str(address)) else f"{address}: {reason}"
                self.console.print("[red]✘[/] {}", message, soft_wrap=True)


def _print(run: "MeshRun", terminal: Terminal) -> None:
    if run.published:
        numbers = ("version", "rows", "rules", "seconds")
        listing = table("port", *numbers, numbers=numbers)
        for event in run.published:
            version, verdicts = event.version, event.audit.verdicts
            kept = f"{sum(judged.passed for judged in verdicts)}/{len(verdicts)}"
            add_row(listing, version.address, version.number, f"{version.rows:,}", kept, f"{event.seconds:.1f}")
        terminal.print()
        terminal.print(listing)
    for note in _notes(run):
        terminal.print("[yellow]![/] {}", note, soft_wrap=True)
    terminal.print()
    if run.interrupted:
        verdict(False, f"interrupted. {PUBLISHED_STAYS}")
        return
    total = len(run.published) + len(run.refused)
    done = f"{len(run.published)} of {counted(total, 'port')} published in {run.seconds:.1f} s" if total else "nothing was run"
    failed = f"{counted(len(run.failures), 'failure')} named above; " if run.failures and not run.refused and total else ""
    verdict(run.ok, f"{failed}{done}")


def _notes(run: "MeshRun") -> Iterator[str]:
    """One sentence for the rows set aside of each port and of each file, and one for all rules that warn."""
    for event in run.published:
        if aside := event.version.provenance.set_aside:
            port = event.version.address
            yield f"{counted(aside, 'row')} of {port} quarantined, because of a broken rule; see `mesh quarantine list {port}`"
    for ingested in run.aside:
        yield f"{counted(ingested.aside, 'row')} of {ingested.source.file} could not be read; see {ingested.aside_file}"
    if warned := [str(event.version.address) for event in run.published if not all(v.passed for v in event.audit.verdicts)]:
        yield f"rules warn about {', '.join(warned)}; see `mesh contract test {warned[0]}`"


def _document(run: "MeshRun", folder: Path) -> dict:
    return {
        "ok": run.ok,
        "interrupted": run.interrupted,
        "run": run.id,
        "dagster_runs": run.runs,
        "source": folder,
        "seconds": round(run.seconds, 3),
        "sources": [
            {
                "domain": event.domain,
                "file": event.ingested.source.file,
                "rows": event.ingested.rows,
                "sample": event.ingested.is_sample,
                "set_aside": event.ingested.aside,
                "set_aside_in": event.ingested.aside_file if event.ingested.aside else None,
            }
            for event in run.sources
        ],
        "published": [
            {
                "port": str(event.version.address),
                "version": event.version.number,
                "rows": event.version.rows,
                "set_aside": event.version.provenance.set_aside,
                "days": event.version.provenance.days,
                "rules": len(event.audit.verdicts),
                "warnings": [str(judged) for judged in event.audit.verdicts if not judged.passed],
                "inputs": event.version.provenance.inputs,
                "accepted": event.version.provenance.accepted,
                "seconds": round(event.seconds, 3),
            }
            for event in run.published
        ],
        "refused": [{"port": str(event.address), "reason": event.reason} for event in run.refused],
        "failures": run.failures,
    }
