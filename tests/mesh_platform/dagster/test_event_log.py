"""The event log that stays open: the same events in the same files, readable by the event log of the UI."""

import pytest
from dagster import (
    AssetCheckResult,
    AssetKey,
    BackfillPolicy,
    DagsterInstance,
    DailyPartitionsDefinition,
    MaterializeResult,
    asset,
    asset_check,
    materialize,
)
from dagster._core.instance.ref import InstanceRef

pytestmark = pytest.mark.usefixtures("own_environment")


@asset(key=["sales", "orders"])
def orders():
    return MaterializeResult(metadata={"version": 3})


@asset_check(asset=orders)
def has_rows():
    return AssetCheckResult(passed=True)


def kept_open(home):
    """An instance over `home` with the platform's event log."""
    log = {
        "module": "mesh_platform.dagster.internals",
        "class": "KeptOpenEventLog",
        "config": {"base_dir": str(home / "history" / "runs")},
    }
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides={"event_log_storage": log}))


def ordinary(home):
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(home)))


@pytest.fixture
def home(tmp_path):
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


def steps(instance, run):
    return [event.dagster_event.event_type_value for event in instance.all_logs(run) if event.is_dagster_event]


def test_both_event_logs_read_what_the_other_has_written_even_while_both_are_open(home):
    with ordinary(home) as ui, kept_open(home) as ours:
        runs = [materialize([orders, has_rows], instance=instance).run_id for instance in (ui, ours, ui)]
        written = [steps(ours, run) for run in runs]
        assert [steps(ui, run) for run in runs] == written
        assert {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "PIPELINE_SUCCESS"} <= set(written[1])
        assert written[0] == written[1] == written[2]
        assert [latest(instance) for instance in (ui, ours)] == [runs[2], runs[2]]
        last = materialize([orders], instance=ours).run_id
    with ordinary(home) as ui:
        assert latest(ui) == last
        assert [run.status.value for run in ui.get_runs()] == ["SUCCESS"] * 4


def latest(instance):
    """The run of the newest materialisation, and its metadata."""
    event = instance.get_latest_materialization_event(AssetKey(["sales", "orders"]))
    assert event.asset_materialization.metadata["version"].value == 3
    return event.run_id


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
def test_the_days_of_a_port_are_stored_in_one_batch_and_both_event_logs_know_each(home, monkeypatch):
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    days = DailyPartitionsDefinition("2017-01-01", end_date="2017-03-01")
    key, batches = AssetKey(["sales", "events"]), []

    @asset(key=key, partitions_def=days, backfill_policy=BackfillPolicy.single_run())
    def events():
        return MaterializeResult(metadata={"version": 3})

    tags = {"dagster/asset_partition_range_start": "2017-01-01", "dagster/asset_partition_range_end": "2017-02-28"}
    with kept_open(home) as ours:
        store = ours.event_log_storage.store_event_batch
        monkeypatch.setattr(ours.event_log_storage, "store_event_batch", lambda some: (batches.append(len(some)), store(some)))
        run = materialize([events], instance=ours, tags=tags).run_id
        assert batches == [59, 59], "planned, and done"
        assert steps(ours, run).count("ASSET_MATERIALIZATION") == 59
    with ordinary(home) as ui:
        assert ui.get_materialized_partitions(key) == set(days.get_partition_keys())
        assert ui.get_latest_materialization_event(key).asset_materialization.partition == "2017-02-28"
        assert steps(ui, run).count("ASSET_MATERIALIZATION") == 59 == steps(ui, run).count("ASSET_MATERIALIZATION_PLANNED")
