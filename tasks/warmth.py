"""Who has which face ready: an utterance is drawn where its face need not be prepared first.

Every worker says in Redis which faces it has ready and how much it carries, for as long as
that is so. One that takes up an utterance whose face it has not got passes it on, once, to
one that has: it rings at that worker's own queue and waits some milliseconds for the claim.
Who claims draws, so a worker that is full, frozen or dead costs those milliseconds and
nothing else.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from redis.exceptions import RedisError

from tasks.catalogue import is_painted
from workers.engine import PainterKey

LIVES_S: Final = 15
"""How long a worker that says nothing is believed."""

TELL_EVERY_S: Final = 5.0
"""How often it says so though nothing has changed."""

LOOK_EVERY_S: Final = 0.2
"""How often it looks whether something has; another's view of it is this old at most."""

MOST_FACES: Final = 200
"""Faces one worker tells, the last used first."""

MORE_STREAMS: Final = 1
"""By how many streams whoever has the face may be busier than the one who passes it on: a
face that everybody asks for is prepared by others too before its holder is full."""

POLL_S: Final = 0.002

_NAMES: Final = "warm:workers"
_KEY: Final = "warm:worker:"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmWorker:
    """What one worker has ready, and how much it carries."""

    name: str
    running: int
    streams: int
    faces: frozenset[str]
    paints_more: bool = True
    """Whether its network has room for another stream."""

    def to_json(self) -> str:
        """Return the text that is kept in Redis."""
        return json.dumps(
            {"name": self.name, "running": self.running, "streams": self.streams, "faces": sorted(self.faces),
             "paints_more": self.paints_more}
        )  # fmt: skip

    @classmethod
    def from_json(cls, text: str | bytes) -> "WarmWorker":
        """Read what `to_json` wrote. Raises ValueError, KeyError, TypeError for anything else."""
        body: dict[str, Any] = json.loads(text)
        return cls(
            name=str(body["name"]), running=int(body["running"]), streams=int(body["streams"]),
            faces=frozenset(body["faces"]), paints_more=bool(body.get("paints_more", True)),
        )  # fmt: skip


class WarmRedis(Protocol):
    """The few commands used here, as redis-py has them."""

    def set(self, name: str, value: str, *, ex: int | None = None) -> Any:
        """Set a key."""

    def mget(self, keys: Sequence[str]) -> Any:
        """Return the values of several keys, None where there is none."""

    def sadd(self, name: str, *values: str) -> Any:
        """Add to a set."""

    def srem(self, name: str, *values: str) -> Any:
        """Remove from a set."""

    def smembers(self, name: str) -> Any:
        """Return a set."""

    def delete(self, *names: str) -> Any:
        """Delete keys."""


def face_key(key: PainterKey) -> str:
    """Return how a face ready in one size is named to others."""
    avatar, version, engine, size = key
    return f"{avatar}:{version}:{engine}:{size.width_px}x{size.height_px}"


class Warmth:
    """The board on which workers say what they have ready."""

    def __init__(self, client: WarmRedis) -> None:
        self._client = client

    def tell(self, worker: WarmWorker) -> None:
        """Say what a worker has ready, for the next 15 seconds. Raises RedisError."""
        self._client.set(_KEY + worker.name, worker.to_json(), ex=LIVES_S)
        self._client.sadd(_NAMES, worker.name)

    def withdraw(self, name: str) -> None:
        """Take back what a worker said, when it drains. Raises RedisError."""
        self._client.delete(_KEY + name)
        self._client.srem(_NAMES, name)

    def others(self, name: str) -> Sequence[WarmWorker]:
        """Return what all workers but one say. Raises RedisError."""
        names = sorted({_text(one) for one in self._client.smembers(_NAMES)} - {name})
        if not names:
            return ()
        found = dict(zip(names, self._client.mget([_KEY + one for one in names]), strict=True))
        silent = [one for one, text in found.items() if text is None]
        if silent:
            self._client.srem(_NAMES, *silent)
        return tuple(worker for text in found.values() if (worker := _read(text)) is not None)


def _read(text: str | bytes | None) -> WarmWorker | None:
    if text is None:
        return None
    try:
        return WarmWorker.from_json(text)
    except (ValueError, KeyError, TypeError):
        # Another build's, while workers are being changed one after another.
        return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def better_worker(key: PainterKey, running: int, others: Sequence[WarmWorker]) -> str | None:
    """Return the name of whoever should draw a face in place of one that has not got it; None for itself.

    Args:
        key: the face.
        running: streams that the asker carries without this one.
        others: what the other workers say.
    """
    named, painted = face_key(key), is_painted(key[2])
    fit = [
        one for one in others
        if named in one.faces and one.running < one.streams and one.running <= running + MORE_STREAMS
        and (one.paints_more or not painted)
    ]  # fmt: skip
    return min(fit, key=lambda one: (one.running, one.name)).name if fit else None


class Router:
    """How one worker passes utterances on."""

    def __init__(
        self,
        name: str,
        board: Warmth,
        ring: Callable[[str, str], None],
        wait_s: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make a router.

        Args:
            name: of this worker.
            board: where workers say what they have.
            ring: asks a worker, by name, to take up an utterance.
            wait_s: how long its claim is waited for.
            sleep: waits seconds.
        """
        self._name = name
        self._board = board
        self._ring = ring
        self._wait_s = wait_s
        self._sleep = sleep

    def passed_on(self, sid: str, key: PainterKey, running: int, taken: Callable[[], bool]) -> bool | None:
        """Offer an utterance to a worker that has its face ready.

        Args:
            sid: the utterance.
            key: the face that this worker has not got.
            running: streams that this worker carries without this one.
            taken: whether somebody has claimed it.

        Returns:
            True when another has taken it, False when it was offered and not taken, None when
            nobody is fit to have it.

        Raises:
            RedisError, StreamUnreachable: Redis does not answer.
            kombu.exceptions.OperationalError: the broker does not answer.
        """
        to = better_worker(key, running, self._board.others(self._name))
        if to is None:
            return None
        self._ring(to, sid)
        until_s = time.monotonic() + self._wait_s
        while time.monotonic() < until_s:
            self._sleep(POLL_S)
            if taken():
                return True
        return False


def keep_telling(board: Warmth, now: Callable[[], WarmWorker], stop: threading.Event) -> None:
    """Say what a worker has ready whenever that changes, until told to stop.

    Args:
        board: where.
        now: returns what is ready and running.
        stop: ends it; what was said is taken back.
    """
    told: WarmWorker | None = None
    told_s = float("-inf")
    while not stop.is_set():
        worker = now()
        if worker != told or time.monotonic() - told_s >= TELL_EVERY_S:
            try:
                board.tell(worker)
                told, told_s = worker, time.monotonic()
            except RedisError as trouble:
                log.warning("warmth_not_told", error=str(trouble))
                stop.wait(TELL_EVERY_S)
        stop.wait(LOOK_EVERY_S)
    try:
        board.withdraw(now().name)
    except RedisError as trouble:
        log.warning("warmth_not_withdrawn", error=str(trouble))
