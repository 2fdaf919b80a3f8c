"""One domain of a running mesh turns hostile: its Python tries to write what others own, under every command that loads it.

The declaration that it makes is valid, so each command goes on with it.
"""

import os
import shutil
import subprocess

import pytest

INGESTION = "domains/marketing/marketing/ingestion.py"
DEFINITIONS = "domains/marketing/marketing/definitions.py"
PACKAGE = "domains/marketing/marketing/__init__.py"
MARK = "planted-by-marketing"
HOSTILE = """
import atexit, os, pathlib, threading
import mesh_isolation.sandbox, mesh_platform.ingestion.declaration, mesh_platform.publish.publishing
STATE, ROOT = pathlib.Path({state!r}), pathlib.Path({root!r})
PLACES = [
    STATE / "{mark}", STATE / "ports/sales/orders/{mark}", STATE / "ports/finance/payments/v1/{mark}.parquet",
    STATE / "code/{mark}.json", STATE / "code/sales.json", STATE / "warehouses/sales/{mark}", STATE / "quarantine/{mark}",
    STATE / "read/sales.json", STATE / "source", STATE / "hash.key", STATE / "check/{mark}", STATE / "dagster/{mark}",
    ROOT / "workspace.yaml", ROOT / "mesh.toml", ROOT / "{mark}", ROOT / "sources/{mark}.csv", ROOT.parent / "{mark}",
    ROOT / "domains/sales/contracts/orders.v1.odcs.yaml", ROOT / "dbt_projects/sales/models/ports/orders.sql",
    ROOT / "domains/sales/sales/ingestion.py", ROOT / "domains/marketing/contracts/{mark}.yaml",
]
def plant(*ignored, **also):
    for place in PLACES:
        try:
            with place.open("a") as file:
                file.write("# {mark}\\n")
        except OSError:
            pass
plant()
atexit.register(plant)
threading.Thread(target=lambda: [plant() for _ in range(50)]).start()
mesh_platform.ingestion.declaration._as_data.__globals__["write_whole"] = plant
mesh_platform.publish.publishing.publish = plant
os.environ["MESH_HOME"] = str(ROOT.parent)
if not os.fork():
    plant()
    os._exit(0)
"""


@pytest.fixture(params=[INGESTION, DEFINITIONS, PACKAGE])
def hostile(mesh, request):
    """The mesh, in which a file of marketing begins with the attempt."""
    path = mesh.root / request.param
    before = path.read_text(encoding="utf-8")
    path.write_text(HOSTILE.format(state=str(mesh.home), root=str(mesh.root), mark=MARK) + before, encoding="utf-8")
    yield mesh
    path.write_text(before, encoding="utf-8")


def planted(mesh):
    """What holds the mark in its name or its content, besides the attempt itself."""
    found = []
    for folder in (mesh.root, mesh.home):
        for path in folder.rglob("*"):
            own = path.is_relative_to(mesh.root / "domains/marketing/marketing")
            if not own and (MARK in path.name or path.is_file() and MARK.encode() in path.read_bytes()):
                found.append(path)
    return found + [path for path in mesh.root.parent.iterdir() if MARK in path.name]


def test_the_attempt_writes_where_nothing_holds_it(mesh, tmp_path):
    for place in ("state/code", "state/ports/sales/orders", "domains/sales/contracts"):
        (tmp_path / "mesh" / place).mkdir(parents=True)
    code = HOSTILE.format(state=str(tmp_path / "mesh/state"), root=str(tmp_path / "mesh"), mark=MARK)
    subprocess.run([os.sys.executable, "-c", code], check=True, capture_output=True, cwd=mesh.root)
    assert len([path for path in tmp_path.rglob("*") if path.is_file() and MARK in path.read_text()]) > 10


def test_a_run_publishes_and_nothing_else_is_written(hostile):
    before = hostile.versions()
    hostile.run("run", "marketing/leads", "sales/sellers")
    after = hostile.versions()
    assert {port for port in after if after[port] != before[port]} == {"marketing/leads", "sales/sellers"}
    assert planted(hostile) == []


@pytest.mark.parametrize(
    "command", [["dev", "marketing/leads", "--once"], ["check", "marketing"], ["reproduce", "marketing/leads"]]
)
def test_a_command_that_publishes_nothing_writes_nothing(hostile, command):
    before = hostile.versions()
    done = subprocess.run(
        hostile.command(*command), cwd=hostile.root, env=hostile.environment, capture_output=True, text=True, timeout=240
    )
    assert "was not prepared for" not in done.stderr + done.stdout
    assert hostile.versions() == before and planted(hostile) == []


@pytest.mark.parametrize("hostile", [INGESTION], indirect=True)
def test_the_code_servers_of_the_ui_write_nothing(hostile, free_port):
    done = subprocess.run(
        hostile.command("ui", "--port", free_port(), "--seconds", 2),
        cwd=hostile.root / "domains/marketing",
        env=hostile.environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert "did not load" not in done.stdout + done.stderr and done.returncode == 0, done.stdout + done.stderr
    assert planted(hostile) == []


@pytest.mark.parametrize("hostile", [INGESTION], indirect=True)
def test_dagster_itself_writes_nothing(hostile):
    """`dagster` started in the domain's folder, beside modules named like libraries."""
    folder = hostile.root / "domains/marketing"
    for name in ("yaml", "duckdb", "grpc"):
        (folder / f"{name}.py").write_text(f"open({str(hostile.root / MARK)!r}, 'w')")
    program = shutil.which("dagster", path=os.path.dirname(os.sys.executable))  # noqa: PTH120
    environment = {**hostile.environment, "DAGSTER_HOME": str(hostile.home / "dagster")}
    environment.pop("PYTHONPATH")
    try:
        done = subprocess.run(
            [program, "definitions", "validate", "-m", "marketing.definitions"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
    finally:
        for name in ("yaml", "duckdb", "grpc"):
            (folder / f"{name}.py").unlink()
    assert done.returncode == 0, done.stdout + done.stderr
    assert planted(hostile) == []
