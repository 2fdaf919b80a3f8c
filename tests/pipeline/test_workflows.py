"""The workflows of continuous integration: valid, pinned, and every step of theirs is run, in a repository with history."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
WORKFLOWS = [ROOT / ".github/workflows" / name for name in ("pull-request.yml", "publish.yml")]
SCHEMAS = Path(__file__).parent / "schemas"
NOT_RUN_HERE = {
    "make test": "`.ci/run` runs it before this test",
    "make test-long": "it is what runs this test",
    "make test-attacks": "`.ci/run` runs it after this test",
}
MODEL = "dbt_projects/finance/models/ports/payments.sql"


def read(path):
    """A workflow; YAML 1.1 takes its key `on` for true."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()}


def steps():
    """Every step of every job, with where it stands."""
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            for number, step in enumerate(job["steps"]):
                yield pytest.param(step, id=f"{path.stem} {name} {number}")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_one_by_the_schema(path):
    Draft7Validator(json.loads((SCHEMAS / "github-workflow.json").read_text())).validate(read(path))


def test_no_workflow_is_left_out():
    assert sorted(WORKFLOWS) == sorted((ROOT / ".github/workflows").iterdir())


def test_the_schema_is_the_recorded_one():
    (digest,) = re.findall(r"\b[0-9a-f]{64}\b", (SCHEMAS / "SOURCES.md").read_text())
    assert hashlib.sha256((SCHEMAS / "github-workflow.json").read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("step", list(steps()))
def test_a_step_is_an_official_action_of_one_commit_or_a_line_that_no_event_can_write_into(step):
    if "uses" in step:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
    else:
        assert "${{" not in step["run"], "what an event says would be run; hand it over in env"


@pytest.fixture(scope="module")
def repository(mesh, tmp_path_factory):
    """The repository with a commit on main, a change on a branch, and the home of a mesh that is served."""
    root = tmp_path_factory.mktemp("pipeline") / "repository"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
            os.utime(root / name, (0, 0))  # older than what is set up, so that no step sets up anew
    (root / ".venv").mkdir()
    for name in ("bin", "lib"):
        (root / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", root / ".venv")
    for stamp in (".ready", ".domains"):  # in this order: make takes the second for made of the first
        (root / ".venv" / stamp).touch()
    shutil.copytree(mesh.home, root.parent / "home")
    # What a runner of checks may read: a copy, and read-only.
    shutil.copytree(mesh.home / "ports", root.parent / "copy/ports")
    shutil.copytree(mesh.sources, root.parent / "copy/sources")
    subprocess.run(["chmod", "-R", "a-w", root.parent / "copy"], check=True)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "The mesh")
    git(root, "checkout", "--quiet", "-b", "change")
    model = (root / MODEL).read_text(encoding="utf-8")
    (root / MODEL).write_text(model.replace("    installments,\n", "    installments + 1 as installments,\n"), encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "--message", "One instalment more")
    return root


def contents(folder):
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def git(root, *arguments):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.hooksPath=", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def environment(root, mesh):
    """What a runner sets, and what the workflows hand over in env, for a change of finance."""
    tools = root.parent / "tools"
    tools.mkdir(exist_ok=True)
    # The one program that needs the outside: it notes what it is asked to do.
    (tools / "gh").write_text('#!/bin/sh\necho "$@" > commented.txt\n')
    (tools / "gh").chmod(0o755)
    path = [str(root / "platform"), *(str(folder) for folder in sorted((root / "domains").iterdir()))]
    return {
        "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "PYTHON": "false",  # nothing may be set up here
        "PYTHONPATH": os.pathsep.join(path),
        "COPY": str(root.parent / "copy"),
        "ORDERS": "50",
        "BASE": git(root, "rev-parse", "main"),
        "DOMAINS": "finance",
        "SUMMARY": "summary/finance.md",
        "JUNIT": "check.xml",
        "RUNNER_TEMP": str(tools),
        "GITHUB_OUTPUT": str(tools / "outputs.txt"),
        "GITHUB_STEP_SUMMARY": str(tools / "told.md"),
        "NUMBER": "7",
    }


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
def test_every_step_of_every_workflow_does_what_it_is_there_for(repository, mesh):
    kept, done, live = environment(repository, mesh), [], repository.parent / "home"
    before = contents(live)
    for path in WORKFLOWS:
        # Only what publishes knows where the mesh is.
        at_home = {"MESH_HOME": str(live), "MESH_SOURCE": str(mesh.sources)} if path.stem == "publish" else {}
        for job in read(path)["jobs"].values():
            for step in job["steps"]:
                line = step.get("run")
                if line is None or line in NOT_RUN_HERE or line in done:
                    continue
                # As a runner does: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
                words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line]
                if line == "make sources":  # where there is no copy
                    at_home = {"MESH_HOME": str(repository.parent / "other")}
                if line == "make check":
                    at_home = {}
                if "checked/" in line:  # what the step before has fetched
                    shutil.copytree(repository / "summary", repository / "checked/summary")
                ended = subprocess.run(words, cwd=repository, env=kept | at_home, capture_output=True, text=True, timeout=240)
                assert ended.returncode == 0, f"{path.name}: {line}\n{ended.stdout}\n{ended.stderr}"
                done.append(line)
        if path.stem == "pull-request":
            assert contents(live) == before, "a change that is only checked has touched the mesh"
    outputs = dict(line.split("=", 1) for line in Path(kept["GITHUB_OUTPUT"]).read_text().splitlines())
    assert json.loads(outputs["domains"]) == ["finance"]
    assert json.loads(outputs["groups"]) == [{"name": "finance", "domains": "finance"}]
    told = Path(kept["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert told.startswith("## ✔ 1 changed file, 2 ports built and audited")
    assert "| finance/payments | " in told
    assert "installments (" in told
    assert (repository / "comment.md").read_text(encoding="utf-8") == told
    assert (repository / "commented.txt").read_text().split()[:4] == ["pr", "comment", "7", "--body-file"]
    assert (repository / "check.xml").is_file()
    history = [*(repository.parent / "home/ports/finance/payments/v1/_delta_log").glob("0*.json")]
    assert len(history) == len([*(mesh.home / "ports/finance/payments/v1/_delta_log").glob("0*.json")]) + 1, "published once"


def test_what_is_not_run_here_is_a_target_that_other_tests_hold(repository):
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {line.removeprefix("make ") for line in NOT_RUN_HERE} <= targets
    lines = {step["run"] for path in WORKFLOWS for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step}
    assert NOT_RUN_HERE.keys() <= lines


def test_the_owners_of_the_folders_are_those_of_the_domains():
    from mesh_capabilities.scaffolding.code_owners import code_owners
    from mesh_platform.project import load_project

    grown = {path.parent.name for path in ROOT.glob("domains/*/.scaffold.yaml")}

    def by_hand(text):
        """Whoever grows a domain runs `make owners` when they like."""
        return [line for line in text.splitlines() if not grown & set(line.split("/"))]

    written = (ROOT / ".github/CODEOWNERS").read_text(encoding="utf-8")
    assert by_hand(written) == by_hand(code_owners(load_project(ROOT))), "make owners writes it anew"
    assert "/domains/sales/ @acme/sales\n/dbt_projects/sales/ @acme/sales\n" in code_owners(load_project(ROOT), "acme")
