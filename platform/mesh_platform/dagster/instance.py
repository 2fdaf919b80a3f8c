"""Events that are reported to the Dagster instance outside a run: rollbacks, and runs whose process was killed."""

from dagster import AssetMaterialization, DagsterInstance, DagsterRunStatus, RunsFilter

from mesh_platform import environment
from mesh_platform.build.warehouse import writing
from mesh_platform.errors import DomainBusy
from mesh_platform.events import Noted, tell
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.shelf import published_port
from mesh_platform.port.version import PortVersion
from mesh_platform.project import Project


def roll_back_port(home: MeshHome, address: PortAddress, to: int) -> PortVersion:
    """Serves the data of version `to` of the port again, as a new version, and reports it to Dagster.

    Raises UnknownPort when the version does not exist or is already served.
    """
    version = published_port(home, address).rollback(to)
    environment.prepare(home)
    with DagsterInstance.get() as instance:
        instance.report_runless_asset_event(
            AssetMaterialization(
                list(address),
                description=f"Rolled back to the data of version {to}.",
                metadata={"version": version.number, "dagster/row_count": version.rows, "rolled back to": to},
                tags={"dagster/data_version": f"v{version.number}"},
            )
        )
    return version


DOMAIN_TAG = "mesh/domain"
_UNFINISHED = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def end_lost_runs(instance: DagsterInstance, domain: str) -> list[str]:
    """Marks the domain's unfinished runs of `mesh run` as failed, and returns their ids.

    The caller must hold the domain (`writing`). A live `mesh run` holds it from its first event to its last, so an
    unfinished run belongs to a dead process. Unchanged, it would occupy the domain's pool forever: no run of the UI could
    start, and the automation would wait for it. Runs of the UI are left alone, because they may be waiting for the domain.
    """
    lost = instance.get_runs(RunsFilter(statuses=_UNFINISHED, tags={DOMAIN_TAG: domain}))
    for run in lost:
        instance.report_run_failed(run, "The process of this run was killed. Versions published before stay served.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        tell(Noted(domain, f"the run {run.run_id[:8]} was killed, and is now marked as failed"))
    return [run.run_id for run in lost]


def end_all_lost_runs(project: Project) -> None:
    """Calls `end_lost_runs` for every domain that no process is running, in the instance of this process."""
    with DagsterInstance.get() as instance:
        for domain in project.domains.values():
            try:
                with writing(domain, wait=0):
                    end_lost_runs(instance, domain.name)
            except DomainBusy:
                continue
