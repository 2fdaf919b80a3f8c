"""Records what datacontract-cli finds in the corpus, in an environment of its own that this repository does not need.

    python3 -m venv peer && peer/bin/pip install 'datacontract-cli[duckdb]==1.2.8'
    peer/bin/python tests/mesh_platform/contract/corpus/record.py

It asks the library that the command `datacontract test contract.yaml` asks, once for all files, to start Python only once.
"""

import json
import tempfile
from importlib.metadata import version
from pathlib import Path

import duckdb
import yaml
from corpus import RECORDED, Case, cases
from datacontract.data_contract import DataContract


def peer_results(case: Case, data: str, folder: Path) -> dict[str, str]:
    """The peer's verdicts on one data set, by check."""
    file = folder / "things.parquet"
    duckdb.execute(f"COPY ({case.query(data)}) TO '{file}' (FORMAT parquet)")
    server = {"server": "local", "type": "local", "path": str(file), "format": "parquet"}
    contract = folder / "contract.yaml"
    contract.write_text(yaml.safe_dump({**case.contract(), "servers": [server]}, sort_keys=False), "utf-8")
    verdicts: dict[str, str] = {}
    run = DataContract(data_contract_file=str(contract)).test()
    if not run.checks:
        return {"": str(run.result)}
    for check in run.checks:
        key = check.key or f"{check.type}: {check.name}"
        verdicts[key if key not in verdicts else f"{key} again"] = str(getattr(check.result, "value", check.result))
    return verdicts


def main() -> None:
    """Runs the peer on every data set and writes down what it found."""
    with tempfile.TemporaryDirectory() as folder:
        everything = {
            name: {data: peer_results(case, data, Path(folder)) for data in ("good", "bad")} for name, case in cases().items()
        }
    header = {"tool": f"datacontract-cli {version('datacontract-cli')}", "command": "datacontract test contract.yaml"}
    text = json.dumps({**header, "found": everything}, indent=1, ensure_ascii=False, sort_keys=True)
    RECORDED.write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
