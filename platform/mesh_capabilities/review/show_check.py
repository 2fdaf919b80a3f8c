"""The command `mesh check`: runs the checks of a pull request on the changed files and the ports that they affect."""

import contextlib
import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mesh_capabilities.reports import write_report
from mesh_capabilities.review.check_report import check_document, plan_document, print_check
from mesh_isolation.terminal import console, print_json, styled, verdict
from mesh_isolation.text import counted
from mesh_platform.events import Event, Noted, Step, listening
from mesh_platform.project import Project, load_project


def check_change(
    domains: Sequence[str], base: str | None, wait: float, plan: bool, markdown: str | None, junit: str | None, as_json: bool
) -> int:
    """Checks the change, and prints and writes the results. Returns: 1 when the change would be refused, else 0."""
    start = time.perf_counter()
    # As in `mesh run`: the process is short, creates many objects and keeps nearly all of them.
    gc.set_threshold(200_000, 100, 100)
    project = load_project()
    _known(project, domains)
    project.home.prepare()
    status = console(stderr=True).status("looking for changes")

    def show(event: Event) -> None:
        if isinstance(event, Step):
            status.update(styled("{}: {}", event.domain, event.text))
        elif isinstance(event, Noted):
            console(stderr=True).print("[yellow]![/] {}: {}", event.domain, event.text, soft_wrap=True)

    # Output of libraries must not get into the JSON document.
    with contextlib.redirect_stdout(sys.stderr), status, listening(show):
        from mesh_capabilities.review.reach import changes_since, reach_of

        changes = changes_since(project.root, base)
        reach = reach_of(project, changes)
        if not plan:
            from mesh_capabilities.review.check import check_changes

            done = check_changes(project, changes, reach, domains, wait, start)
    if plan:
        from mesh_capabilities.review.reach import plan_of

        return _print_plan(plan_document(plan_of(reach.within(domains) if domains else reach), changes), as_json)
    from mesh_capabilities.review import check_report as summary

    if markdown:
        write_report(summary.markdown(done), Path(markdown))
    if junit:
        from mesh_capabilities.reports import junit_xml
        from mesh_capabilities.review.check_report import check_suites

        write_report(junit_xml(check_suites(done), "mesh check"), Path(junit))
    if as_json:
        print_json(check_document(done))
    else:
        print_check(done)
        verdict(done.good, f"{summary.check_sentence(done)}, after {done.seconds:.1f} s")
    return 0 if done.good else 1


def _known(project: Project, domains: Sequence[str]) -> None:
    for name in domains:
        project.domain(name)


def _print_plan(document: dict, as_json: bool) -> int:
    if as_json:
        print_json(document)
        return 0
    out = console()
    for group in document["groups"]:
        out.print("publish together, in this order: {}", group["domains"])
    count = len(document["domains"])
    verdict(
        True,
        f"{counted(count, 'domain')} affected: {', '.join(document['domains'])}" if count else "no domain is affected",
    )
    return 0
