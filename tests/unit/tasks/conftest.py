"""The chunk stream in memory and on a real Redis, for the contract that both keep."""

from collections.abc import Iterator

import pytest
import redis as redis_client
from stream_cases import MemoryTwin, RedisTwin, SetClock, Twin

from tasks.stream import ChunkStream
from tasks.stream_redis import RedisChunkStream
from tasks.stream_redis import redis_client as client_for


@pytest.fixture(params=["memory", "redis"])
def twin(request: pytest.FixtureRequest) -> Iterator[Twin]:
    if request.param == "memory":
        yield MemoryTwin()
        return
    redis: redis_client.Redis = request.getfixturevalue("redis")
    url: str = request.getfixturevalue("redis_url")
    clock = SetClock()
    stream = RedisChunkStream(client_for(url, blocking=False), client_for(url, blocking=True), clock=clock)
    yield RedisTwin(redis, stream, clock)
    stream.close()


@pytest.fixture
def stream(twin: Twin) -> ChunkStream:
    return twin.stream
