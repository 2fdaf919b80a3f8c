"""A deployment that runs: code servers of their own, ports in a bucket, history in PostgreSQL, and a server that dies."""

import json
import signal
import subprocess

import pytest

pytestmark = pytest.mark.deploy

# In this order: each test goes on with the deployment that the one before has left.


@pytest.fixture(scope="module")
def published(deployment):
    """The run that published sales' ports, started through the UI."""
    known = deployment.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]
    assets = [path[1] for node in known if (path := node["assetKey"]["path"])[0] == "sales"]
    return deployment.materialise("sales", *assets)


@pytest.mark.parametrize("own, other", [("sales", "finance"), ("finance", "marketing"), ("marketing", "sales")])
def test_the_environment_of_a_domain_imports_no_code_of_any(deployment, own, other):
    for name in (own, other):
        done = subprocess.run([deployment.python(own), "-c", f"import {name}.ingestion"], capture_output=True, text=True)
        assert f"{name}.ingestion is code of the domain {name}: it is executed in the sandbox" in done.stderr


def test_webserver_and_daemon_have_no_code_of_the_mesh(deployment):
    code = "import importlib.util as u; print([u.find_spec(name) for name in ('mesh_platform', 'sales')])"
    done = subprocess.run([deployment.python("control"), "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[None, None]\n"


def test_the_ui_shows_every_domain_over_grpc(deployment):
    assert set(deployment.locations().values()) == {"RepositoryLocation"}
    question = "{ workspaceOrError { ... on Workspace { locationEntries { name displayMetadata { key value } } } } }"
    entries = deployment.ask(question)["workspaceOrError"]["locationEntries"]
    assert all({"host", "port"} <= {fact["key"] for fact in entry["displayMetadata"]} for entry in entries)


def test_a_materialisation_through_the_ui_leaves_its_history_in_postgresql(deployment, published):
    assert deployment.sql("SELECT status FROM runs WHERE run_id = %s", published) == [("SUCCESS",)]
    query = (
        "SELECT count(*) FROM event_logs WHERE run_id = %s AND dagster_event_type = 'ASSET_MATERIALIZATION' AND asset_key = %s"
    )
    assert deployment.sql(query, published, '["sales", "orders"]') == [(1,)]
    assert not list(deployment.root.glob("homes/*/dagster")), "a part of the deployment has a history of its own"


def test_its_run_was_a_process_of_the_domain_s_own_server(deployment, published):
    homes = deployment.root / "homes"
    assert list(homes.glob("*/warehouses/sales/sales.duckdb")) == [homes / "sales/warehouses/sales/sales.duckdb"]


def test_mesh_run_reads_the_bucket_and_leaves_its_history_in_postgresql(deployment, published):
    ports, sources = ("marketing/leads", "marketing/channel_performance"), deployment.root / "sources"
    said = json.loads(deployment.mesh("run", *ports, "--source", sources, "--json", home="operator"))
    assert said["ok"] is True, said
    [(run, status)] = deployment.sql(
        "SELECT r.run_id, r.status FROM runs r JOIN run_tags t ON t.run_id = r.run_id "
        "WHERE t.key = 'mesh/domain' AND t.value = 'marketing'"
    )
    assert status == "SUCCESS"
    query = "SELECT DISTINCT asset_key FROM event_logs WHERE run_id = %s AND dagster_event_type = 'ASSET_MATERIALIZATION'"
    assert {('["marketing", "leads"]',), ('["marketing", "channel_performance"]',)} <= set(deployment.sql(query, run))
    runs = deployment.ask("{ runsOrError { ... on Runs { results { runId } } } }")["runsOrError"]["results"]
    assert {run, published} <= {each["runId"] for each in runs}


def test_a_reader_with_an_empty_home_finds_everything_in_the_bucket(deployment, published):
    answer = json.loads(deployment.mesh("query", "SELECT count(*) AS orders FROM sales.orders", "--json", home="reader"))
    assert answer == [{"orders": 300}]
    copied = {path.parent.parent.name for path in deployment.root.glob("homes/reader/copies/**/part-*.parquet")}
    assert copied == {"orders"}


@pytest.mark.parametrize(
    "verb, answer",
    [
        (("show", "sales/orders", "--rows", 2), "sales/orders"),
        (("contract", "test", "sales/order_events"), "keeps sales.order_events.v1"),
        (("history", "sales/orders"), "300"),
    ],
)
def test_verbs_that_read_need_nothing_but_the_bucket(deployment, published, verb, answer):
    assert answer in deployment.mesh(*verb, home=f"reader-{verb[0]}")


def test_going_back_is_told_to_the_ui(deployment, published):
    deployment.mesh("run", "marketing/leads", "--source", deployment.root / "sources", home="operator")
    said = deployment.mesh("rollback", "marketing/leads", "--to", 0, home="operator")
    assert "marketing/leads serves the data of version 0 again, as version 2" in said
    query = "SELECT count(*) FROM event_logs WHERE asset_key = %s AND event LIKE '%%Rolled back to the data of version 0%%'"
    assert deployment.sql(query, '["marketing", "leads"]') == [(1,)]


def test_a_code_server_that_is_killed_takes_nobody_with_it_and_comes_back(deployment, published):
    server = deployment.servers["marketing"]
    server.kill()
    assert server.running.returncode == -signal.SIGKILL
    deployment.reload("marketing")
    assert deployment.locations() == {
        "sales": "RepositoryLocation",
        "finance": "RepositoryLocation",
        "governance": "RepositoryLocation",
        "marketing": "PythonError",
    }
    # The others run, and what marketing has published is still read.
    assert deployment.materialise("sales", "customers") != published
    [answer] = json.loads(deployment.mesh("query", "SELECT count(*) AS leads FROM marketing.leads", "--json", home="reader"))
    assert answer["leads"] > 0
    server.start()
    deployment.await_locations("marketing")
    deployment.materialise("marketing", "raw_leads", "raw_deals", "leads")
