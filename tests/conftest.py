"""A whole mesh to run and to break: a copy of the repository's domains, with a home and sources of its own."""

import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from mesh_platform.home import MeshHome
from support.loaded_mesh import LOADED, SCRIPT

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-capabilities",
        action="store_true",
        help="refuse every import of mesh_capabilities and every read of a domain, here and in the processes that tests start",
    )
    parser.addoption(
        "--without-domains",
        action="store_true",
        help="refuse every read of what a fork changes, its domains among it, here and in the processes that tests start",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-capabilities"):
        if loaded := sorted(name for name in sys.modules if name.partition(".")[0] == "mesh_capabilities"):
            raise pytest.UsageError(f"--without-capabilities comes too late: {loaded[0]} is imported already")
        _refuse("without_capabilities")
    elif config.getoption("--without-domains"):
        _refuse("without_domains")


def _refuse(what: str) -> None:
    """Here and in each process that is started from now on."""
    folder = ROOT / "tests/support" / what
    runpy.run_path(str(folder / "sitecustomize.py"))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that short ones are left to even out the two processes at the end.

    These are files that say `STARTS_FIRST = True`, then those that need a mesh.
    """

    def place(item: pytest.Item) -> int:
        if getattr(item.module, "STARTS_FIRST", False):
            return 0
        return next((at for at, name in enumerate(("beginner", "mesh"), 1) if name in item.fixturenames), 3)

    items.sort(key=place)


def pytest_unconfigure() -> None:
    LOADED.stop()


@dataclass(frozen=True)
class Mesh:
    """A mesh in a folder of its own, driven as its users drive it."""

    root: Path
    known: dict
    """The known amounts of its generated sources."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further variables of its environment."""

    @property
    def home(self) -> Path:
        return self.root / "state"

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    @property
    def environment(self) -> dict[str, str]:
        domains = [str(path) for path in sorted((self.root / "domains").iterdir())]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
        return {**kept, "MESH_HOME": str(self.home), "PYTHONPATH": os.pathsep.join(domains), **self.settings}

    def command(self, *arguments: object) -> list[str]:
        return [str(SCRIPT), *map(str, arguments)]

    def run(self, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs `mesh` and holds it to its exit code."""
        done = LOADED.run([*map(str, arguments)], self.root, self.environment, timeout=240)
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments: object, **options: object) -> subprocess.Popen:
        """Starts `mesh` as a terminal does: Ctrl-C reaches it, also where these tests themselves run in the background."""

        def hear_ctrl_c() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        command = self.command(*arguments)
        return subprocess.Popen(command, cwd=self.root, env=self.environment, preexec_fn=hear_ctrl_c, **options)

    def json(self, *arguments: object, code: int = 0) -> dict | list:
        """What a command prints with --json: one document and nothing else."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def versions(self) -> dict[str, int | None]:
        """The served version of every port."""
        return {port["port"]: port["version"] for port in self.json("status")}

    def sources_with(self, folder: Path, file: str, content: bytes | None) -> Path:
        """A copy of the sources in which one file reads otherwise, or is missing."""
        shutil.copytree(self.sources, folder)
        (folder / file).unlink()
        if content is not None:
            (folder / file).write_bytes(content)
        return folder

    @contextmanager
    def changed(self, file: str, *replacements: tuple[str, str]) -> Iterator[None]:
        """Within it, a file of the mesh reads otherwise."""
        path = self.root / file
        before = path.read_text(encoding="utf-8")
        text = before
        for old, new in replacements:
            assert old in text, f"{file} does not say {old!r}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    @contextmanager
    def with_file(self, file: str, text: str) -> Iterator[None]:
        """Within it, the mesh has one file more."""
        path = self.root / file
        made = [folder for folder in reversed(path.parents) if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            path.unlink()
            for folder in reversed(made):
                folder.rmdir()

    @contextmanager
    def without_file(self, file: str) -> Iterator[None]:
        """Within it, a file of the mesh is missing."""
        path = self.root / file
        before = path.read_bytes()
        path.unlink()
        try:
            yield
        finally:
            path.write_bytes(before)


def copy_repository(root: Path) -> None:
    """What of the repository a mesh is made of."""
    for name in ("domains", "dbt_projects"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    for name in ("workspace.yaml", "mesh.toml"):
        shutil.copy(ROOT / name, root)
    # dbt finds the platform's macros beside the projects.
    (root / "platform").symlink_to(ROOT / "platform")


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    """A mesh with every port published once. Tests that change it put it back."""
    from support.starting_point import keep_reviewed, write_sources  # the core's tests do without the sample

    root = tmp_path_factory.mktemp("mesh", numbered=False)
    copy_repository(root)
    keep_reviewed(root)
    made = Mesh(root, known=write_sources(root / "sources"))
    if made.sources.is_dir():
        MeshHome(made.home).remember_source(made.sources)
    made.run("run")
    return made


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives ports of this machine that nobody listens on."""
    return _free_port


@pytest.fixture(scope="session")
def await_port() -> Callable[..., None]:
    """Waits until a server listens on its port."""
    return _await_port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_port(port: int, process: subprocess.Popen, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}; {process.args[:4]} ended with {process.poll()}")


@pytest.fixture(scope="session")
def object_store() -> Iterator[dict[str, str]]:
    """A local S3 server with a bucket `mesh`: the variables by which it is reached."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_port(port, server)
        reached = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": "us-east-1",
        }
        import boto3

        client = boto3.client(
            "s3",
            endpoint_url=reached["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        client.create_bucket(Bucket="mesh")
        yield reached
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def check_event() -> Callable[[dict], None]:
    """Holds an OpenLineage event against the official schema of run events, and each of its facets against its own."""
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry, Resource

    from mesh_capabilities.openlineage.facets import schema

    folder = ROOT / "platform/mesh_capabilities/openlineage/schemas"
    known = {schema(path.stem)["$id"]: Resource.from_contents(schema(path.stem)) for path in folder.glob("*.json")}
    registry = Registry().with_resources(known.items())

    @cache
    def validator(url: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": url}, registry=registry, format_checker=FormatChecker())

    def facets_of(event: dict) -> Iterator[dict]:
        datasets = [*event["inputs"], *event["outputs"]]
        for holder in (event["run"], event["job"], *datasets):
            for kind in ("facets", "inputFacets", "outputFacets"):
                yield from holder.get(kind, {}).values()

    def check(event: dict) -> None:
        # Not the root, which also accepts events without a run.
        validator(event["schemaURL"]).validate(event)
        assert event["schemaURL"].endswith("#/$defs/RunEvent")
        assert datetime.fromisoformat(event["eventTime"]).tzinfo, "the schema's date-time is a remark to most validators"
        for facet in facets_of(event):
            validator(facet["_schemaURL"]).validate(facet)

    return check
