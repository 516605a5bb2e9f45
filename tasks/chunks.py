"""A chunk, its address, and the one message that carries both.

Everything about a chunk travels in one binary message: a 4-byte big-endian header
length, a small JSON header, then the payload. The log keeps these very bytes and the
relay forwards them untouched. Standard library only.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

PROTOCOL_VERSION: Final = 1

Kind = Literal["media", "event", "end", "failed", "cancelled"]
KINDS: Final[tuple[Kind, ...]] = ("media", "event", "end", "failed", "cancelled")
TERMINAL_KINDS: Final[frozenset[Kind]] = frozenset({"end", "failed", "cancelled"})
"""Every stream ends with exactly one of these; nothing follows it."""

_LENGTH = struct.Struct(">I")
_MAX_HEADER_BYTES: Final = 64 * 1024


class BadMessage(ValueError):
    """These bytes are not a chunk message of a version this build reads."""


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far a reader has come. `seq` 0 is before the first chunk.

    The epoch changes only when earlier positions no longer mean the same content, so a
    cursor from before such a change is refused instead of silently skipping chunks.
    """

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class CaptionWord:
    """One word as shown, with its place in the written text and its time in the stream."""

    text: str
    text_start: int
    text_end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class ReachedMark:
    """A place that the writer gave a name, and when in the stream it is reached."""

    name: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A media segment (or an ending) with an address."""

    epoch: str
    gen: int
    """The claim under which it was made; raised by every takeover."""
    seq: int
    """From 1, without gaps, across generations."""
    kind: Kind
    utterance: str
    pts_ms: int = 0
    """Where it starts in the stream; for `end`, the length of the whole."""
    duration_ms: int = 0
    words: tuple[CaptionWord, ...] = ()
    """Words that begin in this chunk, in order."""
    marks: tuple[ReachedMark, ...] = ()
    """Marks that are reached in this chunk, in order."""
    detail: Mapping[str, object] | None = None
    """What an ending says: `{"chunks", "duration_ms"}` or `{"code", "message"}`."""
    payload: bytes = b""
    """One `moof` and `mdat` for `media`; empty otherwise."""

    def to_message(self) -> bytes:
        """Return the bytes of the WebSocket message and of the log entry."""
        header: dict[str, object] = {
            "v": PROTOCOL_VERSION, "epoch": self.epoch, "gen": self.gen, "seq": self.seq,
            "kind": self.kind, "utterance": self.utterance,
            "pts_ms": self.pts_ms, "duration_ms": self.duration_ms,
            "words": [[w.text, w.text_start, w.text_end, w.start_ms, w.end_ms] for w in self.words],
        }  # fmt: skip
        if self.marks:
            header["marks"] = [[mark.name, mark.at_ms] for mark in self.marks]
        if self.detail is not None:
            header["detail"] = dict(self.detail)
        encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        return _LENGTH.pack(len(encoded)) + encoded + self.payload

    @classmethod
    def from_message(cls, message: bytes) -> "Chunk":
        """Read a message.

        Raises:
            BadMessage: it is cut short, is not JSON, or has another version or kind.
        """
        header: Mapping[str, Any]
        header, payload = split_message(message)
        if header.get("v") != PROTOCOL_VERSION:
            raise BadMessage(f"protocol version {header.get('v')!r}; known: {PROTOCOL_VERSION}")
        try:
            kind = header["kind"]
            if kind not in KINDS:
                raise BadMessage(f"kind {kind!r}; known: {', '.join(KINDS)}")
            words = _words(header["words"])
            return cls(
                epoch=header["epoch"], gen=header["gen"], seq=header["seq"], kind=kind,
                utterance=header["utterance"], pts_ms=header["pts_ms"],
                duration_ms=header["duration_ms"], words=words,
                marks=tuple(ReachedMark(*row) for row in header.get("marks", ())),
                detail=header.get("detail"), payload=payload,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise BadMessage(f"chunk header lacks or garbles a field: {error}") from error


def _words(rows: Sequence[Sequence[object]]) -> tuple[CaptionWord, ...]:
    return tuple(CaptionWord(*row) for row in rows)  # type: ignore[arg-type]


def split_message(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Return a message's header and payload without judging the header's fields.

    Raises:
        BadMessage: the length does not fit, or the header is not a JSON object.
    """
    if len(message) < _LENGTH.size:
        raise BadMessage("shorter than its length field")
    (length,) = _LENGTH.unpack_from(message)
    end = _LENGTH.size + length
    if length > _MAX_HEADER_BYTES or end > len(message):
        raise BadMessage(f"header of {length} bytes in a message of {len(message)}")
    try:
        header = json.loads(message[_LENGTH.size : end])
    except ValueError as error:
        raise BadMessage("header is not JSON") from error
    if not isinstance(header, dict):
        raise BadMessage("header is not an object")
    return header, message[end:]
