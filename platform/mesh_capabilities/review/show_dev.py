"""The command `mesh dev`: build and audit a domain after every edit, and publish nothing."""

import contextlib
import os
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from mesh_capabilities.review.difference import Difference
from mesh_capabilities.review.trial import Round, Tried
from mesh_isolation.terminal import Terminal, console, print_json, styled, verdict
from mesh_isolation.text import counted
from mesh_platform.cli.arguments import known_port
from mesh_platform.errors import MeshError, UnknownPort, trace_error
from mesh_platform.names import nearest
from mesh_platform.project import DomainFolder, Project, load_project


def develop(target: str, once: bool, wait: float, as_json: bool) -> int:
    """Builds once, or after every edit until Ctrl-C. Returns: 1 when, built once, a port could not be published, else 0."""
    if as_json and not once:
        raise typer.BadParameter("--json needs --once.", param_hint="--json")
    project = load_project()
    domain, port = _target(project, target)
    project.home.prepare()
    # Output of libraries must not get into the JSON document.
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        if not as_json:
            console().print("  loading {}", domain.name)
        session = _Session(domain, port, wait)
        if not once:
            return session.follow()
        tried = session.look(None)
    if as_json:
        print_json(round_document(tried))
    else:
        print_round(tried)
    return 0 if tried.good else 1


def _target(project: Project, target: str) -> tuple[DomainFolder, str | None]:
    name, _, port = target.partition("/")
    return project.domain(name), known_port(target).port if "/" in target else None


class _Session:
    """One process for all builds, so that dbt parses a project only once."""

    def __init__(self, domain: DomainFolder, port: str | None, wait: float) -> None:
        self._domain, self._port, self._wait = domain, port, wait

    def look(self, changed: Collection | None):
        """Builds all ports, or those that the `changed` files affect. Raises MeshError."""
        from mesh_capabilities.review.reach import affected_ports
        from mesh_capabilities.review.trial import Round, try_out
        from mesh_platform.publish.loading import load_built

        start = time.perf_counter()
        offer, graph = load_built(self._domain)
        if self._port and self._port not in graph:
            raise UnknownPort(f"{self._domain.name} builds no port '{self._port}'.", nearest(self._port, graph))
        wanted = set(graph) if changed is None else affected_ports(changed, offer, graph)
        if self._port:
            wanted &= {self._port}
        if not wanted:
            return Round((), 0.0)
        tried = try_out(offer, graph, wanted, self._wait)
        return Round(tried.ports, time.perf_counter() - start)

    def follow(self) -> int:
        """Builds all ports, and then those that each edit affects, until Ctrl-C."""

        waiting = f"watching {self._domain.relative(self._domain.folder)} and dbt_projects/{self._domain.name}; Ctrl-C ends it"
        try:
            for number, changed in enumerate(edits(self._domain)):
                if changed:
                    names = ", ".join(sorted(self._domain.relative(path) for path in changed))
                    console().print("\n[bold]{}[/] {}", time.strftime("%H:%M:%S"), names, soft_wrap=True)
                self._show(changed or None)
                if number == 0:
                    console().print("[dim]{}[/]", waiting, soft_wrap=True)
        except KeyboardInterrupt:
            pass
        verdict(True, "nothing was published")
        return 0

    def _show(self, changed: Collection | None) -> None:
        try:
            tried = self.look(changed)
        except MeshError as problem:  # an unfinished edit or a mistake; the next edit may fix it
            trace_error(problem)
            verdict(False, str(problem))
            return
        if tried.ports:
            print_round(tried)
        else:
            verdict(True, "the edit affects no port")


_SUFFIXES = (".sql", ".yml", ".yaml", ".csv")
_RECORD = ".lifecycle.yaml"
_WAKES_MS = 200
"""The interval at which the watcher checks for Ctrl-C."""
_SETTLED_MS = 150
"""Edits within this time count as one, for editors that write a file in several steps."""


def edits(domain: DomainFolder) -> Iterator[set[Path]]:
    """The changed files of the domain, after each edit, until Ctrl-C.

    The first set is empty; from then on no edit is missed.
    """
    from watchfiles import watch

    folders = [folder for folder in (domain.folder, domain.dbt_project) if folder.is_dir()]
    begun = False
    for changes in watch(
        *folders,
        watch_filter=lambda _, path: matters(Path(os.path.relpath(path, domain.root))),
        debounce=_SETTLED_MS,
        step=50,
        rust_timeout=_WAKES_MS,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        if changes or not begun:
            yield {Path(path) for _, path in changes}
        begun = True


def matters(path: Path) -> bool:
    """Whether the file, a path relative to the repository's root, may be part of a port. dbt's own output is not."""
    output = path.parts[0] == "dbt_projects" and path.parts[2] in ("target", "logs")
    return path.suffix in _SUFFIXES and not path.name.endswith(_RECORD) and not output


def print_round(tried: Round) -> None:
    """Prints every port, and the verdict."""
    out = console()
    for port in tried.ports:
        _print_port(port, out)
    fine = sum(not port.error for port in tried.ports)
    verdict(
        tried.good,
        f"{fine} of {counted(len(tried.ports), 'port')} can be published, after {tried.seconds:.1f} s",
    )


def _print_port(tried: Tried, out: Terminal) -> None:
    out.print("[bold]{}[/]  {}", tried.address, difference_rows(tried.difference), soft_wrap=True)
    for line in difference_lines(tried.difference):
        out.print("  {}", line, soft_wrap=True)
    if tried.hidden and tried.audit:
        out.print("  [dim]{}[/]", tried.hidden, soft_wrap=True)
    if tried.audit is None:
        out.print("  [red]✘[/] {}", tried.error, soft_wrap=True)
        return
    failed = [verdict for verdict in tried.audit.verdicts if not verdict.passed]
    for broken in failed:
        out.print("  {} {}", (styled("[red]✘[/]") if broken.rule.blocks else styled("[yellow]![/]")), broken, soft_wrap=True)
    if tried.aside:
        out.print("  [yellow]![/] {} would be quarantined", counted(tried.aside, "row"), soft_wrap=True)
    if tried.error and not tried.audit.broken:
        out.print("  [red]✘[/] {}", tried.error, soft_wrap=True)
    count = len(tried.audit.verdicts)
    sign = styled("[green]✔[/]") if not tried.error else styled("[dim]·[/]")
    out.print("  {} {} of {} rules kept", sign, count - len(failed), count)


def difference_rows(difference: Difference | None) -> str:
    """A difference in one line."""
    if difference is None:
        return "not built"
    if difference.version is None:
        return f"{counted(difference.after, 'row')}; nothing is served yet"
    if difference.none:
        return f"{counted(difference.after, 'row')}, the same as in version {difference.version}"
    parts = [f"{difference.added:,} added", f"{difference.removed:,} removed"]
    parts += [f"{difference.changed:,} changed"] if difference.changed is not None else []
    return f"{counted(difference.after, 'row')}; compared with version {difference.version}: {', '.join(parts)}"


def difference_lines(difference: Difference | None) -> list[str]:
    """The differing columns and some differing rows, one line each; none for a port that is new or was not built."""
    if difference is None or difference.version is None:
        return []
    lines = [f"+ column {name}" for name in difference.new_columns]
    lines += [f"- column {name}" for name in difference.lost_columns]
    lines += [f"~ column {name}: {before} → {after}" for name, (before, after) in difference.retyped.items()]
    if difference.by_column:
        lines.append("differs: " + ", ".join(f"{name} in {count:,}" for name, count in difference.by_column.items()))
    lines += [f"~ {_changed(row)}" for row in difference.changed_rows]
    lines += [f"+ {_row(row)}" for row in difference.added_rows]
    lines += [f"- {_row(row)}" for row in difference.removed_rows]
    return lines


def _changed(row: Mapping[str, Any]) -> str:
    key = _row({name: value for name, value in row.items() if not isinstance(value, tuple)})
    changes = [f"{name} {_cell(pair[0])} → {_cell(pair[1])}" for name, pair in row.items() if isinstance(pair, tuple)]
    return f"{key}: {', '.join(changes)}"


def _row(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_cell(value)}" for name, value in row.items())


def _cell(value: Any) -> str:
    return "null" if value is None else str(value)


def round_document(tried: Round) -> dict[str, Any]:
    """A round as JSON."""
    return {"ok": tried.good, "seconds": round(tried.seconds, 3), "ports": [_document(port) for port in tried.ports]}


def _document(tried: Tried) -> dict[str, Any]:
    audit, difference = tried.audit, tried.difference
    return {
        "port": str(tried.address),
        "ok": tried.error is None,
        "error": str(tried.error) if tried.error else None,
        "rows": difference.after if difference else None,
        "set_aside": tried.aside,
        "hidden": tried.hidden,
        "rules": [
            {
                "check": verdict.rule.check,
                "sentence": verdict.rule.sentence,
                "passed": verdict.passed,
                "blocks": verdict.rule.blocks,
                "found": verdict.found,
            }
            for verdict in (audit.verdicts if audit else ())
        ],
        "difference": vars(difference) | {"same": difference.none} if difference else None,
    }
