"""One writer per warehouse: reentrant in a process, refused or waited for between processes, released when a process dies."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mesh_platform.build.warehouse import writing
from mesh_platform.errors import DomainBusy
from mesh_platform.events import Step, listening

HOLDER = """
import sys
from pathlib import Path
from mesh_platform.build.warehouse import writing
from mesh_platform.project import load_domain

with writing(load_domain(Path(sys.argv[1]), "shop"), 0):
    print("holding", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def domain(company):
    return company.domain()


@pytest.fixture
def holder(domain) -> Iterator[subprocess.Popen]:
    """Another process that writes to the domain until it is stopped."""
    command = [sys.executable, "-c", HOLDER, str(domain.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "holding\n"
        yield process
        process.kill()


def stop(process):
    process.communicate("\n")
    assert process.returncode == 0


def test_the_writer_has_a_place_for_its_warehouse(domain):
    with writing(domain, 0):
        assert domain.home.warehouse("shop").parent.is_dir()


def test_within_a_process_it_can_be_taken_again_and_is_held_to_the_end(domain):
    with writing(domain, 0):
        with writing(domain, 0):
            pass
        assert refused_elsewhere(domain)
    assert not refused_elsewhere(domain)


def refused_elsewhere(domain):
    done = subprocess.run([sys.executable, "-c", HOLDER, str(domain.root)], input="\n", capture_output=True, text=True)
    assert "DomainBusy" in done.stderr or done.returncode == 0
    return done.returncode != 0


def test_a_failed_run_lets_go(domain):
    with pytest.raises(RuntimeError), writing(domain, 0):
        raise RuntimeError("the run failed")
    assert not refused_elsewhere(domain)


def test_a_second_process_is_refused_at_once_and_told_by_whom(domain, holder):
    events = []
    by_whom = f"shop is being run by process {holder.pid}"
    with listening(events.append), pytest.raises(DomainBusy, match=by_whom) as refusal, writing(domain, 0):
        pass
    assert "`mesh run --wait SECONDS`" in str(refusal.value)
    assert "waited" not in str(refusal.value)
    assert events == []


def test_a_refusal_leaves_the_holder_alone(domain, holder):
    for _ in range(2):
        with pytest.raises(DomainBusy, match=f"process {holder.pid}"), writing(domain, 0):
            pass
    stop(holder)
    with writing(domain, 0):
        pass


def test_who_waits_says_so_and_goes_on_when_the_other_is_done(domain, holder):
    events = []

    def hear(event):
        events.append(event)
        stop(holder)

    with listening(hear), writing(domain, 30):
        assert refused_elsewhere(domain)
    assert events == [Step("shop", f"waiting up to 30 s for process {holder.pid} to finish with shop")]


def test_who_has_waited_long_enough_is_refused_and_told_how_long(domain, holder):
    with pytest.raises(DomainBusy, match=rf"by process {holder.pid} \(waited \d+ s\)"), writing(domain, 0.01):
        pass


def test_a_process_that_was_killed_holds_nothing_up(domain, holder):
    holder.kill()
    holder.wait()
    with writing(domain, 0):
        pass


def test_one_domain_does_not_hold_up_another(company, domain, holder):
    with writing(company.domain("books"), 0):
        pass


def test_another_home_of_the_same_domain_is_another_warehouse(domain, holder, tmp_path, monkeypatch):
    monkeypatch.setenv("MESH_HOME", str(tmp_path / "elsewhere"))
    with writing(domain, 0):
        assert (domain.home.root / "locks").is_dir()


def test_the_holder_of_the_lock_is_this_process(domain):
    with writing(domain, 0):
        done = subprocess.run([sys.executable, "-c", HOLDER, str(domain.root)], capture_output=True, text=True)
    assert f"is being run by process {os.getpid()}" in done.stderr
