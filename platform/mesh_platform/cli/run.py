"""`mesh run`: a line for every source and product as it happens, a table at the end, one verdict."""

import contextlib
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from mesh_platform import environment
from mesh_platform.cli.output import add_row, console, print_json, table, verdict
from mesh_platform.days import DayRange
from mesh_platform.events import Event, Noted, Published, Refused, SourceRead, Step, listening
from mesh_platform.project import load_project

if TYPE_CHECKING:
    from mesh_platform.dagster.execute import MeshRun


def run_mesh(targets: list[str], source: str | None, days: str | None, wait: float, as_json: bool) -> int:
    """Runs, prints, and gives the exit code."""
    # A short process that makes many objects and keeps nearly all: looking for garbage costs a tenth of its time.
    gc.set_threshold(200_000, 100, 100)
    wanted = _days(days)
    project = load_project()
    environment.prepare(project.home)
    folder = Path(source).expanduser().resolve() if source else project.home.source
    said = console(stderr=as_json)
    # Whatever a library prints by itself must not get between the lines of the one document.
    out = contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()
    with out, _Progress(said) as progress, listening(progress.show):
        progress.begin(f"loading {len(project.domains)} domains")
        from mesh_platform.dagster.execute import execute
        from mesh_platform.dagster.plan import for_days, plan_run

        plan = plan_run(project, targets)
        if wanted:
            plan = for_days(plan, targets, wanted)
        run = execute(project, plan, folder, wait)
    if as_json:
        print_json(_document(run, folder))
    else:
        _print(run, said)
    return 130 if run.interrupted else 0 if run.ok else 1


def _days(text: str | None) -> DayRange | None:
    try:
        return DayRange.parse(text) if text else None
    except ValueError as problem:
        raise typer.BadParameter(f"{problem}.", param_hint="--days") from None


class _Progress:
    """One moving line for what is going on, on a terminal only, and a lasting line for what is done."""

    def __init__(self, to: Console) -> None:
        self.console = to
        self.status = to.status("") if to.is_terminal else contextlib.nullcontext()

    def __enter__(self) -> "_Progress":
        self.status.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self.status.__exit__(*problem)

    def begin(self, text: str) -> None:
        """The first sign of life, on a terminal and in a log."""
        if self.console.is_terminal:
            self.now(text)
        else:
            self.console.print(f"  {text}")

    def now(self, text: str) -> None:
        if self.console.is_terminal:
            self.status.update(escape(text))

    def show(self, event: Event) -> None:
        match event:
            case Step(domain, text):
                if text.startswith("waiting"):
                    self.console.print(f"  {domain}: {escape(text)}")
                self.now(f"{domain}: {text}")
            case Noted(domain, text):
                self.console.print(f"[yellow]![/] {domain}: {escape(text)}", soft_wrap=True)
            case SourceRead(domain, ingested):
                aside = f", [yellow]{ingested.aside:,} set aside[/]" if ingested.aside else ""
                sample = ", from the samples that the domain brings" if ingested.is_sample else ""
                self.console.print(f"  [dim]{domain}: read {ingested.source.file}, {ingested.rows:,} rows[/]{aside}{sample}")
            case Published(version, audit, seconds):
                warned, aside = sum(not found.passed for found in audit.verdicts), version.provenance.set_aside
                self.console.print(
                    f"[green]✔[/] {version.address} version {version.number}: {version.rows:,} rows, "
                    f"{_replaced(version.provenance.days)}"
                    f"{len(audit.verdicts)} rules{f', [yellow]{warned} warned[/]' if warned else ''}"
                    f"{f', [yellow]{aside:,} rows set aside[/]' if aside else ''}, {seconds:.1f} s"
                )
            case Refused(address, reason, _):
                told = reason if reason.startswith(str(address)) else f"{address}: {reason}"
                self.console.print(f"[red]✘[/] {escape(told)}", soft_wrap=True)


def _replaced(days: list[str] | None) -> str:
    """Of a port that grows, how many days the version has replaced."""
    if days is None:
        return ""
    count = sum(len(DayRange.parse(part)) for part in days)
    return f"{count:,} {'day' if count == 1 else 'days'} replaced, "


def _print(run: "MeshRun", said: Console) -> None:
    for failure in run.failures:
        said.print(f"[red]✘[/] {escape(failure)}", soft_wrap=True)
    if run.published:
        listing = table("port", "version", "rows", "checks", "seconds", numbers=("version", "rows", "checks", "seconds"))
        for event in run.published:
            passed = sum(found.passed for found in event.audit.verdicts)
            add_row(
                listing,
                event.version.address,
                event.version.number,
                f"{event.version.rows:,}",
                f"{passed}/{len(event.audit.verdicts)}",
                f"{event.seconds:.1f}",
            )
        said.print()
        said.print(listing)
        for event in run.published:
            if aside := event.version.provenance.set_aside:
                port = event.version.address
                found = f"{aside:,} rows of {port} broke its contract and were set aside; see `mesh quarantine list {port}`"
                said.print(f"[yellow]![/] {escape(found)}", soft_wrap=True)
    for ingested in run.aside:
        found = f"{ingested.aside:,} rows of {ingested.source.file} could not be read; they are in {ingested.aside_file}"
        said.print(f"[yellow]![/] {escape(found)}", soft_wrap=True)
    said.print()
    if run.interrupted:
        verdict(False, f"interrupted; {len(run.published)} ports were published before and stay, nothing is half-published")
        return
    total = len(run.published) + len(run.refused)
    verdict(run.ok, f"{len(run.published)} of {total} ports published in {run.seconds:.1f} s")


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
                "warnings": [str(found) for found in event.audit.verdicts if not found.passed],
                "inputs": event.version.provenance.inputs,
                "seconds": round(event.seconds, 3),
            }
            for event in run.published
        ],
        "refused": [{"port": str(event.address), "reason": event.reason} for event in run.refused],
        "failures": run.failures,
    }
