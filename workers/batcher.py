"""Frames of all running streams in, one call of the network at a time out.

Stands between the streams' threads and a device as a `Net` of its own. One thread owns the
device: it takes the frames that are due first, whoever's they are, in a size that is warm, and
gives each stream its own back. Knows nothing of streams, devices or sessions.
"""

from __future__ import annotations

import bisect
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import numpy as np

from lipsync.engines.contract import WHENEVER
from lipsync.engines.net import Faces, Mels, Mouths, Net, NetFailed

WAIT_S: Final = 0.003
"""A call that is not full waits this long for frames of other streams."""
LATEST_S: Final = 30.0
"""What is due at no time is due so much after it came, or those in a hurry would starve it."""
HANGS_AFTER_S: Final = 20.0
"""A call of the network takes milliseconds; one that takes this long does not come back."""


class NetHung(NetFailed):
    """The network has not answered; its process has to be replaced."""

    def __init__(self, waited_s: float) -> None:
        super().__init__(f"no answer from the network for {waited_s:.0f} s; replace its process")
        self.waited_s = waited_s


class NetClosed(NetFailed):
    """The network is closed, because this process leaves or because the network failed before."""

    def __init__(self) -> None:
        super().__init__("the network of this process is closed; another process goes on")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the network, for whoever counts them."""

    frames: int
    """Of streams."""
    size: int
    """Frames that were painted: those, and copies that fill a warm size."""
    streams: int
    """How many streams they were of."""
    left: int
    """Frames that went on waiting."""
    seconds: float
    waited_s: float
    """How long the frame that waited longest had waited."""
    mean: float
    """Of what was painted, 0 to 1."""
    deviation: float
    """Of what was painted: a network that drifts shows it here first."""


@dataclass(slots=True, eq=False)
class _Asked:
    """What one stream asked for, and what it has got of it."""

    mel: Mels
    face: Faces
    since_s: float
    mouths: Mouths
    taken: int = 0
    painted: int = 0
    failure: NetFailed | None = None
    done: threading.Event = field(default_factory=threading.Event)


_Share = tuple[_Asked, int, int]
"""Whose frames, from which, to which."""


class Batcher:
    """A network that many threads share; use with `with`.

    Args:
        net: asked by one thread only.
        seconds: how long a call of each size takes: the sizes that are warm, all others are not used.
        wait_s: how long a call that is not full waits for more.
        hangs_after_s: how long a call may take.
        on_call: told of every call, by the thread that owns the device.
    """

    def __init__(
        self,
        net: Net,
        seconds: Mapping[int, float],
        *,
        wait_s: float = WAIT_S,
        hangs_after_s: float = HANGS_AFTER_S,
        on_call: Callable[[Call], None] = lambda _: None,
    ) -> None:
        if not seconds:
            raise ValueError("a batcher needs at least one size that is warm")
        self._net = net
        self._sizes = Sizes(seconds)
        self._wait_s = wait_s
        self._hangs_after_s = hangs_after_s
        self._on_call = on_call
        self._turns = itertools.count()
        self._waiting: list[tuple[float, int, _Asked]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._calling_since_s = WHENEVER
        self._calling: Sequence[_Share] = ()
        self._thread = threading.Thread(target=self._serve, name="batcher", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def side_px(self) -> int:
        """Width and height of the faces."""
        return self._net.side_px

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        """Paint some frames of one stream, in order; see `lipsync.engines.net.Net`.

        Raises:
            NetFailed: the network failed, for these or for earlier frames, hangs, or is closed.
        """
        now_s = time.monotonic()
        asked = _Asked(mel, face, now_s, np.empty((len(mel), 3, self.side_px, self.side_px), np.float32))
        if due_s == WHENEVER:
            due_s = now_s + LATEST_S
        with self._changed:
            if self._closed:
                raise NetClosed
            bisect.insort(self._waiting, (due_s, next(self._turns), asked))
            self._changed.notify()
        while not asked.done.wait(self._hangs_after_s / 4):
            self._look_for_hang()
        if asked.failure is not None:
            # Each thread raises its own: a shared one would gather every thread's trace.
            raise NetFailed(str(asked.failure)) from asked.failure
        return asked.mouths

    def close(self) -> None:
        """Let the thread that owns the device end; whoever waits gets `NetClosed`."""
        self._fail(NetClosed())
        self._thread.join(self._hangs_after_s)

    def _look_for_hang(self) -> None:
        waited_s = time.monotonic() - self._calling_since_s
        if waited_s > self._hangs_after_s:
            self._fail(NetHung(waited_s), self._calling)

    def _fail(self, failure: NetFailed, shares: Sequence[_Share] = ()) -> None:
        """Close, and have all who wait fail: a device that failed once is not asked again."""
        with self._changed:
            self._closed = True
            left = [asked for _, _, asked in self._waiting] + [asked for asked, _, _ in shares]
            self._waiting.clear()
            self._changed.notify()
        for asked in left:
            asked.failure = failure
            asked.done.set()

    def _serve(self) -> None:
        while shares := self._next():
            self._calling = shares
            try:
                self._call(shares)
            except NetFailed as failed:
                self._fail(failed, shares)
            except Exception as error:  # noqa: BLE001 - whatever a device throws, those who wait must hear of it
                failure = NetFailed(f"{type(error).__name__}: {error}")
                failure.__cause__ = error
                self._fail(failure, shares)

    def _next(self) -> list[_Share]:
        """Wait for frames and take as many as one call paints; none once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting))
            self._changed.wait_for(lambda: self._closed or self._frames() >= self._sizes.most, self._left_s())
            if self._closed:
                return []
            return self._take(self._sizes.frames_now(self._frames()))

    def _left_s(self) -> float:
        """Return how much longer the one who has waited longest is to wait for others."""
        if not self._waiting:
            return 0.0
        since_s = min(asked.since_s for _, _, asked in self._waiting)
        return max(0.0, since_s + self._wait_s - time.monotonic())

    def _frames(self) -> int:
        return sum(len(asked.mel) - asked.taken for _, _, asked in self._waiting)

    def _take(self, frames: int) -> list[_Share]:
        shares: list[_Share] = []
        while frames and self._waiting:
            asked = self._waiting[0][2]
            first = asked.taken
            asked.taken = min(len(asked.mel), first + frames)
            frames -= asked.taken - first
            shares.append((asked, first, asked.taken))
            if asked.taken == len(asked.mel):
                self._waiting.pop(0)
        return shares

    def _call(self, shares: Sequence[_Share]) -> None:
        frames = sum(last - first for _, first, last in shares)
        size = self._sizes.size_for(frames)
        mel = np.concatenate([asked.mel[first:last] for asked, first, last in shares])
        face = np.concatenate([asked.face[first:last] for asked, first, last in shares])
        if size > frames:
            again = [*range(frames), *[frames - 1] * (size - frames)]
            mel, face = mel[again], face[again]
        begun_s = self._calling_since_s = time.monotonic()
        try:
            mouths = self._net.paint(mel, face)
        finally:
            self._calling_since_s = WHENEVER
        ended_s = time.monotonic()
        if mouths.shape != (size, 3, self.side_px, self.side_px):
            raise NetFailed(f"the network gave {mouths.shape} for {size} frames")
        at = 0
        for asked, first, last in shares:
            asked.mouths[first:last] = mouths[at : at + last - first]
            at += last - first
            asked.painted += last - first
        self._on_call(
            Call(
                frames=frames,
                size=size,
                streams=len(shares),
                left=self._frames(),
                seconds=ended_s - begun_s,
                waited_s=begun_s - min(asked.since_s for asked, _, _ in shares),
                mean=float(mouths[:frames].mean()),
                deviation=float(mouths[:frames].std()),
            )
        )
        for asked, _, _ in shares:
            if asked.painted == len(asked.mel):
                asked.done.set()


class Sizes:
    """The sizes of a call that are warm, and which of them pays.

    Args:
        seconds: how long a call of each size takes.
    """

    def __init__(self, seconds: Mapping[int, float]) -> None:
        self._seconds = dict(sorted(seconds.items()))
        self.most = max(seconds)
        self._now = [0, *(self._best(frames) for frames in range(1, self.most + 1))]

    def size_for(self, frames: int) -> int:
        """Return the smallest warm size that holds so many frames, at most `most`."""
        return next(size for size in self._seconds if size >= frames)

    def frames_now(self, waiting: int) -> int:
        """Return how many of the frames that wait the next call should paint."""
        return self._now[min(waiting, self.most)]

    def _best(self, frames: int) -> int:
        """Return all of them, or fewer where filling a size up takes longer than two calls."""
        fuller = self.size_for(frames)
        lesser = max((size for size in self._seconds if size <= frames), default=0)
        if not lesser or lesser == frames:
            return frames
        rest = self.size_for(frames - lesser)
        return lesser if self._seconds[lesser] + self._seconds[rest] < self._seconds[fuller] else frames
