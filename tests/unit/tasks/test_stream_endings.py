"""How streams end before their time, and how lost ones are made again; the same for both twins."""

from stream_cases import EPOCH, OWNER, SID, Twin, chunk, created_and_claimed, publish_media

from tasks.chunks import Chunk
from tasks.stream import ChunkStream, Published, PublishVerdict, StreamState


def test_cancelling_what_waits_ends_it_at_once(stream: ChunkStream) -> None:
    stream.create(SID, EPOCH)
    assert stream.request_cancel(SID)
    meta = stream.meta(SID)
    assert meta is not None
    assert meta.state is StreamState.CANCELLED
    assert stream.place(SID) is None
    ((_, message),) = stream.read(SID, 0)
    ending = Chunk.from_message(message)
    assert (ending.kind, ending.seq, ending.epoch, ending.utterance) == ("cancelled", 1, EPOCH, SID)
    assert stream.claim(SID, OWNER).verdict == "closed"
    assert stream.request_cancel(SID)
    assert [seq for seq, _ in stream.read(SID, 0)] == [1]


def test_cancelling_what_runs_asks_the_holder(twin: Twin) -> None:
    stream = twin.stream
    claim = created_and_claimed(stream)
    assert not stream.cancel_requested(SID)
    assert not stream.request_cancel(SID)
    assert stream.cancel_requested(SID)
    publish_media(stream, claim.gen, 1, 1)
    twin.lease_runs_out(SID)
    successor = stream.claim(SID, OWNER)
    assert stream.cancel_requested(SID)
    assert stream.publish(successor.gen, chunk(2, gen=2, kind="cancelled")).verdict == "appended"


def test_cancelling_what_a_dead_worker_left_ends_it_and_fences_the_worker(twin: Twin) -> None:
    stream = twin.stream
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 2)
    twin.lease_runs_out(SID)
    assert stream.request_cancel(SID)
    assert stream.publish(claim.gen, chunk(3, kind="end")).verdict == "fenced"
    assert [Chunk.from_message(m).kind for _, m in stream.read(SID, 0)] == ["media", "media", "cancelled"]


def test_cancelling_an_unknown_stream_is_no_error(stream: ChunkStream) -> None:
    assert stream.request_cancel("nobody")
    assert not stream.cancel_requested("nobody")


def test_a_lost_stream_says_gone_and_is_made_again_by_its_holder(twin: Twin) -> None:
    stream = twin.stream
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 4)
    twin.meta_is_lost(SID)
    assert stream.publish(claim.gen, chunk(5)) == Published(PublishVerdict.GONE, 0)
    assert stream.meta(SID) is None
    assert stream.recreate(SID, EPOCH, claim.gen, 3, owner=OWNER)
    assert not stream.recreate(SID, EPOCH, claim.gen, 1, owner="another:")
    assert stream.claim(SID, "another:").verdict == "busy"
    publish_media(stream, claim.gen, 3, 5)
    assert [seq for seq, _ in stream.read(SID, 2)] == [3, 4, 5]
    assert stream.place(SID) is None


def test_a_stream_made_again_by_nobody_waits_and_fences_every_earlier_claim(twin: Twin) -> None:
    stream = twin.stream
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 4)
    twin.meta_is_lost(SID)
    assert stream.recreate(SID, EPOCH, claim.gen, 5)
    assert stream.place(SID) == 1
    assert stream.publish(claim.gen, chunk(5)).verdict == "fenced"
    successor = stream.claim(SID, "another:")
    assert (successor.verdict, successor.next, successor.epoch) == ("claimed", 5, EPOCH)
    assert successor.gen > 1_000_000_000
    assert stream.publish(claim.gen, chunk(5)).verdict == "fenced"
    assert stream.publish(successor.gen, chunk(5, gen=successor.gen)).verdict == "appended"
    assert [seq for seq, _ in stream.read(SID, 0)] == [5]
