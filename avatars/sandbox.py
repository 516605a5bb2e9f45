"""Shut this process in: from here on it computes, and reads and writes what is open already.

Called by a throw-away child after its libraries are loaded and before the first untrusted
byte is read. Uses nothing but the kernel's own means, and needs no root: a seccomp filter
(`avatars.sandbox_filter`), Landlock, namespaces of its own and resource limits. The filter
must hold; the others are added where the kernel has them, and the answer says which.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avatars.errors import SandboxUnavailable
from avatars.sandbox_filter import ARCHITECTURES, build

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_NAMESPACES: Final = 0x10000000 | 0x40000000 | 0x08000000  # user, network, IPC
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_RESTRICT_SELF: Final = 446
_LANDLOCK_VERSION: Final = 1
_LANDLOCK_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""Rights over files that a version of Landlock can take away, counted from bit 0; 16 since 5."""
_STATM_PAGES: Final = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a shut-in process may use."""

    cpu_s: int
    """Seconds of processor time before it is killed."""
    memory_bytes: int
    """Memory it may ask for beyond what it holds when it is shut in."""


def tie_to(parent_pid: int) -> None:
    """Let this process be killed when its parent ends, and end it if that has happened.

    Raises:
        SandboxUnavailable: the parent has gone already.
    """
    _call(_libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "tie to the parent")
    if os.getppid() != parent_pid:
        raise SandboxUnavailable("the parent ended first")


def shut_in(limits: Limits, *, kill: bool = False) -> Sequence[str]:
    """Give up everything but memory, time and open descriptors; there is no way back.

    Args:
        limits: of processor time and memory.
        kill: end the process at the first refused system call instead of failing the call.

    Returns:
        Names of the guards in force.

    Raises:
        SandboxUnavailable: the filter of system calls cannot be had, or threads are running,
            which it would not cover.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise SandboxUnavailable(f"no table of system calls for {machine!r}; known: {sorted(ARCHITECTURES)}")
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise SandboxUnavailable(f"{threads} threads run already; each guard holds for one")
    libc = _libc()
    _call(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up privileges")
    # Before Landlock, for it reads its own size from /proc.
    _limit(limits)
    guards = ["no new privileges", "resource limits"]
    if _leave_namespaces(libc):
        guards.append("network namespace")
    guards += _landlock(libc)
    _call(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "be left undumped")
    # Last, since nothing above is allowed any more after it.
    _filter_calls(libc, build(machine, kill=kill))
    guards.append("system calls")
    return guards


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(answer: int, what: str) -> None:
    if answer != 0:
        raise SandboxUnavailable(f"cannot {what}: {os.strerror(ctypes.get_errno())}")


def _leave_namespaces(libc: ctypes.CDLL) -> bool:
    """Enter a user and a network namespace with nothing in them, where that is permitted."""
    return bool(libc.unshare(_NAMESPACES) == 0)


def _landlock(libc: ctypes.CDLL) -> Sequence[str]:
    """Take away every right over files, TCP ports and others' signals that Landlock knows of."""
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if version < 1:
        return ()
    files = (1 << _LANDLOCK_FILE_RIGHTS.get(version, 16)) - 1
    network = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0
    # An older kernel takes a longer structure only where what it does not know is zero.
    rights = struct.pack("=QQQ", files, network, scope)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), 0)
    if ruleset < 0:
        return ()
    held = libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return (f"landlock {version}",) if held else ()


def _limit(limits: Limits) -> None:
    held_bytes = int(_STATM_PAGES.read_text("ascii").split()[0]) * resource.getpagesize()
    # One more than are open: Landlock's ruleset is a descriptor for a moment.
    open_files = 2 + max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    for name, most in (
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_AS, held_bytes + limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(name)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (least, least))


class _Program(ctypes.Structure):
    """`struct sock_fprog`: how many steps, and where they are."""

    _fields_ = (("steps", ctypes.c_ushort), ("at", ctypes.c_void_p))


def _filter_calls(libc: ctypes.CDLL, steps: bytes) -> None:
    held = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.addressof(held))
    answer = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    _call(answer, "filter system calls")
