"""`mesh dev` in a running mesh: an edit's effect is seen, and nothing of what is served, kept or held changes."""

import fcntl
import queue
import signal
import subprocess
import threading

import pytest

MODEL = "dbt_projects/finance/models/ports/payments.sql"
CONTRACT = "domains/finance/contracts/payments.v1.odcs.yaml"
SECONDS = 60


def kept(mesh):
    """Every file of ports and quarantine."""
    folders = (mesh.home / "ports", mesh.home / "quarantine")
    return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_an_edit_is_built_judged_and_compared_and_nothing_is_published(mesh):
    before = kept(mesh)
    with mesh.changed(MODEL, ("    amount,\n", "    -amount as amount,\n")):
        said = mesh.json("dev", "finance/payments", "--once", code=1)
        told = mesh.run("dev", "finance/payments", "--once", code=1).stdout
    (port,) = said["ports"]
    assert (port["port"], port["ok"], said["ok"]) == ("finance/payments", False, False)
    assert [rule["check"] for rule in port["rules"] if rule["blocks"] and not rule["passed"]] == ["values"]
    found = port["difference"]
    assert (found["added"], found["removed"], found["version"]) == (0, 0, mesh.versions()["finance/payments"])
    assert list(found["by_column"]) == ["amount"]
    assert found["changed"] == found["by_column"]["amount"] > 0
    assert "✘ values: " in told
    assert told.splitlines()[-1].startswith("✘ 0 of 1 port can be published")
    assert kept(mesh) == before


def test_it_looks_again_at_every_edit_and_holds_the_domain_only_meanwhile(mesh):
    before = kept(mesh)
    process = mesh.start("dev", "finance/payments", stdout=subprocess.PIPE, text=True)
    lines = queue.Queue()
    threading.Thread(target=lambda: [lines.put(line.rstrip("\n")) for line in process.stdout], daemon=True).start()

    def until(part):
        seen = []
        while not any(part in line for line in seen):
            try:
                seen.append(lines.get(timeout=SECONDS))
            except queue.Empty:
                raise AssertionError(f"{part!r} was not said, but\n" + "\n".join(seen)) from None
        return "\n".join(seen)

    try:
        assert "rows, the same as in version" in until("Ctrl-C ends it")
        with (mesh.home / "locks/finance.lock").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with mesh.changed(MODEL, ("    amount,\n", "    amont,\n")):
            assert MODEL in (output := until("can be published"))
            assert "amont" in output
            assert "not built" in output
        until("1 of 1 port can be published")
        with mesh.changed(CONTRACT, ("apiVersion: v3.1.0", "apiVersion: v0.0.1")):
            assert "✘ " in (output := until("not a known version"))
            assert "payments.v1.odcs.yaml declares apiVersion 'v0.0.1'" in output
        until("1 of 1 port can be published")
        with mesh.changed(CONTRACT, ("    value: 1\n    unit: d", "    value: 9\n    unit: d")):
            output = until("0 of 1 port can be published")
            assert "rows, the same as in version" in output
            assert "its contract changed: " in output
        until("1 of 1 port can be published")
        process.send_signal(signal.SIGINT)
        until("nothing was published")
        assert process.wait(timeout=SECONDS) == 0
    finally:
        process.kill()
        process.wait()
    assert kept(mesh) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 1, "There is no domain 'nowhere'"),
        (["finance/nothing", "--once"], 1, "There is no port finance/nothing. Did you mean finance/payments?"),
        (["finance", "--json"], 2, "Invalid value for --json"),
    ],
)
def test_what_cannot_be_tried_is_named(mesh, arguments, code, said):
    assert said in mesh.run("dev", *arguments, code=code).stderr
