"""All checks of the doctor: the machine, the packages, domains, locks and ports."""

import fcntl
import os
import platform
import re
import shutil
import sqlite3
import stat
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from packaging.markers import Marker
from packaging.requirements import Requirement

from mesh_capabilities.kept_contracts import lost_contracts
from mesh_isolation.engine import read_database, whole_entries
from mesh_isolation.files import key_flaw, names_in
from mesh_isolation.landlock import isolation, kernel_parts
from mesh_isolation.machine import DAMAGED, DUCKDB, SQLITE
from mesh_isolation.records import text_or_none
from mesh_isolation.team_files import UnreadableFile, real_path
from mesh_isolation.text import counted, whole_number
from mesh_platform.errors import MeshError, PortDamaged
from mesh_platform.home import REGISTRY, MeshHome
from mesh_platform.ingestion.limits import recorded
from mesh_platform.port.shelf import port_folders, published_ports
from mesh_platform.port.whole_versions import newest_logged
from mesh_platform.product.offer import load_offer
from mesh_platform.project import DomainFolder, Project, load_project
from mesh_platform.publish.loading import check_loads
from mesh_platform.publish.pinning import taken_back
from mesh_platform.quarantine import entries


class State(StrEnum):
    """How good or bad the result of a check is."""

    good = "good"
    note = "note"
    """It works, with a limitation."""
    problem = "problem"
    """Something does not work, or will stop working soon."""


@dataclass(frozen=True)
class Symptom:
    """The result of one check. The advice is empty when the state is good."""

    subject: str
    state: State
    found: str
    advice: str = ""


def good(subject: str, finding: str) -> Symptom:
    return Symptom(subject, State.good, finding)


def note(subject: str, finding: str, advice: str) -> Symptom:
    return Symptom(subject, State.note, finding, advice)


def problem(subject: str, finding: str, advice: str) -> Symptom:
    return Symptom(subject, State.problem, finding, advice)


def examine(root: Path) -> Iterator[Symptom]:
    """Runs all checks of the mesh whose repository is `root`, in the order in which to fix problems. Nothing is changed.

    A failed check does not stop the others. Raises ProjectError when the home's path cannot hold tables.
    """
    home = MeshHome.of(root)
    checks: list[tuple[str, Callable[[], Iterator[Symptom]]]] = [
        ("machine", lambda: check_machine(root, home.root)),
        ("environment", lambda: check_packages(root)),
        ("domains", lambda: check_domains(load_project(root, with_broken=True))),
        ("locks", lambda: check_locks(home)),
        ("history", lambda: check_history(home)),
        ("warehouses", lambda: check_warehouses(home)),
        ("records", lambda: check_records(home)),
        ("ports", lambda: check_ports(home)),
        ("ports", lambda: check_undescribed(load_project(root, with_broken=True))),
    ]
    for subject, check in checks:
        try:
            yield from check()
        except MeshError as trouble:
            yield problem(subject, trouble.found.replace(f"{root}/", ""), trouble.way_out)
        except OSError as trouble:
            yield problem(
                subject, f"{trouble.filename} cannot be read: {trouble.strerror}", "Correct its owner and its permissions."
            )


_GB = 1_000_000_000
SPACE_NEEDED = 1 * _GB
"""The free disk space that a run of the sample company may need: a version, its candidate, the logs of dbt and Dagster."""
MEMORY_WANTED = 2 * _GB
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def check_machine(root: Path, home: Path) -> Iterator[Symptom]:
    """The system, memory, Python, the isolation of builds, the home with its disk, and the browser."""
    yield _system()
    yield _memory()
    yield _python(root)
    yield _isolation()
    yield from _home(home)
    yield _browser()


def _system() -> Symptom:
    system = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    if platform.system() != "Linux":
        return note("machine", system, "The mesh is tested on Linux only; elsewhere locks and paths may behave differently.")
    return good("machine", system)


def _isolation() -> Symptom:
    holds = isolation()
    if not holds["landlock"]:
        advice = "SQL of a domain is held, its Python is not: run domains that you do not trust on Linux 5.13 or newer."
        return note("isolation", "builds are held by the engine; this kernel has no Landlock", advice)
    missing = [part.replace("_", " ") for part in ("network", "signals", "system_calls") if not holds[part]]
    finding = f"builds are held by the {holds['level']} ({kernel_parts(holds)})"
    if missing:
        advice = "A newer kernel, on x86_64 or aarch64, restricts these as well."
        return note("isolation", f"{finding}, but not {', '.join(missing)}", advice)
    return good("isolation", finding)


def _memory() -> Symptom:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return note("memory", "not known on this system", "The sample company needs about half a gigabyte.")
    if size < MEMORY_WANTED:
        return note("memory", f"{size / _GB:.1f} GB", "Generate fewer orders, or run the domains one by one.")
    return good("memory", f"{size / _GB:.1f} GB")


def _python(root: Path) -> Symptom:
    python = f"{platform.python_version()} in {sys.prefix}"
    if real_path(sys.prefix) != real_path(root / ".venv"):
        return note("python", python, "This is not the repository's .venv. Run `make setup`, then `.venv/bin/mesh`.")
    return good("python", python)


def _home(home: Path) -> Iterator[Symptom]:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=existing, prefix=".doctor-"):
            pass
    except OSError as trouble:
        yield problem(
            "home", f"{home} is not writable: {trouble.strerror}", "Correct its owner, or choose another folder with MESH_HOME."
        )
    else:
        yield good("home", f"{home} is writable")
    free = shutil.disk_usage(existing).free
    if free < SPACE_NEEDED:
        advice = "Free disk space with `mesh clean` or `mesh ports vacuum`, or choose another disk with MESH_HOME."
        yield problem("disk", f"{free / _GB:.1f} GB free at {home}", advice)
    else:
        yield good("disk", f"{free / _GB:.1f} GB free at {home}")


def _browser() -> Symptom:
    if path := next(filter(None, map(shutil.which, _BROWSERS)), None):
        return good("browser", path)
    return note(
        "browser", "no Chromium found", "Only tests of the UI in a browser need one. On Debian, install the package chromium."
    )


_LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)


def check_packages(root: Path) -> Iterator[Symptom]:
    """Compares the installed packages with `requirements.lock` and with the dependencies in `pyproject.toml`."""
    yield _locked(root / "requirements.lock")
    yield _direct(root / "pyproject.toml")


def _locked(lock: Path) -> Symptom:
    if not lock.is_file():
        return note("environment", "there is no requirements.lock", "Write one with `make lock`.")
    wanted = {
        name: version
        for name, version, marker in _LOCKED.findall(lock.read_text(encoding="utf-8"))
        if not marker or Marker(marker).evaluate()
    }
    missing = sorted(name for name in wanted if _installed(name) is None)
    different = sorted(name for name in wanted if _installed(name) not in (None, wanted[name]))
    if missing or different:
        parts = [f"{name} is missing" for name in missing]
        parts += [f"{name} is {_installed(name)}, expected {wanted[name]}" for name in different]
        shown = "; ".join([*parts[:5], *([f"and {len(parts) - 5} more"] if len(parts) > 5 else [])])
        return problem(
            "environment", f"{len(parts)} of {len(wanted)} packages differ from requirements.lock: {shown}", "Run `make setup`."
        )
    return good("environment", f"all {len(wanted)} packages match requirements.lock")


def _direct(pyproject: Path) -> Symptom:
    """The direct dependencies, whose versions the platform is written for."""
    try:
        lines = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, ValueError, KeyError):
        return note("versions", "pyproject.toml names no dependencies", "Compare with the platform's own repository.")
    needs = [Requirement(line) for line in lines]
    bad = [need for need in needs if not (version := _installed(need.name)) or version not in need.specifier]
    if bad:
        listed = "; ".join(f"{need} is required, {_installed(need.name) or 'nothing'} is installed" for need in bad)
        return problem("versions", listed, "Run `make setup`. Decision 13 explains the pinned versions.")
    pinned = [f"{need.name} {_installed(need.name)}" for need in needs if str(need.specifier)]
    return good("versions", ", ".join(pinned))


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_domains(project: Project) -> Iterator[Symptom]:
    """One result for each domain, and one for each folder that looks like a domain and cannot be one."""
    for domain in project.domains.values():
        yield _domain(domain)
    for name, reason in project.broken.items():
        finding, advice = _parted(reason.replace(f"{project.root}/", ""), otherwise="")
        yield problem(f"domain {name}", finding.removesuffix("."), f"{advice} The other domains run without it.".lstrip())
    for name in sorted({path.parent.name for path in (project.root / "domains").glob("*/domain.yaml")} - {*project.names}):
        yield problem(f"domain {name}", f"domains/{name} has a name that no domain can have", "Rename or remove the folder.")


def _domain(domain: DomainFolder) -> Symptom:
    subject = f"domain {domain.name}"
    if find_spec(domain.name) is None:
        return problem(
            subject,
            f"no Python package '{domain.name}' is installed",
            f"Restore domains/{domain.name}/{domain.name}, and run `make setup`.",
        )
    if not domain.dbt_project.is_dir():
        return problem(
            subject, f"{domain.relative(domain.dbt_project)} is missing", f"Create it, or remove {domain.name} from {REGISTRY}."
        )
    try:
        offer = load_offer(domain)
        check_loads(offer)
    except MeshError as trouble:
        return problem(subject, trouble.found.replace(f"{domain.root}/", ""), trouble.way_out)
    return good(subject, f"{counted(len(offer.products), 'product')}, {counted(len(offer.contracts), 'port')}")


def check_locks(home: MeshHome) -> Iterator[Symptom]:
    """One result for each domain whose lock is held or cannot be taken; one for all when there is none."""
    folder = home.root / "locks"
    try:
        names = names_in(folder)
    except OSError as trouble:
        yield problem("locks", f"{folder} cannot be listed: {trouble.strerror}", f"Put a folder in the place of {folder}.")
        return
    paths = [folder / name for name in sorted(names)]
    odd = [symptom for path in paths if path.suffix in (".lock", ".pid") and (symptom := _odd_lock(path))]
    held = [symptom for path in paths if path.suffix == ".lock" and path.is_file() and (symptom := _held(path))]
    yield from [*odd, *held] or [good("locks", "no run is using a domain")]


def _odd_lock(path: Path) -> Symptom | None:
    """The problem with a file of the locks that is no plain file: no run can take such a lock."""
    mode = os.lstat(path).st_mode
    if stat.S_ISREG(mode):
        return None
    kind = "a folder" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "a pipe or a device"
    return problem(f"lock of {path.stem}", f"{path} is {kind} and not a file", "Remove it: the next run makes a new one.")


def _held(lock: Path) -> Symptom | None:
    subject, domain = f"lock of {lock.stem}", lock.stem
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would block its reader
    except OSError as trouble:
        return problem(subject, f"{lock} cannot be opened: {trouble.strerror}", f"Correct the owner of {lock.parent}.")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None  # the system released the lock of a dead process
    except OSError:
        pass
    finally:
        os.close(handle)
    holder = lock.with_suffix(".pid")
    text = (text_or_none(holder) or "").strip()
    if (process := whole_number(text)) and _alive(process):
        return good(subject, f"process {text} is running {domain}")
    return problem(
        subject,
        f"process {text or '(unknown)'}, which locked {domain}, is gone, and a process that it started still holds the lock",
        f"Find it with `fuser {lock}`, and end it.",
    )


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # a process of another user
    return True


def check_history(home: MeshHome) -> Iterator[Symptom]:
    """One result for the history of runs, which Dagster keeps in SQLite."""
    files = sorted(home.dagster.glob("*/*.db")) + sorted(home.dagster.glob("history/runs/*.db"))
    for file in files:
        # Without a process that uses it, a database is read as it is; otherwise SQLite would write a log beside it.
        mode = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
        try:
            with closing(sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True)) as database:
                (finding,) = database.execute("PRAGMA quick_check(1)").fetchone()
                (revisions,) = database.execute("SELECT count(*) FROM alembic_version").fetchone()
            if finding == "ok" and revisions != 1:
                finding = f"it has {revisions} revisions, because two processes created it at once"
        except sqlite3.Error as trouble:
            finding = str(trouble)
        if finding != "ok":
            way_out = DAMAGED[SQLITE]
            if file.parent.name == "runs" and file.stem != "index":
                way_out = f"Delete {file}: the UI then does not show that run. Published versions are not in it."
            yield problem("history", f"{file} is damaged: {finding}", way_out)
            return
    size = sum(file.stat().st_size for file in files)
    yield good("history", f"{len(files)} databases of {size / 1e6:.1f} MB" if files else "no run yet")


def check_warehouses(home: MeshHome) -> Iterator[Symptom]:
    """One result for each damaged warehouse; one for all when none is damaged."""
    import duckdb

    files = sorted((home.root / "warehouses").glob("*/*.duckdb"))
    for file in files:
        if not file.is_file():
            yield problem("warehouse", f"{file} is not a file", DAMAGED[DUCKDB])
            return
        yield from _log_of(file)
        try:
            read_database(file)
        except duckdb.Error as trouble:
            if "lock on file" not in str(trouble):  # a run that writes to it has opened it
                yield problem("warehouse", f"{file} is damaged: {' '.join(str(trouble).split())}", DAMAGED[DUCKDB])
                return
    yield good("warehouses", f"{len(files)} can be read" if files else "none yet")


def _log_of(warehouse: Path) -> Iterator[Symptom]:
    """What is wrong with the write-ahead log that a build leaves when it is killed; DuckDB drops what it cannot read of it."""
    log = warehouse.with_name(f"{warehouse.name}.wal")
    if not os.path.lexists(log) or _is_held(warehouse):
        return
    try:
        whole, size = whole_entries(log)
    except OSError as trouble:
        yield problem("warehouse", f"{log} cannot be read: {trouble.strerror}", DAMAGED[DUCKDB])
        return
    if size and not whole:
        yield problem("warehouse", f"{log} is damaged: it holds nothing that DuckDB can read", _LOST)
    elif whole < size:
        yield note("warehouse", f"the last {counted(size - whole, 'byte')} of {log} cannot be read", _LOST)


_LOST = (
    "If a build was killed, this is normal: run the domain, and its tables are built again from the sources. Otherwise restore "
    "the file: what dbt's snapshots recorded in it is lost."
)


def _is_held(warehouse: Path) -> bool:
    lock = warehouse.parents[2] / "locks" / f"{warehouse.stem}.lock"
    return lock.exists() and _held(lock) is not None


def check_records(home: MeshHome) -> Iterator[Symptom]:
    """One result for each damaged record of the home beside the ports: quarantine, key, remembered source and readings."""
    found: list[Symptom] = []
    damages: list[str] = []
    kept = entries(home, damages=damages)
    found += [problem("quarantine", *_parted(damage)) for damage in damages]
    key = home.root / "hash.key"
    advice = "Restore it from a backup, or delete it: a new one is made, and earlier hashes do not match new ones."
    try:
        flaw = key_flaw(key) if os.path.lexists(key) else ""
    except OSError as trouble:
        flaw = f"{trouble.filename} {trouble.strerror}."
    found += [problem("key", f"{flaw.removesuffix('.')}, so personal values are masked", advice)] if flaw else []
    try:
        _ = home.source
    except MeshError as trouble:
        found.append(problem("source", trouble.found, trouble.way_out))
    for file in sorted((home.root / "read").glob("*.json")):
        try:
            recorded(home, file.stem)
        except UnreadableFile as trouble:
            found.append(problem("readings", trouble.found, trouble.way_out))
    yield from found or [good("records", f"{counted(len(kept), 'entry', 'entries')} in the quarantine, none damaged")]


def check_ports(home: MeshHome) -> Iterator[Symptom]:
    """One result for each damage of a published port; one for all when none is damaged."""
    ports = [port for port in port_folders(home) if port.published]
    damages = [problem(f"port {port.address}", *_parted(damage)) for port in ports for damage in port.damages()]
    for port in ports:
        served = [newest_logged(port.log)]
        with suppress(PortDamaged):
            served.append(port.current())
        promised = [(version.number, version.provenance) for version in served if version]
        lost = lost_contracts(port.address, port.folder, promised)
        damages += [problem(f"port {port.address}", trouble.found, trouble.way_out) for trouble in lost]
    yield from damages or [good("ports", f"{len(ports)} published, none damaged")]


def check_undescribed(project: Project) -> Iterator[Symptom]:
    """A note for each published port that no descriptor publishes any more: it stays readable, and no run updates it.

    A problem for each port of which a later major is published than its contracts declare.
    """
    for address, port in published_ports(project.home).items():
        try:
            project.check_loads(address.domain)
            offer = load_offer(project.domains[address.domain]) if address.domain in project.domains else None
        except MeshError:
            continue  # the check of the domain names the error
        contract = offer and offer.contracts.get(address.port)
        if contract and (taken := taken_back(contract, project.home)):
            yield problem(f"port {address}", taken.found.removeprefix(f"{address} ").rstrip("."), taken.way_out)
        if offer is None or not any(
            output.address == address for product in offer.products.values() for output in product.outputs
        ):
            withdraw = f"`mesh ports withdraw {address} --major {port.folder.name.removeprefix('v')}`"
            advice = f"Restore its product, or withdraw it with {withdraw}, which keeps its versions."
            yield note(f"port {address}", "it can be read, but no descriptor publishes it", advice)


def _parted(damage: str, otherwise: str = "`mesh history` lists the readable versions.") -> tuple[str, str]:
    """The damage, and the advice: the last sentence, if there are several."""
    finding, dot, advice = damage.rstrip().rpartition(". ")
    return (f"{finding}.", advice) if dot else (damage, otherwise)
