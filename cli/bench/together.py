"""Clients that do the same thing at once, each in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final, TypeVar

from cli.client import Refused, ServiceUnreachable, StreamBroken

Tell = Callable[[int], None]
"""Told how many of the planned steps are done."""
Begin = Callable[[str, int], Tell]
"""Told what begins and how many steps it has."""

T = TypeVar("T")


class BenchmarkFailed(RuntimeError):
    """The service did not do what was to be measured; the message says what happened."""


FAILURES: Final = (Refused, ServiceUnreachable, StreamBroken, BenchmarkFailed)
"""What a client may end with that is told as one line; anything else is raised as it is."""


def together(count: int, act: Callable[[int], T], tell: Tell) -> list[T]:
    """Run `act(0)` to `act(count - 1)` at once and return what they return, in that order.

    Raises:
        BenchmarkFailed: one of them, or more, did not succeed; none is left running.
    """
    failures: list[str] = []
    done = 0
    with ThreadPoolExecutor(max_workers=count) as threads:
        acting = [threads.submit(act, number) for number in range(count)]
        for ended in as_completed(acting):
            failure = ended.exception()
            if isinstance(failure, FAILURES):
                failures.append(str(failure))
                continue
            done += 1
            tell(done)
    if failures:
        raise BenchmarkFailed(f"{len(failures)} of {count} failed: {failures[0]}")
    return [one.result() for one in acting]
