"""Which system calls remain to a program that reads untrusted bytes, as a seccomp filter.

A table of names and numbers in, a BPF program out. A list of what is allowed rather than of
what is not: a call that nobody thought of is refused. What remains is memory, time and
descriptors that are open already; there is no way to open, connect, start or signal
anything.
"""

import struct
from collections.abc import Mapping
from typing import Final

ALLOWED: Final[Mapping[str, tuple[int, int]]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
}
"""Name of each call and its number on x86_64 and on aarch64."""

NO_EXEC: Final[Mapping[str, tuple[int, int]]] = {"mmap": (9, 222), "mprotect": (10, 226)}
"""Allowed unless the memory would be executable; their third argument says so."""

BY_DESCRIPTOR: Final[Mapping[str, tuple[int, int]]] = {"newfstatat": (262, 79)}
"""Allowed on an open descriptor only, which is how newer C libraries ask for its size."""

ARCHITECTURES: Final[Mapping[str, tuple[int, int]]] = {
    "x86_64": (0xC000003E, 0),
    "aarch64": (0xC00000B7, 1),
}
"""AUDIT_ARCH of each machine, and the column of the tables above."""

_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | 1  # SECCOMP_RET_ERRNO with EPERM
_NUMBER_AT: Final = 0
_ARCH_AT: Final = 4
_THIRD_ARGUMENT_AT: Final = 32
_FOURTH_ARGUMENT_AT: Final = 40
_PROT_EXEC: Final = 4
_AT_EMPTY_PATH: Final = 0x1000


def build(machine: str, *, kill: bool = False) -> bytes:
    """Return the filter as an array of `struct sock_filter`.

    Args:
        machine: as `platform.machine()` says it.
        kill: end the process at the first refused call instead of failing the call with
            EPERM, so that a caller can count the attempts.

    Raises:
        KeyError: there is no table for this machine.
    """
    audit, column = ARCHITECTURES[machine]
    refuse = _KILL if kill else _REFUSE
    # A call in another architecture's numbers would pass for an allowed one; such a call is
    # made by nothing but an attack, and ends the process.
    program = [(_LOAD, 0, 0, _ARCH_AT), (_JUMP_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL)]
    program.append((_LOAD, 0, 0, _NUMBER_AT))
    for numbers in ALLOWED.values():
        program += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    for numbers in NO_EXEC.values():
        program += [
            (_JUMP_EQUAL, 0, 4, numbers[column]),
            (_LOAD, 0, 0, _THIRD_ARGUMENT_AT),
            (_JUMP_ANY_BIT, 1, 0, _PROT_EXEC),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, refuse),
        ]
    for numbers in BY_DESCRIPTOR.values():
        program += [
            (_JUMP_EQUAL, 0, 4, numbers[column]),
            (_LOAD, 0, 0, _FOURTH_ARGUMENT_AT),
            (_JUMP_EQUAL, 0, 1, _AT_EMPTY_PATH),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, refuse),
        ]
    program.append((_RETURN, 0, 0, refuse))
    return b"".join(struct.pack("=HBBI", *step) for step in program)
