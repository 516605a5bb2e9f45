"""A chunk comes out of its message as it went in, and nothing else comes out of bytes."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.chunks import (
    KINDS,
    PROTOCOL_VERSION,
    TERMINAL_KINDS,
    BadMessage,
    CaptionWord,
    Chunk,
    ReachedMark,
    split_message,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_COUNT = st.integers(min_value=0, max_value=2**40)
_WORDS = st.lists(st.builds(CaptionWord, _TEXT, _COUNT, _COUNT, _COUNT, _COUNT), max_size=4).map(tuple)
_MARKS = st.lists(st.builds(ReachedMark, _TEXT, _COUNT), max_size=3).map(tuple)
_DETAILS = st.none() | st.dictionaries(_TEXT, _TEXT | _COUNT, max_size=3)

CHUNKS = st.builds(
    Chunk, epoch=_TEXT, gen=_COUNT, seq=_COUNT, kind=st.sampled_from(KINDS), utterance=_TEXT,
    pts_ms=_COUNT, duration_ms=_COUNT, words=_WORDS, marks=_MARKS, detail=_DETAILS,
    payload=st.binary(max_size=200),
)  # fmt: skip

SMALL = Chunk(epoch="e", gen=2, seq=7, kind="media", utterance="u", payload=b"moof\x00\xff")


def message(header: object, payload: bytes = b"") -> bytes:
    encoded = json.dumps(header).encode()
    return struct.pack(">I", len(encoded)) + encoded + payload


def header_of(chunk: Chunk, **changed: object) -> dict[str, object]:
    return {**split_message(chunk.to_message())[0], **changed}


@given(CHUNKS)
def test_a_chunk_comes_back_as_it_was(chunk: Chunk) -> None:
    assert Chunk.from_message(chunk.to_message()) == chunk


def test_a_message_is_a_length_a_json_header_and_the_payload_untouched() -> None:
    sent = SMALL.to_message()
    (length,) = struct.unpack_from(">I", sent)
    header = json.loads(sent[4 : 4 + length])
    assert sent[4 + length :] == b"moof\x00\xff"
    assert header == {
        "v": 1, "epoch": "e", "gen": 2, "seq": 7, "kind": "media", "utterance": "u",
        "pts_ms": 0, "duration_ms": 0, "words": [],
    }  # fmt: skip


def test_words_travel_as_rows_and_persian_as_itself() -> None:
    word = CaptionWord("می\u200cروم", 3, 9, 120, 480)
    chunk = Chunk(epoch="e", gen=1, seq=1, kind="media", utterance="u", words=(word,))
    assert "می\u200cروم".encode() in chunk.to_message()
    assert header_of(chunk)["words"] == [["می\u200cروم", 3, 9, 120, 480]]


def test_marks_travel_as_rows_where_there_are_any() -> None:
    mark = ReachedMark("نشان", 40)
    chunk = Chunk(epoch="e", gen=1, seq=1, kind="media", utterance="u", marks=(mark,))
    assert split_message(chunk.to_message())[0]["marks"] == [["نشان", 40]]
    assert Chunk.from_message(chunk.to_message()) == chunk
    assert "marks" not in split_message(SMALL.to_message())[0]


@given(CHUNKS, st.data())
def test_a_message_cut_inside_its_header_is_refused(chunk: Chunk, data: st.DataObject) -> None:
    sent = chunk.to_message()
    header_end = 4 + struct.unpack_from(">I", sent)[0]
    cut = data.draw(st.integers(min_value=0, max_value=header_end - 1))
    with pytest.raises(BadMessage):
        Chunk.from_message(sent[:cut])


@given(st.binary(max_size=64))
def test_bytes_that_are_no_message_are_refused_and_crash_nothing(junk: bytes) -> None:
    with pytest.raises(BadMessage):
        Chunk.from_message(junk)


def test_a_header_longer_than_any_header_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadMessage, match="header of"):
        split_message(struct.pack(">I", 64 * 1024 + 1) + b" " * (64 * 1024 + 1))


@pytest.mark.parametrize("header", [[], "media", 1, None])
def test_a_header_that_is_no_object_is_refused(header: object) -> None:
    with pytest.raises(BadMessage, match="not an object"):
        Chunk.from_message(message(header))


def test_another_version_is_refused_and_the_known_one_is_named() -> None:
    with pytest.raises(BadMessage, match=f"2; known: {PROTOCOL_VERSION}"):
        Chunk.from_message(message(header_of(SMALL, v=2)))


def test_another_kind_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(BadMessage, match=r"init.*media, event, end, failed, cancelled"):
        Chunk.from_message(message(header_of(SMALL, kind="init")))


@pytest.mark.parametrize(
    "name", ["v", "kind", "epoch", "gen", "seq", "utterance", "pts_ms", "duration_ms", "words"]
)
def test_a_header_without_a_field_is_refused(name: str) -> None:
    header = header_of(SMALL)
    del header[name]
    with pytest.raises(BadMessage):
        Chunk.from_message(message(header))


@pytest.mark.parametrize("words", [1, [1], [["short"]], [["long", 1, 2, 3, 4, 5]]])
def test_a_header_with_garbled_words_is_refused(words: object) -> None:
    with pytest.raises(BadMessage):
        Chunk.from_message(message(header_of(SMALL, words=words)))


def test_endings_are_kinds_and_media_is_none() -> None:
    assert set(KINDS) > TERMINAL_KINDS
    assert not TERMINAL_KINDS & {"media", "event"}
