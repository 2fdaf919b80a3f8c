"""The roles that Terraform makes, tried: an S3 server that enforces their policies, and publishes of the mesh itself."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from mesh_capabilities.buckets import bucket
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PortsUnreachable
from mesh_platform.home import MeshHome
from mesh_platform.names import PortAddress
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.query import query_ports
from mesh_platform.port.sweeper import sweep_port
from mesh_platform.port.version import Provenance

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def keys(terraform, free_port, await_port) -> Iterator[dict]:
    """A server with the bucket and, by policy, a user who has that one: address and keys."""
    import boto3

    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        await_port(port, server)
        known = {"endpoint_url": address, "region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "a"}
        boto3.client("s3", **known).create_bucket(Bucket="mesh")
        iam, made = boto3.client("iam", **known), {}
        for policy in terraform["aws_iam_policy"]:
            iam.create_user(UserName=policy["name"])
            iam.put_user_policy(UserName=policy["name"], PolicyName="role", PolicyDocument=policy["policy"])
            made[policy["name"]] = iam.create_access_key(UserName=policy["name"])["AccessKey"]
        # From now on every request is held against its user's policy.
        request = urllib.request.Request(f"{address}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
        yield {"address": address, **made}
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def as_role(keys, monkeypatch, tmp_path, terraform) -> Iterator[Callable[[str], MeshHome]]:
    """Gives the home of somebody who has the policy of that name, and no other right."""

    def become(name: str) -> MeshHome:
        monkeypatch.setenv("AWS_ENDPOINT_URL", keys["address"])
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[name]["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[name]["SecretAccessKey"])
        monkeypatch.setenv("MESH_PORTS", terraform["output"]["mesh_ports"]["value"])
        bucket._store.cache_clear()
        return MeshHome(tmp_path / name)

    yield become
    bucket._store.cache_clear()


def publish(home: MeshHome, address: PortAddress) -> int:
    candidate = home.candidates(address.domain) / f"{address.port}.parquet"
    candidate.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"COPY (SELECT 1 AS id) TO '{candidate}' (FORMAT parquet)")
    name = f"{address.domain}.{address.port}.v1"
    contract = Contract(name, "1.0.0", address, None, "", "", (Column("id", "INTEGER"),), (), (), None, "", "0" * 64, text="-")
    return (
        OutputPort(address, home.port(address, 1)).publish(candidate, contract, Provenance(name, "1.0.0", "", "", 1, 1)).number
    )


ROOT = Path(__file__).parents[2]
DEPLOYED = yaml.safe_load((ROOT / "deploy/dagster/workspace.yaml").read_text(encoding="utf-8"))["load_from"]
DOMAINS = [entry["grpc_server"]["location_name"] for entry in DEPLOYED]


def _a_reader() -> tuple[PortAddress, str]:
    """A port, and a domain that declares it as an input; the domains of the deployment, and none else."""
    for consumer in DOMAINS:
        for file in sorted((ROOT / "domains" / consumer / "products").glob("*.odps.yaml")):
            for port in yaml.safe_load(file.read_text(encoding="utf-8")).get("inputPorts") or ():
                if not port["name"].startswith(f"{consumer}/"):
                    return PortAddress.parse(port["name"]), consumer
    pytest.skip("no domain of the deployment reads another", allow_module_level=True)


ORDERS, OTHER = _a_reader()
OWNER = ORDERS.domain
SECRET = PortAddress(OWNER, "declared_by_none")


def test_a_domain_publishes_and_sweeps_its_own_ports_and_reads_its_declared_inputs(as_role):
    owner = as_role(f"mesh-{OWNER}")
    published = publish(owner, ORDERS)
    assert publish(owner, ORDERS) == published + 1
    assert sweep_port(OutputPort(ORDERS, owner.port(ORDERS, 1))) == []
    other = as_role(f"mesh-{OTHER}")
    assert query_ports(other, f"SELECT count(*) FROM {ORDERS.sql}").rows == [(1,)]


def test_a_domain_reads_the_commits_and_no_row_of_a_port_that_it_has_not_declared(as_role):
    publish(as_role(f"mesh-{OWNER}"), SECRET)
    other = as_role(f"mesh-{OTHER}")
    served = OutputPort(SECRET, other.port(SECRET, 1)).current()
    assert served.rows == 1
    with pytest.raises(PortsUnreachable, match=r"403|Forbidden|denied|permission"):
        query_ports(other, f"SELECT * FROM {SECRET.sql}")
    assert not list(other.root.rglob("*.parquet"))


def test_a_domain_cannot_write_to_the_port_of_another(as_role):
    publish(as_role(f"mesh-{OWNER}"), ORDERS)
    home = as_role(f"mesh-{OTHER}")
    with pytest.raises(PortsUnreachable, match=r"cannot be reached: .*(403|Forbidden|denied|permission)"):
        publish(home, ORDERS)
    assert (home.candidates(OWNER) / f"{ORDERS.port}.parquet").exists()


def test_a_reader_reads_and_writes_nothing(as_role):
    publish(as_role(f"mesh-{OWNER}"), ORDERS)
    reader = as_role("mesh-reader")
    assert query_ports(reader, f"SELECT id FROM {ORDERS.sql}").rows == [(1,)]
    with pytest.raises(PortsUnreachable):
        publish(reader, ORDERS)
