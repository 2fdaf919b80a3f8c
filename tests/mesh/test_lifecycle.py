"""The life of a product in a running mesh: consumers are warned, a retired port is built no more, and is still known."""

import subprocess
import sys

import pytest

LEADS = "domains/marketing/products/leads.odps.yaml"
PRODUCT = "domains/finance/products/daily_order_flow.odps.yaml"
RECORD = "domains/finance/products/daily_order_flow.lifecycle.yaml"
SHOWN = """\
from finance.definitions import defs
for spec in defs.resolve_all_asset_specs():
    print(spec.key.to_user_string(), spec.tags.get("mesh/stage"))
"""


@pytest.fixture
def put_back(mesh):
    """The descriptors that a test moves, as they were."""
    before = {file: (mesh.root / file).read_bytes() for file in (LEADS, PRODUCT)}
    yield
    for file, content in before.items():
        (mesh.root / file).write_bytes(content)
        (mesh.root / file.replace(".odps.", ".lifecycle.")).unlink(missing_ok=True)


def test_a_consumer_of_a_deprecated_product_is_warned_at_its_own_asset(mesh, put_back):
    from dagster import AssetCheckKey, AssetKey, DagsterInstance

    said = mesh.json("product", "deprecate", "marketing/leads", "--why", "Nobody calls back.", "--ends", "2999-12-31")
    assert any("finance/channel_return of finance reads marketing.leads.v1" in one for one in said["warned"])
    warned = "channel_return reads marketing.leads.v1, deprecated, ends 2999-12-31"
    assert warned in mesh.run("run", "finance/channel_return").stdout
    key = AssetCheckKey(AssetKey(["finance", "channel_return"]), "inputs_supported")
    with DagsterInstance.from_config(str(mesh.home / "dagster")) as instance:
        record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    found = record.event.dagster_event.event_specific_data
    assert (found.passed, found.severity.value) == (False, "WARN")
    refused = mesh.json("product", "retire", "marketing/leads", code=1)
    (consumers,) = [one for one in refused["conditions"] if one["name"] == "consumers"]
    assert "finance/channel_return of finance" in consumers["sentence"]
    assert "marketing/channel_performance of marketing" in consumers["sentence"]


def test_a_retired_port_is_built_no_more_and_still_known(mesh, put_back):
    with mesh.changed(
        PRODUCT,
        ("status: active", "status: deprecated"),
        ("\ncustomProperties:\n", "\ncustomProperties:\n  - property: endsOn\n    value: 2020-12-31\n"),
    ):
        assert mesh.json("product", "retire", "finance/daily_order_flow")["transition"]["to"] == "retired"
        assert "to: retired" in (mesh.root / RECORD).read_text(encoding="utf-8")
        refused = mesh.run("run", "finance/daily_order_flow", code=1).stderr
        assert "finance/daily_order_flow is not built: its product is retired" in refused
        known = {port["port"]: port for port in mesh.json("status")}
        assert "is retired" in mesh.run("show", "finance/daily_order_flow").stderr
        shown = subprocess.run(
            [sys.executable, "-c", SHOWN], cwd=mesh.root, env=mesh.environment, capture_output=True, text=True, check=True
        )
    assert known["finance/daily_order_flow"]["notes"] == ["retired, not built"]
    assert "finance/daily_order_flow retired" in shown.stdout
    assert "finance/daily_revenue active" in shown.stdout
