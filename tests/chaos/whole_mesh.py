"""kill -9 of a real `mesh run` at random moments, and what the next plain `mesh run` makes of it."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mesh_platform.project import load_project
from support.starting_point import write_sources

REPOSITORY = Path(__file__).resolve().parents[2]
DOMAIN = next(iter(load_project(REPOSITORY).domains))


def killed_runs(root: Path, kills: int, chance: random.Random, say: Callable[[str], None]) -> dict:
    """Makes a mesh below `root` and kills its runs; gives how many, and what was not as it should be afterwards."""
    moments, killed = make_mesh(root), []
    for number in range(1, kills + 1):
        killed.append(kill_and_heal(root, chance, moments))
        say(f"{number} of {kills} runs of a mesh: killed with {killed[-1].published} ports published, {killed[-1].outcome}")
    return {
        "kills": kills,
        "ports_published_when_killed": [one.published for one in killed],
        "healed": sum(not one.wrong for one in killed),
        "wrong": [sentence for one in killed for sentence in one.wrong],
    }


@dataclass(frozen=True)
class Killed:
    """What became of one killed run."""

    published: int
    """How many ports it had published by then."""
    wrong: list[str]
    """What was not as it should be afterwards, in sentences."""

    @property
    def outcome(self) -> str:
        return "; ".join(self.wrong) or "healed"


def make_mesh(root: Path) -> int:
    """A copy of the repository's domains with sources of its own, published once; gives the moments of a run."""
    for name in ("domains", "dbt_projects"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
    for name in ("workspace.yaml", "mesh.toml"):
        shutil.copy(REPOSITORY / name, root)
    # dbt finds the platform's macros beside the projects.
    (root / "platform").symlink_to(REPOSITORY / "platform")
    write_sources(Path(_environment(root)["MESH_HOME"]) / "sources", orders=2_000)
    return moments_of(mesh(root, "run", DOMAIN, "--json"))


def moments_of(run: dict) -> int:
    """How many lines a run prints while it works: one a source that was read, one a port that was published."""
    return len(run["sources"]) + len(run["published"])


def kill_and_heal(root: Path, chance: random.Random, moments: int) -> Killed:
    """One run killed, and one that heals."""
    killed = kill_run(root, chance, moments)
    return Killed(killed.published, [*killed.wrong, *heal(root)])


def kill_run(root: Path, chance: random.Random, moments: int) -> Killed:
    """Kills a run; every port then serves what it did, or the version after it, and all rows of that.

    Args:
        moments: the kill comes after a random one of so many lines, so that a busy machine changes little.
    """
    before = served(root)
    killed = subprocess.Popen(_command("run", DOMAIN), cwd=root, env=_environment(root), stdout=subprocess.PIPE, text=True)
    try:
        lines = (line for line in killed.stdout if ": read " in line or line.startswith("✔ "))
        for _ in range(chance.randrange(1, moments)):
            next(lines)
        time.sleep(chance.uniform(0, 0.7))
    finally:
        killed.kill()
        killed.wait()
        killed.stdout.close()
    after = served(root)
    steps = {port: number - before[port] for port, number in after.items()}
    wrong = [f"{port} went {step} versions on" for port, step in steps.items() if step not in (0, 1)]
    counts = " UNION ALL ".join(f"SELECT '{port}' AS port, count(*) AS n FROM {port.replace('/', '.')}" for port in after)
    found = {row["port"]: row["n"] for row in mesh(root, "query", counts, "--json")}
    promised = {port["port"]: port["rows"] for port in _status(root)}
    if found != promised:
        wrong.append(f"the ports hold {found} rows, and were published with {promised}")
    return Killed(sum(step > 0 for step in steps.values()), wrong)


def heal(root: Path) -> list[str]:
    """A plain run. Gives what is not as if nothing had happened then, in sentences."""
    run = mesh(root, "run", DOMAIN, "--json")
    return _unhealed(root, run, served(root))


def _unhealed(root: Path, run: dict, after: dict[str, int]) -> list[str]:
    wrong = [f"the next run said: {problem}" for problem in [*run["failures"], *run["refused"]]]
    wrong += [f"{port['port']} has remarks: {port['remarks']}" for port in _status(root) if port["remarks"]]
    if {port["port"]: port["version"] for port in run["published"]} != after:
        wrong.append("the next run has not published every port")
    wrong += [f"{leftover['file']} was left" for leftover in mesh(root, "ports", "sweep", "--dry-run", "--json")["files"]]
    return wrong + [f"the run {run_id} shows as {status}" for run_id, status in unfinished_runs(root)]


def unfinished_runs(root: Path) -> list[tuple[str, str]]:
    """The runs that Dagster takes for running, in its own words."""
    code = (
        "import json\nfrom dagster import DagsterInstance\nwith DagsterInstance.get() as instance:\n"
        "    runs = [(run.run_id, run.status.value) for run in instance.get_runs()]\nprint(json.dumps(runs))"
    )
    environment = _environment(root) | {"DAGSTER_HOME": str(Path(_environment(root)["MESH_HOME"]) / "dagster")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return [(run, status) for run, status in json.loads(done.stdout) if status not in ("SUCCESS", "FAILURE", "CANCELED")]


def served(root: Path) -> dict[str, int]:
    """The served version of every port of the domain."""
    return {port["port"]: port["version"] for port in _status(root)}


def _status(root: Path) -> list[dict]:
    return [port for port in mesh(root, "status", "--json") if port["port"].startswith(f"{DOMAIN}/")]


def mesh(root: Path, *words: object) -> dict | list | None:
    """Runs `mesh`, which must succeed; gives its document if it was asked for one."""
    done = subprocess.run(_command(*words), cwd=root, env=_environment(root), capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"mesh {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout) if "--json" in words else None


def _command(*words: object) -> list[str]:
    return [str(Path(sys.executable).parent / "mesh"), *map(str, words)]


def _environment(root: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    domains = os.pathsep.join(str(folder) for folder in sorted((root / "domains").iterdir()))
    return {**kept, "MESH_HOME": str(root / "state"), "PYTHONPATH": domains}
