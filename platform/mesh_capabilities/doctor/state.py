"""The mesh's state: who holds which lock, and which ports are damaged."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mesh_capabilities.doctor.symptom import Symptom, good, problem
from mesh_platform.home import MeshHome
from mesh_platform.port.shelf import port_folders


def look_at_locks(home: MeshHome) -> Iterator[Symptom]:
    """One symptom for each domain that somebody holds; one for all when nobody does."""
    held = [symptom for path in sorted((home.root / "locks").glob("*.lock")) if (symptom := _held(path))]
    yield from held or [good("locks", "nobody is running a domain")]


def _held(lock: Path) -> Symptom | None:
    subject, domain = f"lock of {lock.stem}", lock.stem
    try:
        handle = os.open(lock, os.O_RDONLY)
    except OSError as trouble:
        return problem(subject, f"{lock} cannot be opened: {trouble.strerror}", f"Correct the owner of {lock.parent}.")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None  # what a dead process held, the system has taken back
    except OSError:
        pass
    finally:
        os.close(handle)
    holder = lock.with_suffix(".pid")
    text = holder.read_text(encoding="utf-8").strip() if holder.is_file() else ""
    if text.isdigit() and _alive(int(text)):
        return good(subject, f"{domain} is being run by process {text}")
    return problem(
        subject,
        f"{domain} is held though process {text or '(unknown)'}, which took it, is gone: a process that it started lives on",
        f"Find it with `fuser {lock}`, and end it.",
    )


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def look_at_ports(home: MeshHome) -> Iterator[Symptom]:
    """One symptom for each damage of a published port; one for all when none is damaged."""
    ports = [port for port in port_folders(home) if port.published]
    damages = [problem(f"port {port.address}", *_parted(damage)) for port in ports for damage in port.damages()]
    yield from damages or [good("ports", f"{len(ports)} published, none damaged")]


def _parted(damage: str) -> tuple[str, str]:
    """What was found, and the way out: the last sentence, where there is more than one."""
    found, dot, way_out = damage.rstrip().rpartition(". ")
    return (f"{found}.", way_out) if dot else (damage, "`mesh history` shows what can still be read.")
