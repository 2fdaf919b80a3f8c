"""A seccomp filter: the kernel refuses system calls through which a process changes what Landlock does not protect.

Landlock restricts which files a process opens. It restricts neither the owner, mode, times and attributes of files, nor the
limits and priorities of other processes of the same user, nor sockets other than TCP. A filter sees the number and the
arguments of a system call; it cannot read a path. So these calls are answered for all files alike, the process's own too:

* `chmod` and setting times are answered with success, and change nothing: `shutil.copy` and `shutil.copy2` call them, and do
  not need their effect. A file keeps the mode that it was created with. The exception is "set the time of this path to now",
  which is refused, because `Path.touch` creates the file only after that.
* `setsid` and `setpgid` are answered likewise: all processes of a call stay in one group, which one signal kills whole.
* All else in the lists below is refused with EPERM: a caller sees a PermissionError.
* A call that is newer than these lists is answered as a kernel without it answers, with ENOSYS; likewise `clone3`, whose
  flags are in memory where a filter cannot read them. Threads and forks then use `clone`.
* A call of another architecture (32 bits, x32), with other numbers, ends the process.

A filter is inherited by every child, and nothing removes it. seccomp(2): https://man7.org/linux/man-pages/man2/seccomp.2.html.
Kernel: https://docs.kernel.org/userspace-api/seccomp_filter.html. Numbers: arch/x86/entry/syscalls/syscall_64.tbl for x86_64,
include/uapi/asm-generic/unistd.h for aarch64. The lists follow those of common container profiles,
https://docs.docker.com/engine/security/seccomp/.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator

_CHANGES_NOTHING = "chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452  setpgid 109 154  setsid 112 157"
"""Names of system calls with their numbers on x86_64 and on aarch64; `-` where a call does not exist."""

_REFUSED = (
    # owners, times and attributes of files
    "chown 92 -  fchown 93 55  lchown 94 -  fchownat 260 54  utime 132 -  utimes 235 -  futimesat 261 -",
    "setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16",
    # other processes
    "ptrace 101 117  kcmp 312 272  process_vm_readv 310 270  process_vm_writev 311 271  process_madvise 440 440",
    "process_mrelease 448 448  pidfd_getfd 438 438  perf_event_open 298 241  migrate_pages 256 238  move_pages 279 239",
    # sockets, and queues and memory that all processes of the user share; `socketpair` is not among them
    "socket 41 198  shmget 29 194  shmat 30 196  shmctl 31 195  semget 64 190  semop 65 193  semctl 66 191",
    "semtimedop 220 192  msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187  mq_open 240 180  mq_unlink 241 181",
    # ways around a filter or around Landlock
    "io_uring_setup 425 425  io_uring_enter 426 426  io_uring_register 427 427  userfaultfd 323 282  bpf 321 280",
    "open_by_handle_at 304 265  unshare 272 97  setns 308 268  chroot 161 51  pivot_root 155 41  mount 165 40  umount2 166 39",
    "open_tree 428 428  move_mount 429 429  fsopen 430 430  fsconfig 431 431  fsmount 432 432  fspick 433 433",
    "mount_setattr 442 442",
    # the names of files in folders that the process may not list, and the moments when others open them
    "inotify_init 253 -  inotify_init1 294 26  inotify_add_watch 254 27  fanotify_mark 301 263",
    # keys, and the machine itself, for a build that runs as root
    "keyctl 250 219  add_key 248 217  request_key 249 218  fanotify_init 300 262  acct 163 89  quotactl 179 60",
    "quotactl_fd 443 443  swapon 167 224  swapoff 168 225  reboot 169 142  kexec_load 246 104  kexec_file_load 320 294",
    "init_module 175 105  finit_module 313 273  delete_module 176 106  syslog 103 116  sethostname 170 161",
    "setdomainname 171 162  settimeofday 164 170  clock_settime 227 112  adjtimex 159 171  clock_adjtime 305 266",
    "vhangup 153 58  iopl 172 -  ioperm 173 -",
)

_OF_ITSELF = {
    "prlimit64 302 261": (0,),
    "setpriority 141 140": (0, 0),  # PRIO_PROCESS: its group and its user are those of other processes, too
    "ioprio_set 251 30": (1, 0),  # IOPRIO_WHO_PROCESS
    "sched_setscheduler 144 119": (0,),
    "sched_setparam 142 118": (0,),
    "sched_setaffinity 203 122": (0,),
    "sched_setattr 314 274": (0,),
}
"""Calls that are allowed while their first arguments are these: 0 stands for the caller itself."""

_REFUSED_OPERATIONS = {
    # Flags, attributes, encryption and verity of a file that is open for reading; freezing a file system; input to a terminal.
    "ioctl 16 29": (0x40086602, 0x40046602, 0x40087602, 0x401C5820, 0x800C6613, 0x40806685, 0xC0045877, 0x5412, 0x541C),
    "fcntl 72 25": (1024,),  # F_SETLEASE makes others wait when they open the file
}
"""Calls that are refused when their second argument is one of these."""

_CLONE, _NEW_NAMESPACES = "clone 56 220", 0x7E020000
_CLONE3, _SET_TIMES = "clone3 435 435", "utimensat 280 88"
_NEWEST = 462
"""The newest call that these lists take into account, mseal of Linux 6.10. From 424 on, all machines have the same numbers."""

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = "seccomp 317 277"
_X32 = 0x40000000
_SET_FILTER, _HAS_ACTION, _KEEP_SPECULATION, _NO_NEW_PRIVILEGES = 1, 2, 4, 38
_LOAD, _EQUAL, _GREATER, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_SUCCESS, _EPERM, _ENOSYS = _ERRNO, _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS

_Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand; a jump skips as many instructions."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filters_calls() -> bool:
    """Whether this machine can filter system calls: Linux 4.14 or newer, with 64 bits, on x86_64 or aarch64."""
    if sys.platform != "linux" or os.uname().machine not in _ARCHITECTURES or sys.maxsize < 1 << 32:
        return False
    return _seccomp(_HAS_ACTION, 0, ctypes.byref(ctypes.c_uint32(_KILL))) == 0


def filter_calls() -> None:
    """Filters the system calls of this thread and of its later children. Cannot be undone.

    Does nothing where the machine cannot filter. Raises OSError when the kernel refuses the filter.
    """
    if not filters_calls():
        return
    instructions = [struct.pack("=HBBI", *instruction) for instruction in _program(os.uname().machine)]
    program = _Program(len(instructions), b"".join(instructions))
    library = ctypes.CDLL(None, use_errno=True)
    # Without the flag, older kernels slow a filtered process down, to keep others from measuring its speculation.
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or _seccomp(_SET_FILTER, _KEEP_SPECULATION, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def _seccomp(*arguments: object) -> int:
    (number,) = _numbers(_SECCOMP, os.uname().machine)
    return ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)


def _numbers(calls: str, machine: str) -> list[int]:
    words = calls.split()
    return [int(number) for number in words[1 + list(_ARCHITECTURES).index(machine) :: 3] if number != "-"]


def _program(machine: str) -> Iterator[_Instruction]:
    """The filter, in the instructions of classic BPF. It reads a `struct seccomp_data`: the number at 0, the architecture at 4,
    and from 16 on the arguments, of eight bytes each, the lower half first."""
    yield from ((_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0))
    yield from ((_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _KILL), (_GREATER, 0, 1, _NEWEST), (_RETURN, 0, 0, _ENOSYS))
    for calls, answer in ((_CHANGES_NOTHING, _SUCCESS), (" ".join(_REFUSED), _EPERM), (_CLONE3, _ENOSYS)):
        for number in _numbers(calls, machine):
            yield from _when(number, [(_RETURN, 0, 0, answer)])
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)
    for call, values in _OF_ITSELF.items():
        checks = [part for at, value in enumerate(values) for part in (_load(at), (_EQUAL, 1, 0, value), refuse)]
        yield from _when(*_numbers(call, machine), [*checks, allow])
    for call, values in _REFUSED_OPERATIONS.items():
        checks = [part for value in values for part in ((_EQUAL, 0, 1, value), refuse)]
        yield from _when(*_numbers(call, machine), [_load(1), *checks, allow])
    yield from _when(*_numbers(_CLONE, machine), [_load(0), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), refuse, allow])
    # A path (argument 1) without times (argument 2) is refused; pointers are null when both halves are.
    without_path = [_load(1), (_EQUAL, 0, 3, 0), _load(1, 4), (_EQUAL, 0, 1, 0), (_RETURN, 0, 0, _SUCCESS)]
    without_times = [_load(2), (_EQUAL, 0, 3, 0), _load(2, 4), (_EQUAL, 0, 1, 0), refuse]
    yield from _when(*_numbers(_SET_TIMES, machine), [*without_path, *without_times, (_RETURN, 0, 0, _SUCCESS)])
    yield allow


def _when(number: int, answer: list[_Instruction]) -> list[_Instruction]:
    """These instructions, which end with a return, for the call with that number."""
    return [(_EQUAL, 0, len(answer), number), *answer]


def _load(argument: int, half: int = 0) -> _Instruction:
    """Loads 32 bits of an argument. The kernel, too, reads no more of a process id, a flag or the number of an operation."""
    return (_LOAD, 0, 0, 16 + 8 * argument + half)
