"""A writer against a door that loses answers, is away for a while, and says no."""

import io
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cli import dictation
from cli.dictation import Dictation, NotUtf8
from cli.say import arriving
from cli.service import Refused, ServiceUnreachable


class Door:
    """Takes what is appended; `troubles` says what becomes of each request's answer, in turn."""

    def __init__(self, *troubles: Exception | None) -> None:
        self.text = ""
        self.ended = False
        self.closed = False
        self._troubles = list(troubles)

    def close(self) -> None:
        self.closed = True

    def request(self, method: str, path: str, body: dict[str, Any]) -> None:
        assert (method, path) == ("POST", "/v1/utterances/u/text")
        trouble = self._troubles.pop(0) if self._troubles else None
        if isinstance(trouble, Refused):
            raise trouble
        at = body.get("at", len(self.text))
        assert at <= len(self.text)
        if at == len(self.text):
            self.text += body.get("text", "")
        self.ended = body.get("end", False)
        if trouble is not None:
            raise trouble


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictation, "_PAUSE_S", 0.0)


def dictated(door: Door, *pieces: str) -> Dictation:
    made = Dictation(door, "u", pieces)  # type: ignore[arg-type]
    made.run()
    return made


def test_every_piece_is_appended_once_and_the_text_is_ended() -> None:
    door = Door()
    assert dictated(door, "سلام", "", " 😀 ", "دنیا").refused is None
    assert (door.text, door.ended) == ("سلام 😀 دنیا", True)


def test_a_request_whose_answer_was_lost_is_sent_again_and_counts_once() -> None:
    door = Door(None, ServiceUnreachable("gone"), Refused(503, "leaving", ""), Refused(429, "fast", ""))
    assert dictated(door, "یک", " دو", " سه").refused is None
    assert (door.text, door.ended) == ("یک دو سه", True)


def test_what_is_refused_ends_the_text_where_it_stands_and_is_told() -> None:
    door = Door(None, Refused(422, "too long", ""))
    made = dictated(door, "یک", " دو", " سه")
    assert isinstance(made.refused, Refused)
    assert (door.text, door.ended) == ("یک", True)


def test_bytes_that_are_no_text_end_it_where_it_stands_and_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO("سلام دنیا ".encode() + b"\xff and more")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    door = Door()
    made = Dictation(door, "u", arriving())  # type: ignore[arg-type]
    made.run()
    assert isinstance(made.refused, NotUtf8)
    assert "byte 18" in str(made.refused)
    assert (door.text, door.ended) == ("سلام دنیا ", True)


def test_a_letter_that_comes_in_two_reads_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO("😀".encode() * 1001)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    assert "".join(arriving()) == "😀" * 1001


def test_a_writer_that_still_waits_for_its_text_keeps_its_client() -> None:
    door, more = Door(), threading.Event()

    def pieces() -> Iterator[str]:
        yield "یک"
        more.wait(10)
        yield " دو"

    writer = Dictation(door, "u", pieces())  # type: ignore[arg-type]
    writer.start()
    writer.let_go()
    assert not door.closed
    more.set()
    writer.join(10)
    writer.let_go()
    assert (door.closed, door.text, door.ended) == (True, "یک دو", True)
