"""Readers, racing writers, viewers and tickets; the same for both twins."""

import threading

from stream_cases import EPOCH, SID, Twin, chunk, created_and_claimed, in_threads, publish_media

from tasks.chunks import Chunk
from tasks.stream import ChunkStream


def test_a_reader_that_waits_is_woken_by_the_next_chunk(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    got: list[int] = []

    def read(_: str) -> None:
        while len(got) < 3:
            got.extend(seq for seq, _ in stream.read(SID, got[-1] if got else 0, block_ms=10_000))

    reader = threading.Thread(target=read, args=("reader",))
    reader.start()
    publish_media(stream, claim.gen, 1, 3)
    reader.join(timeout=10)
    assert got == [1, 2, 3]


def test_a_reader_that_waits_in_vain_gets_nothing(stream: ChunkStream) -> None:
    stream.create(SID, EPOCH)
    assert stream.read(SID, 0, block_ms=20) == []


def test_writers_that_race_under_one_claim_leave_a_whole_log(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    appended: list[int] = []

    def publish(_: str) -> None:
        next_seq = 1
        while next_seq <= 60:
            published = stream.publish(claim.gen, chunk(next_seq))
            if published.verdict == "appended":
                appended.append(next_seq)
            next_seq = published.next

    in_threads(publish, "abcd")
    assert sorted(appended) == list(range(1, 61))
    assert stream.read(SID, 0, count=100) == [(seq, chunk(seq).to_message()) for seq in range(1, 61)]


def test_takeovers_in_a_race_leave_generations_in_order(twin: Twin) -> None:
    stream = twin.stream
    stream.create(SID, EPOCH)

    def work(name: str) -> None:
        while True:
            claim = stream.claim(SID, f"{name}:")
            if claim.verdict == "closed":
                return
            if claim.verdict != "claimed":
                continue
            for seq in range(claim.next, claim.next + 3):
                kind = "end" if seq == 41 else "media"
                stream.publish(claim.gen, chunk(seq, gen=claim.gen, kind=kind))
            stream.release(SID, claim.gen, f"{name}:")

    in_threads(work, "abcd")
    log = [Chunk.from_message(message) for _, message in stream.read(SID, 0, count=100)]
    assert [entry.seq for entry in log] == list(range(1, 42))
    assert [entry.gen for entry in log] == sorted(entry.gen for entry in log)
    assert log[-1].kind == "end"


def test_a_viewer_counts_until_it_was_not_seen_for_a_while(twin: Twin) -> None:
    stream = twin.stream
    assert stream.viewers(SID) == 0
    stream.watch(SID, "one")
    stream.watch(SID, "one")
    twin.clock.now_s += 10
    stream.watch(SID, "two")
    assert stream.viewers(SID) == 2
    twin.clock.now_s += 10
    assert stream.viewers(SID) == 1
    twin.clock.now_s += 10
    assert stream.viewers(SID) == 0


def test_a_ticket_opens_its_stream_once(twin: Twin) -> None:
    twin.stream.issue_ticket("secret", SID)
    assert twin.stream.redeem_ticket("wrong") is None
    assert twin.stream.redeem_ticket("secret") == SID
    assert twin.stream.redeem_ticket("secret") is None


def test_a_ticket_shown_too_late_opens_nothing(twin: Twin) -> None:
    twin.stream.issue_ticket("secret", SID)
    twin.ticket_runs_out("secret")
    assert twin.stream.redeem_ticket("secret") is None


def test_whoever_waits_for_text_is_woken_by_the_bell(stream: ChunkStream) -> None:
    heard: list[bool] = []
    waiting = threading.Thread(target=lambda: heard.append(stream.await_text(SID, 20.0)))
    waiting.start()
    stream.tell_text(SID)
    waiting.join(10)
    assert heard == [True]


def test_a_bell_that_rang_before_is_heard_once(stream: ChunkStream) -> None:
    for _ in range(3):
        stream.tell_text(SID)
    stream.tell_text("another")
    assert stream.await_text(SID, 0.02)
    assert not stream.await_text(SID, 0.02)
    assert not stream.await_text(SID, 0.13)
