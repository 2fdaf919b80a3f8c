"""A process that tries to outlive its call: when the call has returned, nothing of it runs, and nothing changes any more.

Each attempt is executed. Attempts on files run with both layers of the defence and with each of them alone: with a call that
replaces no folder, and with a call that kills nothing, so that a process does survive.
"""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import duckdb
import pytest

from mesh_isolation import sandbox as sandboxes
from mesh_isolation.landlock import landlock_version
from mesh_isolation.leftovers import remove_leftovers, remove_traps, renew, restore, take_out
from mesh_isolation.sandbox import Sandbox, SandboxFailed, call
from mesh_isolation.seccomp import filters_calls
from mesh_platform.build.port_graph import PortModel
from mesh_platform.build.warehouse import WarehouseFile
from mesh_platform.errors import ContractViolation, PublishError
from mesh_platform.ingestion.source import WAREHOUSE
from mesh_platform.product.offer import load_offer
from mesh_platform.publish import publishing
from mesh_platform.publish.attempt import Work

pytestmark = pytest.mark.skipif(not landlock_version(), reason="This kernel has no Landlock; see docs/security.md.")

CODE = '''
import os, signal, socket, stat, threading, time
from pathlib import Path

def quiet():
    """For the caller, the call ends here: a socket that is shut down is shut down for all who hold it."""
    for number in range(3, 256):
        try: socket.socket(fileno=os.dup(number)).shutdown(socket.SHUT_WR)
        except OSError: pass

def lives_on(then):
    """The worker closes its socket in place of its end, and does something else."""
    def live(code):
        quiet()
        while True: then()
    os._exit = live

def beat(own):
    number = 0
    while True:
        number += 1
        try: Path(own, "beat").write_text(str(number))
        except OSError: pass
        time.sleep(0.002)

def decoys(count=300):
    for _ in range(count): start()
    for _ in range(3):
        if os.fork() == 0: time.sleep(600); os.kill(os.getpid(), 9)

def shutdown_trick(emit, own):
    decoys()
    lives_on(lambda: beat(own))

def child(emit, own, ways):
    """A child in each of these ways; it writes until it is killed."""
    if os.fork() == 0:
        if "setsid" in ways: os.setsid()
        if "group" in ways: os.setpgid(0, 0)
        if "twice" in ways and os.fork(): os.kill(os.getpid(), 9)
        if "setsid" in ways: os.setsid()
        if "ignores" in ways:
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        Path(own, "pid").write_text(str(os.getpid()))
        if "stops" in ways: os.kill(os.getpid(), signal.SIGSTOP)
        beat(own)
    while not Path(own, "pid").exists() or not Path(own, "pid").read_text(): time.sleep(0.01)
    if "trick" in ways: lives_on(lambda: time.sleep(1))

def chain(emit, own, starts):
    """Processes that each start the next and end, so that a number is of no use once it is known."""
    for _ in range(starts):
        if os.fork() == 0:
            number = 0
            while True:
                if os.fork(): os.kill(os.getpid(), 9)
                number += 1
                if number % 20 == 0:
                    try: os.setsid(), Path(own, "beat").write_text(str(number))
                    except OSError: pass
    time.sleep(0.3)
    lives_on(lambda: time.sleep(1))

def orphans(emit, own, count):
    """Children that have no parent any more when they end, and the most zombies of this user at any time."""
    for _ in range(count):
        if os.fork() == 0:
            os.fork()
            os.kill(os.getpid(), 9)
        os.wait()
    return count

def many(emit, own, threads):
    begin = (lambda: threading.Thread(target=time.sleep, args=(600,), daemon=True).start()) if threads else start
    for _ in range(5_000): begin()
    time.sleep(600)

def start(): os.posix_spawn("/bin/sleep", ["sleep", "600"], {})

def descriptors(emit): return [kind(number) for number in range(256) if kind(number)]

def kind(number):
    try: status = os.fstat(number)
    except OSError: return None
    return "null" if stat.S_ISCHR(status.st_mode) else "socket" if stat.S_ISSOCK(status.st_mode) else oct(status.st_mode)

def waits(emit, own):
    if os.fork() == 0: beat(own)
    time.sleep(600)

def attack(emit, own, judged, warehouse, rows, evil, to, how):
    """Builds honest rows; then a process that lives on attacks what the platform does with them."""
    decoys(30)
    Path(own, "things.parquet").write_bytes(Path(rows).read_bytes())
    emit("begins")
    if os.fork() == 0:
        while True:
            for folder in (own, judged, warehouse):
                for name in NAMES:
                    place = os.path.join(folder, name)
                    try:
                        if how == "overwrites": overwrite(place, Path(evil).read_bytes())
                        else: swap(place, to)
                    except OSError: pass
    lives_on(lambda: time.sleep(1))

NAMES = ("things.parquet", "things.anew", "tmp_things.anew", "things.spill", "things.rest.parquet", "things.v1.parquet",
         "things", "tmp_things.parquet", ".building", "shop.duckdb", "shop.duckdb.wal", "shop.duckdb.tmp")

def overwrite(place, content):
    file = os.open(place, os.O_WRONLY)
    os.pwrite(file, content, 0)
    os.ftruncate(file, len(content))
    os.close(file)

def swap(place, to):
    try: os.symlink(to, place + ".link")
    except OSError: pass
    os.rename(place + ".link", place)
'''


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Calls a function of CODE, which may write to the folder `own`."""
    for name in ("code", "own"):
        (tmp_path / name).mkdir()
    (tmp_path / "code/surviving.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))

    def run(function, seconds=None, **arguments):
        if function != "descriptors":
            arguments["own"] = str(tmp_path / "own")
        box = Sandbox([tmp_path / "code"], [tmp_path / "own"], seconds=seconds)
        return call(getattr(import_module("surviving"), function), arguments, box)

    yield run
    sys.modules.pop("surviving", None)


def unchanged(folder: Path) -> bool:
    """Whether nothing in the folder changes any more."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    time.sleep(0.3)
    return before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def survivors() -> list[int]:
    """The processes of calls. They have another session than the server and the supervisors."""
    found = [process for process in children_of(os.getpid()) if "sandbox import serve" in command(process)]
    sessions = {session_of(server) for server in found}
    for process in found:
        found += children_of(process)
    return [process for process in found if session_of(process) not in (*sessions, None)]


def session_of(process: int) -> str | None:
    with suppress(OSError):  # it has ended
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[3]
    return None


def supervisor() -> int:
    """The only one that runs."""
    (server,) = [process for process in children_of(os.getpid()) if "sandbox import serve" in command(process)]
    (found,) = [child for child in children_of(server) if children_of(child)]
    return found


def children_of(process: int) -> list[int]:
    with suppress(OSError):  # it has ended
        return [
            int(one) for thread in Path(f"/proc/{process}/task").iterdir() for one in (thread / "children").read_text().split()
        ]
    return []


def command(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text(errors="replace").replace("\0", " ")


def test_a_worker_that_closes_its_socket_and_lives_on_is_killed_behind_all_its_decoys(run, tmp_path):
    run("shutdown_trick")
    assert survivors() == []
    assert unchanged(tmp_path / "own")


WAYS = ["", "setsid", "group", "twice", "twice setsid", "ignores", "ignores setsid twice", "stops", "stops twice"]


@pytest.mark.parametrize("trick", ["", " trick"])
@pytest.mark.parametrize("ways", WAYS)
def test_a_child_does_not_outlive_the_call(run, tmp_path, ways, trick):
    run("child", ways=ways + trick)
    assert survivors() == []
    assert unchanged(tmp_path / "own")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "own/pid").read_text()), 0)


@pytest.mark.parametrize("starts", [1, 12])
def test_a_chain_of_forks_does_not_outrun_its_end(run, tmp_path, starts):
    if not filters_calls():
        pytest.skip("Without a filter of system calls, a chain can leave its group; the call then fails in a minute.")
    run("chain", starts=starts)
    assert survivors() == []
    assert unchanged(tmp_path / "own")


def test_what_a_call_leaves_while_it_runs_is_reaped(run):
    """Without that, zombies would take the numbers of processes of the whole machine."""
    most, stopped = [0], threading.Event()

    def count():
        while not stopped.wait(0.05):
            most.append(len(survivors()))

    counting = threading.Thread(target=count)
    counting.start()
    try:
        assert run("orphans", count=200) == 200
    finally:
        stopped.set()
        counting.join()
    assert max(most) < 100


@pytest.mark.parametrize("threads", [False, True], ids=["processes", "threads"])
def test_a_call_with_too_many_processes_is_ended(run, threads):
    with pytest.raises(SandboxFailed, match="it had more than 2,000 processes and threads"):
        run("many", threads=threads)
    assert survivors() == []


def test_a_time_limit_ends_all_that_it_has_started(run, tmp_path):
    with pytest.raises(SandboxFailed, match="it took more than 1 s"):
        run("many", seconds=1, threads=False)
    assert survivors() == []


def test_the_code_holds_one_socket_and_nothing_else_that_it_could_share(run):
    kinds = run("descriptors")
    assert kinds.count("socket") == 1 and set(kinds) <= {"null", "socket"}


@pytest.mark.parametrize("ends", [False, True], ids=["is silent", "ends"])
def test_a_call_whose_supervisor_does_not_confirm_gives_no_result(run, monkeypatch, ends):
    """Another takes the place of the supervisor: it sends a result, and never says that all processes have ended."""

    def hand_over(data, control):
        data.sendall(b'["result", 1]\n')
        kept.extend([] if ends else [control.dup()])

    kept: list[socket.socket] = []
    monkeypatch.setattr(sandboxes, "_hand_over", hand_over)
    monkeypatch.setattr(sandboxes, "_KILL_SECONDS", 0.2)
    with pytest.raises(SandboxFailed, match="its processes may still run: their end was not confirmed within 0.2 s"):
        run("descriptors")


def test_what_a_supervisor_that_is_killed_leaves_is_killed_by_the_server(run, tmp_path):
    def interrupt():
        while not (tmp_path / "own/beat").exists():
            time.sleep(0.01)
        os.kill(supervisor(), signal.SIGKILL)

    killing = threading.Thread(target=interrupt)
    killing.start()
    with pytest.raises(SandboxFailed, match="their end was not confirmed"):
        run("waits")
    killing.join()
    deadline = time.monotonic() + 30
    while survivors() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert survivors() == [] and unchanged(tmp_path / "own")


LAYERS = ["all", "only the kill", "only the folders"]


@pytest.fixture(params=LAYERS)
def attacked(request, company, tmp_path, monkeypatch, parquet):
    """A run of shop whose build is `attack`, beside the data of vault; with one layer of the defence alone, or with both."""
    kept: list[socket.socket] = []
    if request.param == "only the kill":
        monkeypatch.setattr(sandboxes, "renew", remove_traps)
    if request.param == "only the folders":
        monkeypatch.setattr(sandboxes, "_all_killed", lambda control: kept.append(control.dup()) or b"killed")
    code = tmp_path / "hostile"
    code.mkdir()
    (code / "surviving.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(code))
    domain = company.domain()
    home = domain.home
    select = "SELECT '{}' AS value FROM range(1000)".format
    rows = {value: parquet(select(value), code / f"{value}.parquet") for value in ("good", "evil")}
    vault = home.warehouse("vault")
    vault.parent.mkdir(parents=True)
    with duckdb.connect(vault) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS x")
    secret = parquet(select("secret"), home.ports / "vault/secrets/v1/part-1.parquet")
    home.candidates("shop").mkdir(parents=True)

    def publish(how, to=vault, **options):
        column = {"name": "value", "logicalType": "string", "physicalType": "VARCHAR", **options}
        company.contract(columns=[column])
        company.product()
        before = {path: path.read_bytes() for path in (vault, secret)}
        warehouse = WarehouseFile(home.warehouse("shop"))
        with warehouse.get_connection() as connection:
            connection.execute(f"CREATE TABLE {WAREHOUSE}.main.own AS SELECT 1 AS x")
        graph = {"things": PortModel("things", "models/ports/things.sql", ("things",), (), (), (), ())}
        work = Work(load_offer(domain), graph, warehouse, "run", inputs=[])

        def build(*_):
            own, own_warehouse = home.built("shop"), warehouse.path.parent
            own.mkdir(parents=True, exist_ok=True)
            arguments = {"own": own, "judged": home.candidates("shop"), "warehouse": own_warehouse, "to": to}
            arguments |= {"rows": rows["good"], "evil": rows["evil"]}
            box = Sandbox([code], [own, own_warehouse])
            arguments = {key: str(value) for key, value in arguments.items()}
            with suppress(SandboxFailed):  # one that fills its folders faster than they are emptied
                call(import_module("surviving").attack, {**arguments, "how": how}, box)
            return {}

        monkeypatch.setattr(publishing, "build_models", build)
        (attempt,) = publishing.publish(work.attempts(["things"]), work, publishing.commit)
        assert {path: path.read_bytes() for path in before} == before, "data of another domain have changed"
        return attempt, warehouse

    yield publish
    for control in kept:
        control.close()
    sys.modules.pop("surviving", None)
    deadline = time.monotonic() + 60
    while survivors() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert survivors() == []


def values(attempt) -> list[str]:
    """What is published."""
    files = [str(file) for file in attempt.version.files] if attempt.version else []
    return (
        [value for (value,) in duckdb.execute(f"SELECT DISTINCT value FROM read_parquet({files})").fetchall()] if files else []
    )


def test_rows_that_were_not_judged_are_not_published(attacked):
    attempt, _ = attacked("overwrites", logicalTypeOptions={"pattern": "^good$"})
    assert values(attempt) in ([], ["good"])
    assert attempt.version or isinstance(attempt.problem, (ContractViolation, PublishError))


def test_a_link_to_another_warehouse_is_not_followed(attacked):
    attempt, warehouse = attacked("swaps")
    assert values(attempt) in ([], ["good"])
    if warehouse.path.is_file():  # a process that swaps it before its call ends destroys its own warehouse
        with suppress(duckdb.Error), warehouse.get_connection() as connection:
            connection.execute(f"CREATE TABLE {WAREHOUSE}.main.more AS SELECT range AS x FROM range(100_000)")


def test_a_link_to_data_of_another_domain_is_not_published(attacked, company):
    attempt, _ = attacked("swaps", company.domain().home.ports / "vault/secrets/v1/part-1.parquet")
    assert values(attempt) in ([], ["good"])


def test_only_a_file_of_its_own_is_taken_out_of_a_folder(tmp_path):
    other, to = tmp_path / "other", tmp_path / "to/file"
    other.write_text("kept")
    makes = {
        "link": lambda path: path.symlink_to(other),
        "second": lambda path: path.hardlink_to(other),
        "pipe": os.mkfifo,
        "folder": lambda path: path.mkdir(),
    }
    for name, make in makes.items():
        make(tmp_path / name)
        with pytest.raises(OSError, match="no file with one name"):
            take_out(tmp_path / name, to)
        assert not os.path.lexists(to) and other.read_text() == "kept"
    (tmp_path / "file").write_text("built")
    to.symlink_to(other)
    take_out(tmp_path / "file", to)
    assert (to.read_text(), other.read_text(), to.is_symlink()) == ("built", "kept", False)


def test_a_folder_is_renewed_with_its_files_and_its_mode(tmp_path):
    own = tmp_path / "own"
    (own / "inside").mkdir(parents=True)
    (own / "inside/file").write_text("kept")
    (own / "closed").mkdir(mode=0)
    (own / "link").symlink_to(tmp_path)
    own.chmod(0o750)
    before = own.stat().st_ino
    handle = os.open(own, os.O_RDONLY)
    renew([own, tmp_path / "none"])
    assert own.stat().st_ino != before and own.stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in own.rglob("*")) == ["closed", "file", "inside"]
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
    with pytest.raises(FileNotFoundError):
        os.open("late", os.O_CREAT | os.O_WRONLY, dir_fd=handle)
    os.close(handle)


def test_what_a_killed_call_has_moved_is_moved_back(tmp_path):
    own, anew = tmp_path / "own", tmp_path / ".own.anew"
    for folder, name in ((own, "log"), (anew, "database"), (anew, "log")):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(folder.name)
    restore(own)
    assert {path.name: path.read_text() for path in own.iterdir()} == {"log": "own", "database": ".own.anew"}
    assert not anew.exists()
    own.rename(anew)
    remove_leftovers(own, (), ())
    assert sorted(path.name for path in own.iterdir()) == ["database", "log"]
