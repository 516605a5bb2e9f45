"""What the log has let go of, and what the finished file is built from.

Chunks go to storage in parts before the log is trimmed: several messages of
tasks.chunks behind one another, each after its 4-byte big-endian length. Parts of one
stream follow each other without a gap and never overlap once read. Standard library
only, so that the relay can replay from here.
"""

import struct
from collections.abc import Iterator, Sequence

from avatars.errors import ObjectMissing
from avatars.storage import Storage

_LENGTH = struct.Struct(">I")


class PartsBroken(Exception):
    """Parts in storage have a hole or are cut short."""


class Parts:
    """The stored chunks of streams."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep_init(self, sid: str, init: bytes) -> None:
        """Keep the init segment, without which no part can be played."""
        self._storage.put(f"utterances/{sid}/parts/init", init)

    def init(self, sid: str) -> bytes | None:
        """Return the init segment, or None where none was kept."""
        try:
            return self._storage.get(f"utterances/{sid}/parts/init")
        except ObjectMissing:
            return None

    def append(self, sid: str, first_seq: int, messages: Sequence[bytes]) -> None:
        """Store consecutive messages durably, the first having number `first_seq`.

        A part of the same numbers replaces the earlier one; one written by a worker that
        was taken over may overlap, and `read_after` passes over what it has given.
        """
        last_seq = first_seq + len(messages) - 1
        body = b"".join(_LENGTH.pack(len(message)) + message for message in messages)
        self._storage.put(f"utterances/{sid}/parts/{first_seq:08d}-{last_seq:08d}", body)

    def stored_through(self, sid: str) -> int:
        """Return the last sequence number stored without a hole from 1, or 0."""
        through = 0
        for first, last, _ in self._spans(sid):
            if first > through + 1:
                break
            through = max(through, last)
        return through

    def read_after(self, sid: str, seq: int) -> Iterator[tuple[int, bytes]]:
        """Yield (sequence number, message) of what is stored after `seq`, in order, once.

        Raises:
            PartsBroken: a part is missing between others, or is cut short.
        """
        given = seq
        for first, last, key in self._spans(sid):
            if last <= given:
                continue
            if first > given + 1:
                raise PartsBroken(f"stream {sid} has no part with chunk {given + 1}")
            for number, message in enumerate(_messages(self._storage.get(key)), first):
                if number > given:
                    yield number, message
                    given = number

    def _spans(self, sid: str) -> list[tuple[int, int, str]]:
        spans = []
        for key in self._storage.keys(f"utterances/{sid}/parts/"):
            first, dash, last = key.rpartition("/")[2].partition("-")
            if dash:
                spans.append((int(first), int(last), key))
        return sorted(spans)


def _messages(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        if at + _LENGTH.size > len(body):
            raise PartsBroken("a part is cut short")
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size
        if at + length > len(body):
            raise PartsBroken("a part is cut short")
        yield body[at : at + length]
        at += length
