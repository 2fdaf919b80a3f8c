"""What happens in the middle: a full disk, Ctrl-C. Nothing is lost, nothing is half-published, the next run works."""

import shutil
import signal
import subprocess

import pytest

import marketplace

ANY = ("--accept-volume", "sales")
"""The option of a run in which the sources of sales may have any size."""


@pytest.fixture(scope="module")
def larger(mesh, tmp_path_factory):
    """Sources large enough to be in the middle of something; afterwards the mesh has read its own again."""
    folder = tmp_path_factory.mktemp("larger") / "sources"
    marketplace.generate(folder, 60_000)
    yield folder
    mesh.run("run", "sales", "--source", mesh.sources, *ANY)


def test_a_full_disk_while_a_candidate_is_written_publishes_nothing(mesh, larger):
    """A file system of 200 kB is mounted where the files of a build go, in a namespace that ends with the run."""
    if shutil.which("unshare") is None:
        pytest.skip("mounting a small file system needs `unshare` (Linux)")
    before = mesh.versions()
    built = mesh.home / "built"
    built.mkdir(exist_ok=True)
    script = f'mount -t tmpfs -o size=200k tmpfs "{built}" && exec "$0" "$@"'
    namespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(
        [*namespace, *mesh.command("run", "sales", "--source", larger, *ANY)],
        cwd=mesh.root,
        env=mesh.environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No space left on device" in done.stdout
    after = mesh.versions()
    assert after["sales/orders"] == before["sales/orders"]
    assert after["sales/order_items"] == before["sales/order_items"]


@pytest.mark.parametrize("moment", ["olist_customers_dataset.csv", "olist_sellers_dataset.csv", "sales/catalog version"])
def test_ctrl_c_ends_the_run_and_the_next_one_works(mesh, larger, moment):
    """Pressed while sources are read, while models are built, and while ports are published."""
    before = mesh.versions()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    run = mesh.start("run", "sales", "marketing", "--source", larger, *ANY, "--accept-volume", "marketing", **streams)
    lines = []
    for line in run.stdout:
        lines.append(line)
        if moment in line:
            run.send_signal(signal.SIGINT)
            break
    lines.append(run.communicate(timeout=120)[0])
    said = "".join(lines)
    assert run.returncode == 130, said
    assert "no port is partially published" in said
    assert "Traceback" not in said
    after = mesh.versions()
    assert {port for port, version in after.items() if version not in (before[port], before[port] + 1)} == set()
    counts = " union all ".join(f"select '{port}' as port, count(*) as n from {port.replace('/', '.')}" for port in after)
    promised = {port["port"]: port["rows"] for port in mesh.json("status")}
    assert {row["port"]: row["n"] for row in mesh.json("query", counts)} == promised
    assert after["marketing/channel_performance"] == before["marketing/channel_performance"]
