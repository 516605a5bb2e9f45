"""What every chunk stream keeps to, run against both twins."""

import pytest
from stream_cases import EPOCH, OWNER, SID, Twin, chunk, created_and_claimed, in_threads, publish_media

from tasks.chunks import Chunk
from tasks.errors import QueueFull
from tasks.stream import ChunkStream, ForeignEpoch, Published, PublishVerdict, StreamState


def test_a_new_stream_waits_in_line_and_wants_chunk_one(stream: ChunkStream) -> None:
    stream.create(SID, EPOCH)
    meta = stream.meta(SID)
    assert meta is not None
    assert (meta.epoch, meta.gen, meta.next, meta.state) == (EPOCH, 0, 1, StreamState.QUEUED)
    assert (meta.attempts, meta.owner, meta.init, meta.mime) == (0, None, None, None)
    assert stream.place(SID) == 1
    assert stream.read(SID, 0) == []
    assert stream.oldest(SID) is None


def test_creating_twice_changes_nothing_and_another_epoch_is_refused(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    stream.create(SID, EPOCH)
    meta = stream.meta(SID)
    assert meta is not None
    assert meta.gen == claim.gen
    assert stream.waiting() == 0
    with pytest.raises(ForeignEpoch):
        stream.create(SID, "another")


def test_the_line_keeps_the_order_of_creation_and_a_claim_leaves_it(stream: ChunkStream) -> None:
    for sid in ("c", "a", "b"):
        stream.create(sid, EPOCH)
    assert [stream.place(sid) for sid in ("c", "a", "b")] == [1, 2, 3]
    stream.claim("c", OWNER)
    assert [stream.place(sid) for sid in ("c", "a", "b")] == [None, 1, 2]
    assert stream.waiting() == 2


def test_those_for_whom_there_is_room_do_not_wait_and_are_not_counted(stream: ChunkStream) -> None:
    for sid in ("a", "b", "c", "d"):
        stream.create(sid, EPOCH)
    assert [stream.place(sid, room=2) for sid in "abcd"] == [None, None, 1, 2]
    stream.claim("a", OWNER)
    assert [stream.place(sid, room=2) for sid in "abcd"] == [None, None, 1, 2]
    stream.claim("b", OWNER)
    assert [stream.place(sid, room=2) for sid in "abcd"] == [None, None, 1, 2]
    assert [stream.place(sid, room=1) for sid in "cd"] == [1, 2]
    assert [stream.place(sid, room=4) for sid in "cd"] == [None, None]


def test_painted_streams_wait_in_a_line_of_their_own(stream: ChunkStream) -> None:
    for sid in ("p1", "w1", "p2", "w2"):
        stream.create(sid, EPOCH, painted=sid.startswith("p"))
    assert [stream.place(sid) for sid in ("p1", "w1", "p2", "w2")] == [1, 1, 2, 2]
    assert (stream.waiting(painted=True), stream.waiting(painted=False), stream.waiting()) == (2, 2, 4)
    stream.claim("p1", OWNER)
    assert [stream.place(sid, room=4, painted_room=1) for sid in ("p2", "w1", "w2")] == [1, None, None]
    assert stream.place("p2", room=4, painted_room=2) is None
    # A network with room is of no use where no worker has.
    assert stream.place("p2", room=1, painted_room=2) == 1
    stream.forget("p1")
    assert stream.place("p2", room=4, painted_room=1) is None


def test_a_full_line_refuses_its_own_and_not_the_other_one(stream: ChunkStream) -> None:
    for sid in ("p1", "p2"):
        stream.create(sid, EPOCH, queue_limit=2, painted=True)
    with pytest.raises(QueueFull):
        stream.create("p3", EPOCH, queue_limit=2, painted=True)
    stream.create("w1", EPOCH, queue_limit=2)
    stream.create("w2", EPOCH, queue_limit=2)
    with pytest.raises(QueueFull):
        stream.create("w3", EPOCH, queue_limit=2)
    assert stream.waiting(painted=True) == 2


def test_a_painted_stream_that_is_made_again_waits_where_it_did(stream: ChunkStream) -> None:
    stream.create("w1", EPOCH)
    assert stream.recreate("p1", EPOCH, 0, 1, painted=True)
    assert stream.place("p1") == 1


def test_a_stream_that_was_given_back_takes_its_room_before_the_line(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    stream.release(SID, claim.gen, OWNER)
    stream.create("next", EPOCH)
    assert stream.place("next", room=1) == 1


def test_a_full_line_refuses_and_makes_nothing(stream: ChunkStream) -> None:
    stream.create("a", EPOCH, queue_limit=2)
    stream.create("b", EPOCH, queue_limit=2)
    with pytest.raises(QueueFull) as refused:
        stream.create("c", EPOCH, queue_limit=2)
    assert refused.value.limit == 2
    assert refused.value.retry_after_s > 0
    assert stream.meta("c") is None
    assert stream.unlisted(["a", "c"]) == ["c"]
    stream.claim("a", OWNER)
    stream.create("c", EPOCH, queue_limit=2)
    assert stream.place("c") == 2


def test_many_threads_create_no_more_than_may_wait(stream: ChunkStream) -> None:
    refused: list[str] = []

    def create(name: str) -> None:
        for number in range(10):
            try:
                stream.create(f"{name}-{number}", EPOCH, queue_limit=7)
            except QueueFull:
                refused.append(name)

    in_threads(create, "abcd")
    assert stream.waiting() == 7
    assert len(refused) == 33


def test_a_claim_holds_until_its_lease_runs_out(twin: Twin) -> None:
    stream = twin.stream
    first = created_and_claimed(stream)
    assert (first.gen, first.next, first.epoch, first.owner) == (1, 1, EPOCH, OWNER)
    assert stream.claim(SID, "worker-2:b:").verdict == "busy"
    assert stream.claim(SID, OWNER).verdict == "busy"
    twin.lease_runs_out(SID)
    second = stream.claim(SID, "worker-2:b:")
    assert (second.verdict, second.gen) == ("claimed", 2)
    meta = stream.meta(SID)
    assert meta is not None
    assert meta.owner == "worker-2:b:"


def test_of_many_claims_at_once_exactly_one_is_granted(stream: ChunkStream) -> None:
    stream.create(SID, EPOCH)
    verdicts: list[str] = []
    in_threads(lambda name: verdicts.append(stream.claim(SID, name).verdict), "abcdef")
    assert sorted(verdicts) == ["busy"] * 5 + ["claimed"]


def test_claiming_an_unknown_stream_says_gone(stream: ChunkStream) -> None:
    assert stream.claim("nobody", OWNER).verdict == "gone"


def test_what_is_published_is_read_back_byte_for_byte_and_in_order(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 5)
    assert stream.read(SID, 0) == [(seq, chunk(seq).to_message()) for seq in range(1, 6)]
    assert [seq for seq, _ in stream.read(SID, 3)] == [4, 5]
    assert [seq for seq, _ in stream.read(SID, 1, count=2)] == [2, 3]
    assert stream.read(SID, 5) == []


def test_a_chunk_published_again_after_a_lost_answer_is_stored_once(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    assert stream.publish(claim.gen, chunk(1)).verdict == "appended"
    assert stream.publish(claim.gen, chunk(1)) == Published(PublishVerdict.DUP, 2)
    assert [seq for seq, _ in stream.read(SID, 0)] == [1]


def test_a_zombie_is_fenced_off_after_a_takeover(twin: Twin) -> None:
    stream = twin.stream
    zombie = created_and_claimed(stream)
    publish_media(stream, zombie.gen, 1, 2)
    twin.lease_runs_out(SID)
    successor = stream.claim(SID, "worker-2:b:")
    assert (successor.gen, successor.next) == (2, 3)
    assert stream.publish(zombie.gen, chunk(3)).verdict == "fenced"
    assert stream.publish(zombie.gen, chunk(2)).verdict == "fenced"
    assert stream.set_init(SID, zombie.gen, b"old", "video/mp4") == "fenced"
    assert not stream.renew(SID, zombie.gen, OWNER)
    stream.release(SID, zombie.gen, OWNER)
    publish_media(stream, successor.gen, 3, 4)
    assert [Chunk.from_message(m).gen for _, m in stream.read(SID, 0)] == [1, 1, 2, 2]
    meta = stream.meta(SID)
    assert meta is not None
    assert meta.owner == "worker-2:b:"


def test_a_worker_that_was_late_but_not_replaced_goes_on(twin: Twin) -> None:
    claim = created_and_claimed(twin.stream)
    twin.lease_runs_out(SID)
    assert twin.stream.publish(claim.gen, chunk(1)).verdict == "appended"
    assert twin.stream.claim(SID, "worker-2:b:").verdict == "busy"


def test_a_chunk_of_another_epoch_is_fenced(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    assert stream.publish(claim.gen, chunk(1, epoch="another")).verdict == "fenced"


def test_a_number_above_the_next_is_a_gap_that_names_the_next(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 2)
    published = stream.publish(claim.gen, chunk(5))
    assert (published.verdict, published.next) == ("gap", 3)
    assert [seq for seq, _ in stream.read(SID, 0)] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "state"), [("end", "done"), ("failed", "failed"), ("cancelled", "cancelled")]
)
def test_an_ending_closes_the_stream_for_good(stream: ChunkStream, kind: str, state: str) -> None:
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 1)
    ending = chunk(2, kind=kind)  # type: ignore[arg-type]
    assert stream.publish(claim.gen, ending).verdict == "appended"
    assert stream.publish(claim.gen, ending).verdict == "dup"
    assert stream.publish(claim.gen, chunk(3)).verdict == "closed"
    assert stream.set_init(SID, claim.gen, b"late", "video/mp4") == "closed"
    assert stream.claim(SID, OWNER).verdict == "closed"
    assert not stream.renew(SID, claim.gen, OWNER)
    meta = stream.meta(SID)
    assert meta is not None
    assert (meta.state, meta.owner, meta.next) == (state, None, 3)
    assert [seq for seq, _ in stream.read(SID, 0)] == [1, 2]


def test_the_log_of_an_ended_stream_runs_out_before_the_stream_is_forgotten(twin: Twin) -> None:
    claim = created_and_claimed(twin.stream)
    twin.stream.publish(claim.gen, chunk(1, kind="end"))
    twin.log_runs_out(SID)
    assert twin.stream.read(SID, 0) == []
    assert twin.stream.oldest(SID) is None
    meta = twin.stream.meta(SID)
    assert meta is not None
    assert meta.state is StreamState.DONE


def test_only_what_the_writer_says_is_stored_is_trimmed(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 6)
    assert stream.oldest(SID) == 1
    stream.publish(claim.gen, chunk(7), trim_to=4)
    assert [seq for seq, _ in stream.read(SID, 0)] == [4, 5, 6, 7]
    assert stream.oldest(SID) == 4
    stream.publish(claim.gen, chunk(8), trim_to=2)
    assert stream.oldest(SID) == 4
    stream.publish(claim.gen, chunk(9), trim_to=100)
    assert [seq for seq, _ in stream.read(SID, 0)] == [9]


def test_a_writer_is_told_how_many_bytes_the_log_holds(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    sizes = [len(chunk(seq).to_message()) for seq in range(1, 5)]
    assert stream.publish(claim.gen, chunk(1)).log_bytes == sizes[0]
    assert stream.publish(claim.gen, chunk(2)).log_bytes == sizes[0] + sizes[1]
    assert stream.publish(claim.gen, chunk(3), trim_to=3).log_bytes == sizes[2]
    assert stream.publish(claim.gen, chunk(4), trim_to=3).log_bytes == sizes[2] + sizes[3]


def test_the_init_segment_outlives_a_takeover_and_may_be_set_again(twin: Twin) -> None:
    stream = twin.stream
    first = created_and_claimed(stream)
    assert stream.set_init(SID, first.gen, b"\x00ftyp\xff", 'video/mp4; codecs="a"') == "appended"
    twin.lease_runs_out(SID)
    second = stream.claim(SID, OWNER)
    meta = stream.meta(SID)
    assert meta is not None
    assert (meta.init, meta.mime) == (b"\x00ftyp\xff", 'video/mp4; codecs="a"')
    assert stream.set_init(SID, second.gen, b"again", "video/mp4") == "appended"
    meta = stream.meta(SID)
    assert meta is not None
    assert (meta.init, meta.mime) == (b"again", "video/mp4")
    assert stream.set_init("nobody", 1, b"", "") == "gone"


def test_three_claims_without_a_chunk_poison_the_stream(twin: Twin) -> None:
    stream = twin.stream
    created_and_claimed(stream)
    for _ in range(2):
        twin.lease_runs_out(SID)
        assert stream.claim(SID, OWNER).verdict == "claimed"
    twin.lease_runs_out(SID)
    assert stream.claim(SID, OWNER).verdict == "poison"
    meta = stream.meta(SID)
    assert meta is not None
    assert meta.state is StreamState.FAILED
    ((seq, message),) = stream.read(SID, 0)
    ending = Chunk.from_message(message)
    assert (seq, ending.seq, ending.kind, ending.gen) == (1, 1, "failed", 4)
    assert ending.detail is not None
    assert ending.detail["code"] == "poison"
    assert stream.claim(SID, OWNER).verdict == "closed"
    assert stream.publish(3, chunk(1, gen=3)).verdict == "fenced"


def test_a_published_chunk_clears_the_count_of_empty_claims(twin: Twin) -> None:
    stream = twin.stream
    claim = created_and_claimed(stream)
    for seq in range(1, 6):
        assert stream.publish(claim.gen, chunk(seq, gen=claim.gen)).verdict == "appended"
        twin.lease_runs_out(SID)
        claim = stream.claim(SID, OWNER)
        assert claim.verdict == "claimed"


def test_a_drain_counts_as_no_attempt_but_giving_up_does(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    for _ in range(5):
        stream.release(SID, claim.gen, OWNER, drained=True)
        claim = stream.claim(SID, OWNER)
        assert claim.verdict == "claimed"
    stream.release(SID, claim.gen, OWNER, drained=True)
    for _ in range(3):
        claim = stream.claim(SID, OWNER)
        stream.release(SID, claim.gen, OWNER)
    assert stream.claim(SID, OWNER).verdict == "poison"


def test_what_was_given_back_takes_no_more_chunks_from_the_giver(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 1)
    stream.release(SID, claim.gen, OWNER)
    stream.release(SID, claim.gen, OWNER)
    assert stream.publish(claim.gen, chunk(2)).verdict == "fenced"
    assert stream.set_init(SID, claim.gen, b"", "") == "fenced"
    assert stream.publish(claim.gen, chunk(1)).verdict == "dup"
    assert not stream.renew(SID, claim.gen, OWNER)
    meta = stream.meta(SID)
    assert meta is not None
    assert (meta.state, meta.owner) == (StreamState.RUNNING, None)


def test_a_heartbeat_keeps_the_lease_of_its_holder_only(twin: Twin) -> None:
    stream = twin.stream
    claim = created_and_claimed(stream)
    assert stream.renew(SID, claim.gen, OWNER)
    assert not stream.renew(SID, claim.gen, "another:")
    assert not stream.renew(SID, claim.gen + 1, OWNER)
    assert not stream.renew("nobody", 1, OWNER)
    twin.lease_runs_out(SID)
    assert stream.renew(SID, claim.gen, OWNER)
    assert stream.claim(SID, "another:").verdict == "busy"


def test_the_claims_of_a_dead_boot_are_given_back_and_no_others(stream: ChunkStream) -> None:
    for sid, owner in (("a", "w1:x:"), ("b", "w1:x:"), ("c", "w10:x:"), ("d", "w1:y:")):
        created_and_claimed(stream, sid, owner)
    assert sorted(stream.release_owner("w1:x:")) == ["a", "b"]
    assert stream.release_owner("w1:x:") == []
    assert [stream.claim(sid, "w2:").verdict for sid in "abcd"] == ["claimed", "claimed", "busy", "busy"]
    assert sorted(stream.release_owner("w1:")) == ["d"]
