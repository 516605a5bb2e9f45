"""What a viewer of a stream may meet: messages and close codes.

A client can be written from this room alone. Chunks are the binary messages of
`tasks.chunks`; everything here is what the relay adds around them. Knows no socket.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tasks.chunks import PROTOCOL_VERSION, StreamPosition
from tasks.stream import StreamMeta

WATCH_WITHIN_S: Final = 5
"""A socket that has not said `watch` by then is closed with NOT_ALLOWED."""

MAX_INCOMING_MESSAGE_BYTES: Final = 65_536
"""Longest message a client may send; a longer one is closed with 1009."""

_MAX_SEQ: Final = 2**53 - 1
_MAX_TEXT: Final = 512
_LENGTH: Final = struct.Struct(">I")


class CloseCode(IntEnum):
    """Why the service closes a socket, and what a client does about it."""

    ENDED = 1000
    """The stream was told to its end (`end` or `cancelled`). The finished file can be fetched."""
    INTERNAL = 1011
    """The service failed. Ask for a new ticket and resume."""
    DRAIN = 1012
    """This process is leaving. Ask for a new ticket and resume at once."""
    NOT_ALLOWED = 4001
    """The first message was late, garbled, or its ticket is used, expired or for another stream."""
    GONE = 4004
    """The position asked for is no longer kept. Take the finished file."""
    SLOW = 4008
    """Messages were not read in time. Ask for a new ticket and resume."""
    FAILED = 4009
    """The utterance failed; the last message told why."""


class BadWatch(ValueError):
    """The first message must be {"type": "watch", "ticket": "...", "position": {"epoch", "seq"} or null}."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a client asks for when its socket opens."""

    ticket: str
    position: StreamPosition | None
    """The last chunk it has whole; None starts at the beginning."""


def read_watch(message: str | bytes) -> Watch:
    """Read a client's first message.

    Raises:
        BadWatch: it is not text, not JSON, or a field is missing or of another type.
    """
    if not isinstance(message, str):
        raise BadWatch("the first message is text, not binary")
    try:
        body = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BadWatch("the first message is not JSON") from error
    if not isinstance(body, dict) or body.get("type") != "watch":
        raise BadWatch('the first message has "type": "watch"')
    ticket = body.get("ticket")
    if not isinstance(ticket, str) or not ticket.isascii() or not 0 < len(ticket) <= _MAX_TEXT:
        raise BadWatch('"ticket" is the text that the service gave out')
    return Watch(ticket, _read_position(body.get("position")))


def _read_position(body: object) -> StreamPosition | None:
    if body is None:
        return None
    if not isinstance(body, Mapping):
        raise BadWatch('"position" is an object or null')
    epoch, seq = body.get("epoch"), body.get("seq")
    if not isinstance(epoch, str) or len(epoch) > _MAX_TEXT:
        raise BadWatch('"epoch" is the text that `hello` told')
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= _MAX_SEQ:
        raise BadWatch(f'"seq" is a whole number from 0 to {_MAX_SEQ}')
    return StreamPosition(epoch, seq)


def writing_ticket(utterance: str) -> str:
    """Return what a ticket opens whose holder may append to an utterance's text as well as watch it."""
    return f"{utterance}/text"


def hello(utterance: str, meta: StreamMeta, place: int | None) -> str:
    """Return the first message a viewer gets.

    Args:
        utterance: the utterance's id.
        meta: the stream as it stands.
        place: 1-based place in the waiting line, None when it need not wait.
    """
    body = {
        "type": "hello", "v": PROTOCOL_VERSION, "utterance": utterance, "epoch": meta.epoch,
        "next": meta.next, "state": str(meta.state), "position": place, "mime": meta.mime,
    }  # fmt: skip
    return json.dumps(body)


def queued(place: int | None) -> str:
    """Return the message that tells a new place in the waiting line, None once it need not wait."""
    return json.dumps({"type": "queued", "position": place})


def init_message(epoch: str, gen: int, mime: str | None, init: bytes) -> bytes:
    """Return the binary message that carries an init segment; it has no sequence number."""
    header = {"v": PROTOCOL_VERSION, "kind": "init", "epoch": epoch, "gen": gen, "mime": mime}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    return _LENGTH.pack(len(encoded)) + encoded + init
