"""Runs whose process was killed: Dagster shows them as failed once another process can hold their domain."""

import subprocess
import sys

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from mesh_platform.dagster.history import DOMAIN_TAG, end_all_lost_runs

pytestmark = pytest.mark.usefixtures("own_environment")

HOLD = """
import sys
from pathlib import Path
from mesh_platform.build.warehouse import writing
from mesh_platform.project import load_domain
with writing(load_domain(Path(sys.argv[1]), "farm"), 0):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def instance(project, company):
    mesh = project(zoo={"animals": []}, farm={"cows": []})
    mesh.home.prepare()
    with DagsterInstance.get() as instance:
        yield mesh, instance


def add(instance, status, **tags):
    return instance.create_run(
        job_name="__ASSET_JOB",
        run_id=None,
        run_config={},
        status=status,
        tags=tags,
        root_run_id=None,
        parent_run_id=None,
        step_keys_to_execute=None,
        execution_plan_snapshot=None,
        job_snapshot=None,
        parent_job_snapshot=None,
        asset_selection=None,
        asset_check_selection=None,
        resolved_op_selection=None,
        op_selection=None,
        remote_job_origin=None,
        job_code_origin=None,
        asset_graph=None,
    ).run_id


def test_what_nobody_runs_any_more_has_failed_and_everything_else_stays_as_it_is(instance):
    project, instance = instance
    lost = add(instance, DagsterRunStatus.STARTED, **{DOMAIN_TAG: "zoo"})
    running = add(instance, DagsterRunStatus.STARTED, **{DOMAIN_TAG: "farm"})
    done = add(instance, DagsterRunStatus.SUCCESS, **{DOMAIN_TAG: "zoo"})
    of_the_ui = add(instance, DagsterRunStatus.STARTED)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, project.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        end_all_lost_runs(project)
        status = {run: instance.get_run_by_id(run).status for run in (lost, running, done, of_the_ui)}
        assert status == {
            lost: DagsterRunStatus.FAILURE,
            running: DagsterRunStatus.STARTED,
            done: DagsterRunStatus.SUCCESS,
            of_the_ui: DagsterRunStatus.STARTED,
        }
    finally:
        holder.kill()
        holder.wait()
    end_all_lost_runs(project)
    assert instance.get_run_by_id(running).status == DagsterRunStatus.FAILURE, "killed like the other"
