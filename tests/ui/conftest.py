"""The UI of a whole mesh, served on this machine, and a real browser to look at it."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

START_SECONDS, SERVE_SECONDS = 180, 1_500


@dataclass(frozen=True)
class Ui:
    """The running UI: its address, and its GraphQL door for what a test needs to know."""

    address: str

    def ask(self, question: str, **variables: object) -> dict:
        body = json.dumps({"query": question, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def runs_since(self, moment: float) -> list[dict]:
        """The runs created since then: status, code location and assets."""
        question = """{ runsOrError(limit: 50) { ... on Runs { results {
            runId status creationTime repositoryOrigin { repositoryLocationName } assetSelection { path } } } } }"""
        runs = self.ask(question)["runsOrError"]["results"]
        return [
            {**run, "location": run["repositoryOrigin"]["repositoryLocationName"]}
            for run in runs
            if run["creationTime"] >= moment
        ]

    def settled(self, moment: float, quiet: float = 60, limit: float = 400) -> list[dict]:
        """The runs since `moment`, once all have ended and no new one has come for `quiet` seconds."""
        deadline, last_change, seen = time.monotonic() + limit, time.monotonic(), None
        while time.monotonic() < deadline:
            runs = self.runs_since(moment)
            state = sorted((run["runId"], run["status"]) for run in runs)
            if state != seen:
                seen, last_change = state, time.monotonic()
            ended = runs and all(run["status"] in ("SUCCESS", "FAILURE", "CANCELED") for run in runs)
            if ended and time.monotonic() - last_change > quiet:
                return runs
            time.sleep(1)
        raise AssertionError(f"runs did not settle within {limit} s: {seen}")


@pytest.fixture(scope="session")
def ui(mesh) -> Iterator[Ui]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = mesh.command("ui", "--port", port, "--seconds", SERVE_SECONDS)
    server = subprocess.Popen(
        command, cwd=mesh.root, env=mesh.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said = []
        for line in server.stdout:  # `mesh ui` itself gives up after START_SECONDS
            said.append(line)
            if "serves 4 code locations" in line:
                break
        else:
            raise AssertionError("".join(said))
        yield Ui(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "these tests drive a real browser: install Chromium (Debian: apt-get install chromium)"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    offline = ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=[*quiet, *offline])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1800, "height": 1000})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()
