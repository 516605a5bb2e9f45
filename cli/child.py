"""Becomes another program that dies with its parent: `child.py SIGNAL PARENT -- argv...`.

Started by the supervisor between fork and exec of what it runs. A supervisor that is
killed with -9 cannot stop anything; the kernel then sends SIGNAL to each of its children.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for the signal, then become the program."""
    death_signal, parent, separator, *argv = arguments
    if separator != "--" or not argv:
        raise SystemExit("usage: child.py SIGNAL PARENT -- argv...")
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have died before the kernel was asked.
    if os.getppid() != int(parent):
        raise SystemExit(0)
    os.execvp(argv[0], argv)  # noqa: S606 - the supervisor's own list of programs


if __name__ == "__main__":
    main(sys.argv[1:])
