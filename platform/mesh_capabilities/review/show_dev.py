"""`mesh dev`: build and judge what is being edited, again after every edit, and publish nothing."""

import contextlib
import sys
import time
from collections.abc import Collection

import typer

from mesh_capabilities.review.dev_words import print_round, round_document
from mesh_platform import environment
from mesh_platform.cli.output import clean, console, print_json, verdict
from mesh_platform.errors import MeshError, UnknownPort, trace
from mesh_platform.names import PortAddress
from mesh_platform.project import DomainFolder, Project, load_project


def develop(target: str, once: bool, wait: float, as_json: bool) -> int:
    """Looks once, or at every edit until Ctrl-C. Returns: of one look, 1 when a port could not be published, else 0."""
    if as_json and not once:
        raise typer.BadParameter("one document is the answer to one look: add --once.", param_hint="--json")
    project = load_project()
    domain, port = _target(project, target)
    environment.prepare(project.home)
    # Whatever a library prints by itself must not get between the lines of the one document.
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        if not as_json:
            console().print(f"  loading {domain.name}")
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
    if name not in project.domains:
        raise UnknownPort(f"There is no domain '{name}'.", f"The mesh has {', '.join(project.domains)}.")
    return project.domains[name], PortAddress.parse(target).port if "/" in target else None


class _Session:
    """One process that stays, so that dbt and what it has parsed stay with it."""

    def __init__(self, domain: DomainFolder, port: str | None, wait: float) -> None:
        self._domain, self._port, self._wait = domain, port, wait

    def look(self, changed: Collection | None):
        """One round: of everything, or of what `changed` files can have changed. Raises MeshError."""
        from mesh_capabilities.review.affected import affected_ports
        from mesh_capabilities.review.trial import Round, try_out
        from mesh_platform.publish.loading import load_built

        start = time.perf_counter()
        offer, graph = load_built(self._domain)
        if self._port and self._port not in graph:
            raise UnknownPort(f"{self._domain.name} builds no port '{self._port}'.", f"It builds {', '.join(sorted(graph))}.")
        wanted = set(graph) if changed is None else affected_ports(changed, offer, graph)
        if self._port:
            wanted &= {self._port}
        if not wanted:
            return Round((), 0.0)
        tried = try_out(offer, graph, wanted, self._wait)
        return Round(tried.ports, time.perf_counter() - start)

    def follow(self) -> int:
        """Looks at everything, and then at what each edit changed, until Ctrl-C."""
        from mesh_capabilities.review.watching import edits

        waiting = f"watching {self._domain.relative(self._domain.folder)} and dbt_projects/{self._domain.name}; Ctrl-C ends it"
        try:
            for number, changed in enumerate(edits(self._domain)):
                if changed:
                    names = ", ".join(sorted(self._domain.relative(path) for path in changed))
                    console().print(f"\n[bold]{time.strftime('%H:%M:%S')}[/] {clean(names)}", soft_wrap=True)
                self._show(changed or None)
                if number == 0:
                    console().print(f"[dim]{waiting}[/]", soft_wrap=True)
        except KeyboardInterrupt:
            pass
        verdict(True, "nothing was published")
        return 0

    def _show(self, changed: Collection | None) -> None:
        try:
            tried = self.look(changed)
        except MeshError as problem:  # half an edit, or a mistake: the next edit may put it right
            trace(problem)
            verdict(False, str(problem))
            return
        if tried.ports:
            print_round(tried)
        else:
            verdict(True, "nothing of it is built here")
