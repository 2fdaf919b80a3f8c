"""Several processes that publish to one port repeatedly: each attempt becomes a version or is refused with a message."""

import json
import subprocess
import sys

import duckdb

WRITERS, PUBLISHES = 4, 6
WRITER = """
import json, sys
from pathlib import Path
import duckdb
from mesh_platform.contract.column import Column
from mesh_platform.contract.contract import Contract
from mesh_platform.errors import PublishError
from mesh_platform.names import PortAddress, literal
from mesh_platform.port.output_port import OutputPort
from mesh_platform.port.version import Provenance
import deltalake

writer, table, candidate, publishes = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
address = PortAddress("sales", "orders")
contract = Contract("sales.orders.v1", "1.0.0", address, None, "", "", (Column("id", "INTEGER"),), (), (), None, "", "")
port, published, refused = OutputPort(address, table), {}, []
print("ready", flush=True)
sys.stdin.readline()
for mark in range(writer * 100, writer * 100 + publishes):
    duckdb.execute(f"COPY (SELECT {mark} AS id) TO {literal(candidate)} (FORMAT parquet)")
    try:
        version = port.publish(candidate, contract, Provenance(contract.id, "1.0.0", "", "", 1, 1))
        published[version.number] = mark
    except PublishError as problem:
        refused.append(str(problem))
        assert candidate.exists()
print(json.dumps({"published": published, "refused": refused}))
"""


def test_of_many_writers_one_wins_each_time_and_the_others_are_told(orders, tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(number), orders.folder, tmp_path / f"{number}.parquet", str(PUBLISHES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    documents = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    published = {int(number): mark for document in documents for number, mark in document["published"].items()}
    refused = [sentence for document in documents for sentence in document["refused"]]
    assert sum(len(document["published"]) for document in documents) == len(published), "no version was promised to two of them"
    assert len(published) + len(refused) == WRITERS * PUBLISHES
    assert sorted(published) == [version.number for version in reversed(orders.history())]
    assert all(sentence.endswith("Another process has committed to it meanwhile; run it again.") for sentence in refused)
    with duckdb.connect() as connection:
        for number, mark in published.items():
            (file,) = orders.at(number).files
            assert connection.execute(f"FROM read_parquet('{file}')").fetchall() == [(mark,)]
