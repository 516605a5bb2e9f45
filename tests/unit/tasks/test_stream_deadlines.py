"""What the reaper looks at: deadlines and offices; the same for both twins."""

from stream_cases import EPOCH, OWNER, SID, Twin, chunk, created_and_claimed

from tasks.stream import LEASE_S, ChunkStream


def test_a_stream_is_overdue_when_nobody_claims_or_nobody_holds_it(twin: Twin) -> None:
    stream, clock = twin.stream, twin.clock
    begun_s = clock.now_s
    stream.create(SID, EPOCH)
    assert stream.overdue(begun_s + 4) == []
    assert stream.overdue(begun_s + 5) == [SID]
    claim = stream.claim(SID, OWNER)
    assert stream.overdue(begun_s + 5) == []
    clock.now_s += 1
    stream.release(SID, claim.gen, OWNER)
    assert stream.overdue(clock.now_s) == [SID]
    stream.postpone(SID, clock.now_s + 30)
    assert stream.overdue(clock.now_s + 29) == []
    assert stream.overdue(clock.now_s + 30) == [SID]
    stream.forget(SID)
    assert stream.overdue(clock.now_s + 30) == []


def test_a_held_stream_is_never_overdue_and_is_looked_at_when_its_lease_ends(twin: Twin) -> None:
    stream, clock = twin.stream, twin.clock
    created_and_claimed(stream)
    stream.postpone(SID, clock.now_s - 100)
    assert stream.overdue(clock.now_s) == []
    twin.lease_runs_out(SID)
    assert stream.overdue(clock.now_s + 11) == [SID]


def test_an_ended_stream_is_on_no_list(stream: ChunkStream) -> None:
    claim = created_and_claimed(stream)
    assert stream.unlisted([SID, "nobody"]) == ["nobody"]
    stream.publish(claim.gen, chunk(1, kind="end"))
    assert stream.overdue(1e12) == []
    assert stream.unlisted([SID]) == [SID]
    assert stream.unlisted([]) == []


def test_an_office_has_one_holder_who_may_renew_and_resign(twin: Twin) -> None:
    stream = twin.stream
    assert stream.lead("reaper", "one", ttl_s=60)
    assert stream.lead("reaper", "one", ttl_s=60)
    assert not stream.lead("reaper", "two", ttl_s=60)
    assert stream.lead("another", "two", ttl_s=60)
    stream.resign("reaper", "two")
    assert not stream.lead("reaper", "two", ttl_s=60)
    stream.resign("reaper", "one")
    assert stream.lead("reaper", "two", ttl_s=60)


def test_a_claimed_stream_is_looked_at_when_its_first_lease_ends(twin: Twin) -> None:
    stream, clock = twin.stream, twin.clock
    created_and_claimed(stream)
    twin.lease_runs_out(SID)
    assert stream.overdue(clock.now_s + LEASE_S) == [SID]


def test_an_office_is_led_until_it_is_resigned(twin: Twin) -> None:
    assert not twin.stream.led("reaper")
    twin.stream.lead("reaper", "one", ttl_s=60)
    assert twin.stream.led("reaper")
    assert not twin.stream.led("another")
    twin.stream.resign("reaper", "one")
    assert not twin.stream.led("reaper")
