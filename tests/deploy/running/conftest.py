"""A deployment on one machine: PostgreSQL, an S3 server, a code server a domain, webserver and daemon, each a process."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

import marketplace

ROOT = Path(__file__).parents[3]
DOMAINS = [
    entry["grpc_server"]["location_name"]
    for entry in yaml.safe_load((ROOT / "deploy/dagster/workspace.yaml").read_text())["load_from"]
]
START_SECONDS, RUN_SECONDS = 180, 240


@dataclass
class Process:
    """A server of its own process group, so that it can be killed with everything that it has started."""

    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    running: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def signal(self, what: signal.Signals) -> None:
        if self.running and self.running.poll() is None:
            os.killpg(self.running.pid, what)

    def end(self) -> None:
        """Waits a little for what has been told to end, and kills it then."""
        if self.running:
            try:
                self.running.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.running.wait(timeout=20)


@pytest.fixture(scope="session")
def postgres(free_port) -> Iterator[dict[str, str]]:
    """A real PostgreSQL server with an empty database, run by a user without rights: the variables that lead there."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(installed[-1]) if installed else shutil.which("initdb")
    assert found, "these tests start a real PostgreSQL: install it (Debian: apt-get install postgresql)"
    programs = Path(found).parent
    # PostgreSQL refuses to be run by root.
    owner = next((name for name in ("postgres", "nobody") if _known(name)), None) if os.geteuid() == 0 else None
    folder, port = Path(tempfile.mkdtemp(prefix="mesh-postgres-")), free_port()
    if owner:
        shutil.chown(folder, owner)
    as_owner = {"user": owner, "cwd": folder} if owner else {"cwd": folder}
    secret = folder / "secret"
    secret.write_text("local only\n")
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "dagster", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"],
        check=True,
        capture_output=True,
        **as_owner,
    )
    options = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), *options], stdout=log, stderr=log, **as_owner
        )
    reached = {
        "DAGSTER_PG_HOST": "127.0.0.1",
        "DAGSTER_PG_PORT": str(port),
        "DAGSTER_PG_USERNAME": "dagster",
        "DAGSTER_PG_PASSWORD": "local only",
        "DAGSTER_PG_DB": "dagster",
    }
    try:
        _create_database(reached, server)
        yield reached
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _connected(reached: Mapping[str, str], database: str):
    import psycopg2

    return psycopg2.connect(
        host=reached["DAGSTER_PG_HOST"],
        port=reached["DAGSTER_PG_PORT"],
        user=reached["DAGSTER_PG_USERNAME"],
        password=reached["DAGSTER_PG_PASSWORD"],
        dbname=database,
    )


def _create_database(reached: Mapping[str, str], server: subprocess.Popen) -> None:
    import psycopg2

    deadline = time.monotonic() + 60
    while True:
        try:
            connection = _connected(reached, "postgres")
            break
        except psycopg2.OperationalError:
            assert time.monotonic() < deadline and server.poll() is None, "PostgreSQL did not start"
            time.sleep(0.1)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE dagster")
    connection.close()


@dataclass
class Deployment:
    """The mesh as `deploy/` ships it, with processes of this machine in the place of containers."""

    root: Path
    shared: Mapping[str, str]
    """The variables that every part has: how to reach PostgreSQL and the bucket."""
    web: int
    """The port of the UI."""
    servers: dict[str, Process] = field(default_factory=dict)
    """The code servers, by domain, and `webserver` and `daemon`."""

    def python(self, name: str) -> str:
        return str(self.root / "environments" / name / "bin" / "python")

    def environment(self, name: str) -> dict[str, str]:
        """Of one part: no home of another one, and no code."""
        kept = {key: os.environ[key] for key in ("PATH", "TMPDIR", "LANG") if key in os.environ}
        own = {"MESH_HOME": str(self.root / "homes" / name), "HOME": str(self.root)}
        sources = {"MESH_SOURCE": str(self.root / "sources")}
        instance = dict.fromkeys(("DAGSTER_HOME", "MESH_INSTANCE"), str(self.root / "instance"))
        return {**kept, **own, **sources, **self.shared, **instance}

    def mesh(self, *arguments: object, home: str, code: int = 0) -> str:
        """Runs `mesh` as somebody with a home of his own would, beside the deployment."""
        packages = [str(self.root / "repositories/operator/domains" / domain) for domain in DOMAINS]
        done = subprocess.run(
            [str(Path(sys.executable).parent / "mesh"), *map(str, arguments)],
            cwd=self.root / "repositories/operator",
            env={
                **self.environment(home),
                "PYTHONPATH": os.pathsep.join(packages),
            },
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(self, question: str, **variables: object) -> dict:
        """What the UI answers to a GraphQL query."""
        body = json.dumps({"query": question, "variables": variables}).encode()
        address = f"http://127.0.0.1:{self.web}/graphql"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def reload(self, domain: str) -> None:
        """What the UI's button «Reload» does for one code location."""
        self.ask(
            "mutation ($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }", name=domain
        )

    def locations(self) -> dict[str, str]:
        """By code location, whether the UI can show it."""
        question = "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename } } } } }"
        entries = self.ask(question)["workspaceOrError"]["locationEntries"]
        return {entry["name"]: (entry["locationOrLoadError"] or {}).get("__typename") for entry in entries}

    def await_locations(self, *domains: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        found: dict[str, str] = {}
        while time.monotonic() < deadline and not any(server.running.poll() for server in self.servers.values()):
            try:
                found = self.locations()
            except OSError:
                found = {}
            if all(found.get(domain) == "RepositoryLocation" for domain in domains):
                return
            for domain in domains if found else ():
                if found.get(domain) == "PythonError":
                    self.reload(domain)
            time.sleep(0.5)
        raise AssertionError(f"not loaded: {found}\n{self.logs()}")

    def stop_automation(self) -> None:
        """Nothing runs but what a test starts."""
        question = """query ($where: RepositorySelector!) { sensorsOrError(repositorySelector: $where) {
            ... on Sensors { results { sensorState { id } } } } }"""
        for domain in DOMAINS:
            where = {"repositoryLocationName": domain, "repositoryName": "__repository__"}
            for sensor in self.ask(question, where=where)["sensorsOrError"]["results"]:
                stop = "mutation ($id: String!) { stopSensor(id: $id) { __typename } }"
                answer = self.ask(stop, id=sensor["sensorState"]["id"])
                assert answer["stopSensor"]["__typename"] == "StopSensorMutationResult", answer

    def materialise(self, domain: str, *assets: str) -> str:
        """Starts a run as the UI's button does, waits for its end, and gives its id."""
        question = """mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
            __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
        selector = {
            "repositoryLocationName": domain,
            "repositoryName": "__repository__",
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [{"path": [domain, asset]} for asset in assets],
        }
        answer = self.ask(question, params={"selector": selector, "mode": "default"})["launchPipelineExecution"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        run, deadline, status = answer["run"]["runId"], time.monotonic() + RUN_SECONDS, None
        while time.monotonic() < deadline and status not in ("SUCCESS", "FAILURE", "CANCELED"):
            time.sleep(0.5)
            status = self.ask("query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run)["runOrError"][
                "status"
            ]
        assert status == "SUCCESS", f"{status}\n{self.logs()}"
        return run

    def sql(self, query: str, *values: object) -> list[tuple]:
        """What Dagster's database says, asked without Dagster."""
        connection = _connected(self.shared, "dagster")
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def logs(self) -> str:
        return "\n".join(
            f"== {path.stem}\n{path.read_text(errors='replace')[-2500:]}" for path in sorted(self.root.glob("*.log"))
        )


@pytest.fixture(scope="session")
def deployment(postgres, object_store, free_port, tmp_path_factory) -> Iterator[Deployment]:
    """All of it, started and loaded; nothing has been published."""
    root = tmp_path_factory.mktemp("deployment", numbered=False)
    for name in ("operator", *DOMAINS):
        _copy_repository(root / "repositories" / name, DOMAINS if name == "operator" else [name])
    _make_instance(root / "instance")
    made = Deployment(root, {**postgres, **object_store, "MESH_PORTS": "s3://mesh/deployed"}, free_port())
    marketplace.generate(root / "sources", orders=300, seed=7)
    ports = {domain: free_port() for domain in DOMAINS}
    for domain, port in ports.items():
        _make_environment(made, domain, [ROOT / "platform"])
        serve = ["-m", "dagster", "api", "grpc", "--host", "127.0.0.1", "--port", str(port)]
        _add(made, domain, [*serve, "--module-name", f"{domain}.definitions", "--location-name", domain])
    _make_environment(made, "control", [])
    workspace = yaml.safe_load((ROOT / "deploy/dagster/workspace.yaml").read_text(encoding="utf-8"))
    for entry in workspace["load_from"]:
        server = entry["grpc_server"]
        server |= {"host": "127.0.0.1", "port": ports[server["location_name"]]}
    (root / "workspace.yaml").write_text(yaml.safe_dump(workspace))
    where = ["-w", str(root / "workspace.yaml")]
    web = ["-m", "dagster_webserver", *where, "-h", "127.0.0.1", "-p", str(made.web)]
    _add(made, "webserver", web, python="control")
    _add(made, "daemon", ["-m", "dagster._daemon", "run", *where], python="control")
    try:
        for server in made.servers.values():
            server.start()
        made.await_locations(*DOMAINS)
        made.stop_automation()
        yield made
    finally:
        for server in made.servers.values():
            server.signal(signal.SIGTERM)
        for server in made.servers.values():
            server.end()


def _copy_repository(root: Path, models_of: list[str]) -> None:
    """What an image holds of the repository: of the other domains, what they promise and not their models."""
    for name in ("domains", *(f"dbt_projects/{domain}" for domain in models_of)):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    for name in ("workspace.yaml", "mesh.toml"):
        shutil.copy(ROOT / name, root)
    (root / "platform").symlink_to(ROOT / "platform")


def _make_instance(folder: Path) -> None:
    folder.mkdir()
    shutil.copy(ROOT / "deploy/dagster/dagster.yaml", folder)


def _make_environment(made: Deployment, name: str, code: list[Path]) -> None:
    """A Python environment with the locked packages and no other code than that: what an image holds."""
    folder = made.root / "environments" / name
    venv.create(folder, with_pip=False)
    [packages] = folder.glob("lib/python*/site-packages")
    installed = Path(pytest.__file__).parents[1]
    (packages / "image.pth").write_text("".join(f"{path}\n" for path in [installed, *code]))
    if code:
        subprocess.run([made.python(name), "-m", "mesh_isolation.packages"], check=True)


def _add(made: Deployment, name: str, arguments: list[str], python: str | None = None) -> None:
    command = [made.python(python or name), *arguments]
    made.servers[name] = Process(command, made.environment(name), _folder(made, name), made.root / f"{name}.log")


def _folder(made: Deployment, name: str) -> Path:
    own = made.root / "repositories" / name
    return own if own.exists() else made.root
