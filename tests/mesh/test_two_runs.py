"""Two runs of one domain: one writes, the other is refused or waits, and says so."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

HOLD = """
import sys, time
from pathlib import Path
from mesh_platform.build.warehouse import writing
from mesh_platform.project import load_domain
with writing(load_domain(Path(sys.argv[1]), "sales"), 0):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def somebody_running(mesh, seconds: float):
    """Another process that has the sales domain, as a run has it, for at most so many seconds."""
    command = [sys.executable, "-c", HOLD, str(mesh.root), str(seconds)]
    holder = subprocess.Popen(command, env=mesh.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
    finally:
        holder.kill()
        holder.wait()


def test_a_second_run_is_refused_and_told_who_is_running(mesh):
    before = mesh.versions()
    with somebody_running(mesh, 60) as pid:
        said = mesh.run("run", "sales/sellers", code=1).stdout
    assert f"The domain sales is being run by process {pid}" in said
    assert "mesh run --wait SECONDS" in said
    assert mesh.versions() == before


def test_other_domains_run_meanwhile(mesh):
    with somebody_running(mesh, 60):
        mesh.run("run", "marketing/leads")


def test_a_second_run_that_may_wait_waits_and_says_so(mesh):
    before = mesh.versions()["sales/sellers"]
    with somebody_running(mesh, 4) as pid:
        said = mesh.run("run", "sales/sellers", "--wait", 60).stdout
    assert f"waiting up to 60 s for process {pid} to finish with sales" in said
    assert mesh.versions()["sales/sellers"] == before + 1


def test_waiting_ends_when_the_time_is_up(mesh):
    with somebody_running(mesh, 60):
        said = mesh.run("run", "sales/sellers", "--wait", 1, code=1).stdout
    assert "(waited 1 s)" in said


def test_two_real_runs_at_once_publish_one_after_the_other_or_not_at_all(mesh):
    before = mesh.versions()["sales/catalog"]
    runs = [
        subprocess.Popen(
            mesh.command("run", "sales/catalog", "--wait", 120),
            cwd=mesh.root,
            env=mesh.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [run.communicate(timeout=200)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert mesh.versions()["sales/catalog"] == before + 2


def test_a_run_that_died_does_not_lock_its_domain(mesh):
    with somebody_running(mesh, 60) as pid:
        os.kill(pid, 9)
        time.sleep(0.5)
        mesh.run("run", "sales/sellers")
