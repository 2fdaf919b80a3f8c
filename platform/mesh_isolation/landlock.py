"""Landlock: the Linux kernel restricts a process to files and folders, and closes its network.

Documentation: https://docs.kernel.org/userspace-api/landlock.html. Numbers and structures: include/uapi/linux/landlock.h and
include/uapi/linux/prctl.h.
"""

import ctypes
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mesh_isolation.seccomp import filters_calls

DEATH_SIGNAL, SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
_WRITE_FILE = 1 << 1
_FOLDERS_ONLY = (1 << 14) - (1 << 3)  # list, remove, make, move
_MAKE_DEVICE = 1 << 6 | 1 << 11  # a device is a way to the disk beneath all files, for a process that runs as root
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""The rights over files that each version of Landlock handles; later versions handle those of version 3."""


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock_version() -> int:
    """The version of Landlock that this machine enforces; 0 if it has none."""
    return max(_syscall(_CREATE_RULESET, None, 0, 1), 0) if sys.platform == "linux" else 0


def isolation() -> dict[str, object]:
    """What holds a domain's build on this machine: `level` (`engine`, or `engine and kernel`), `landlock` (its version; 0 for
    none), and whether the kernel restricts `network`, `signals` and, with a seccomp filter, `system_calls`."""
    version, filtered = landlock_version(), filters_calls()
    level = "engine and kernel" if version else "engine"
    network = version >= 4 or filtered
    return {"level": level, "landlock": version, "network": network, "signals": version >= 6, "system_calls": filtered}


def kernel_parts(holds: Mapping[str, object]) -> str:
    """The parts of the kernel in an answer of `isolation`, in words."""
    if not holds["landlock"]:
        return "no Landlock: Python models are not held"
    parts = {"network": "network", "signals": "signals", "system_calls": "system calls"}
    return ", ".join([f"Landlock {holds['landlock']}", *(words for part, words in parts.items() if holds[part])])


def restrict(reads: Iterable[str], writes: Iterable[str]) -> None:
    """Restricts this thread and its later children to these files and folders, and closes TCP. Cannot be undone.

    Does nothing where the kernel has no Landlock. Raises OSError when the kernel refuses a rule.
    """
    version = landlock_version()
    if not version:
        return
    handled = _RIGHTS[min(version, 3)]
    # From version 4, connecting and binding over TCP; from version 6, signals and abstract sockets of other processes.
    attributes = (ctypes.c_uint64 * 3)(handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = _checked(_syscall(_CREATE_RULESET, attributes, 24 if version >= 6 else 16 if version >= 4 else 8, 0))
    for paths, rights in ((reads, _READ), (writes, handled & ~_MAKE_DEVICE), (("/dev/null",), _READ | _WRITE_FILE)):
        for path in paths:
            with suppress(FileNotFoundError):
                handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
                allowed = rights & handled & (~0 if Path(path).is_dir() else ~_FOLDERS_ONLY)
                _checked(_syscall(_ADD_RULE, rules, 1, ctypes.byref(_Beneath(allowed, handle)), 0))
                os.close(handle)
    prctl(_NO_NEW_PRIVILEGES, 1)
    _checked(_syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _syscall(number: int, *arguments: Any) -> int:
    return ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result


def prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _checked(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0))
