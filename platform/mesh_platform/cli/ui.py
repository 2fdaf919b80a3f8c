"""`mesh ui`: serve Dagster's webserver and daemon for all code locations, and the servers of capabilities, until stopped."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from mesh_isolation.servers import HOST, is_free, query_graphql, stop
from mesh_isolation.terminal import console, styled, verdict, warn
from mesh_isolation.text import counted
from mesh_platform.capabilities import called, capabilities_of, implementations
from mesh_platform.errors import CapabilityError, MeshError, ProjectError, described, trace_error
from mesh_platform.home import REGISTRY
from mesh_platform.hooks import Companion
from mesh_platform.project import Project, code_locations, load_project
from mesh_platform.yaml_files import read_mapping

_START_SECONDS = 180
LOCATIONS = "{workspaceOrError{... on Workspace{locationEntries{name loadStatus locationOrLoadError{__typename}}}}}"
"""Asks the webserver for its code locations."""


def serve_ui(port: int, seconds: float | None) -> None:
    """Starts the servers as one child process group, and waits until it ends or is stopped.

    Args:
        port: the port of the UI on 127.0.0.1.
        seconds: how long to serve; None to serve until Ctrl-C.

    Raises MeshError when the port is in use, or when the servers do not start or end by themselves.
    """
    from mesh_platform.dagster.history import end_all_lost_runs, open_history

    project = load_project(with_broken=True)
    project.home.prepare()
    if not is_free(port):
        raise MeshError(f"Port {port} on {HOST} is in use.", "Choose another with --port, or stop the process that uses it.")
    with open_history(project.home):
        pass  # its databases are made before several servers would make them
    log, start = project.home.root / "ui.log", time.perf_counter()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "mesh_platform.dagster.webserver", "dev", "-w", REGISTRY, "-h", HOST, "-p", str(port)],
            cwd=project.root,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # SIGTERM, from a service manager or from `timeout`, has the same effect as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    companions: list[Companion] = []
    try:
        end_all_lost_runs(project)  # while the servers start
        companions = _companions(project, port)
        _wait_until_loaded(project, server, port, log)
        locations = counted(len(project.domains), "code location")
        verdict(True, f"http://{HOST}:{port} serves {locations}, loaded in {time.perf_counter() - start:.1f} s")
        for companion in companions:
            verdict(True, companion.sentence)
        console().print("[dim]Ctrl-C stops the UI; its log is {}[/]", log)
        server.wait(timeout=seconds)
        raise MeshError(f"The UI stopped unexpectedly with exit code {server.returncode}.", f"See {log}.")
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        console().print("stopping the UI")
    finally:
        try:
            for companion in companions:
                try:
                    companion.close()
                except Exception as problem:
                    trace_error(problem)
                    warn(f"A server beside the UI did not stop: {described(problem)}.")
        finally:
            stop(server)
    console().print("The UI has stopped.")


def _companions(project: Project, port: int) -> list[Companion]:
    """Starts the servers of capabilities, on the ports above the UI's, while the UI starts.

    One that cannot start is skipped with a warning: the UI must run to repair a broken mesh.
    """
    started: list[Companion] = []
    for capability in implementations(capabilities_of(project.root).companions):
        try:
            at = min(port + 1 + len(started), 65_535)
            started.append(called(capability, _checked, project=project, port=at, ui=port))
        except MeshError as problem:
            warn(f"The {capability.plugin_name} is not served: {problem}")
    return started


def _checked(companion: object) -> Companion:
    if not (isinstance(getattr(companion, "sentence", None), str) and callable(getattr(companion, "close", None))):
        raise CapabilityError(f"it gives {type(companion).__name__} and no companion")
    return companion


def _wait_until_loaded(project: Project, server: subprocess.Popen, port: int, log: Path) -> None:
    terminal = console()
    names = [name for name, _ in code_locations(read_mapping(project.root / REGISTRY, ProjectError))]
    for reason in project.broken.values():
        warn(reason)
    terminal.print("starting the UI and loading {}", ", ".join(names))
    with terminal.status("starting the servers") as status:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
                raise MeshError(f"The UI did not start: {' '.join(tail)}", f"See {log}.")
            entries = _locations(port)
            loaded = [entry for entry in entries if entry["loadStatus"] == "LOADED"]
            if len(loaded) == len(names):
                broken = [e["name"] for e in loaded if e["locationOrLoadError"]["__typename"] == "PythonError"]
                if broken:
                    terminal.print("[yellow]![/] {} did not load; the UI shows why, and serves the others", ", ".join(broken))
                return
            status.update(styled("{} of {} code locations have loaded", len(loaded), len(names)))
            time.sleep(0.25)
        raise MeshError(f"The UI did not load all code locations within {_START_SECONDS} s.", f"See {log}.")


def _locations(port: int) -> list[dict]:
    """The code locations that the webserver has so far; none before it responds."""
    return query_graphql(port, LOCATIONS).get("workspaceOrError", {}).get("locationEntries", [])
