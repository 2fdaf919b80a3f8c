"""Full and read-only disks: real file systems, mounted in a private namespace."""

import json
import subprocess
import sys

import pytest

PUBLISHER = """
import json, subprocess, sys
from pathlib import Path
import duckdb
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import MeshError
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance

home, spoil, mend = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
address, candidate = PortAddress("sales", "orders"), home / "candidate.parquet"
contract = Contract("sales.orders.v1", "1.0.0", address, None, "", "", (Column("id", "INTEGER"),), (), (), None, "", "")
port = OutputPort(address, home / "ports/sales/orders/v1")

def publish(mark):
    try:
        duckdb.execute(f"COPY (SELECT {mark} AS id) TO {literal(candidate)} (FORMAT parquet)")
    except duckdb.Error:  # no room for a candidate either: then the one of before is good enough
        pass
    try:
        return port.publish(candidate, contract, Provenance(contract.id, "1.0.0", "", "", mark, 1)).number
    except MeshError as problem:
        return f"{type(problem).__name__}: {problem}"

document = {"first": publish(1)}
duckdb.execute(f"COPY (SELECT 2 AS id) TO {literal(candidate)} (FORMAT parquet)")
subprocess.run(["sh", "-c", spoil], check=True, cwd=home)
document["spoiled"] = publish(2)
document["candidate_there"] = candidate.exists()
document["served"] = [port.current().number, duckdb.execute(f"FROM read_parquet('{port.current().files[0]}')").fetchall()]
subprocess.run(["sh", "-c", mend], check=True, cwd=home)
document["mended"] = publish(3)
document["parts"] = len(list(port.folder.glob("*.parquet")))
print(json.dumps(document))
"""

DISKS = {
    "full": (
        "head -c 3000000 /dev/zero > ballast 2>/dev/null; true",
        "rm ballast",
        "No space left on device",
        "Free space on that disk",
    ),
    "read-only folder": (
        "mount --bind ports/sales/orders/v1 ports/sales/orders/v1 && mount -o remount,bind,ro ports/sales/orders/v1",
        "umount ports/sales/orders/v1",
        "cross-device link",
        "",
    ),
    "read-only log": (
        "mount --bind ports/sales/orders/v1/_delta_log ports/sales/orders/v1/_delta_log"
        " && mount -o remount,bind,ro ports/sales/orders/v1/_delta_log",
        "umount ports/sales/orders/v1/_delta_log",
        "Read-only file system",
        "Make the disk writable",
    ),
}


@pytest.mark.parametrize(("spoil", "mend", "reason", "way_out"), DISKS.values(), ids=DISKS.keys())
def test_a_disk_that_takes_nothing_is_named_and_the_last_good_version_served(tmp_path, spoil, mend, reason, way_out):
    """The home is a file system of 1 MB, mounted in a namespace that ends with the test."""
    home = tmp_path / "home"
    home.mkdir()
    script = f'mount -t tmpfs -o size=1m tmpfs "{home}" && exec "$0" "$@"'
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    command = [*namespace, sys.executable, "-c", PUBLISHER, str(home), spoil, mend]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["first"] == 0
    assert document["spoiled"].startswith("PublishError: sales/orders was not published: ")
    assert "The earlier version is still served." in document["spoiled"]
    assert way_out in document["spoiled"]
    assert reason in document["spoiled"]
    assert document["candidate_there"]
    assert document["served"] == [0, [[1]]]
    assert (document["mended"], document["parts"]) == (1, 2)
