"""The front door under gunicorn, with a real Redis and real sockets."""

from collections.abc import Iterator

import pytest
import redis as redis_module
import relay_kit
from relay_kit import Door, Producer


@pytest.fixture(scope="module")
def door(redis_url: str) -> Iterator[Door]:
    with redis_module.Redis.from_url(redis_url) as client:
        client.flushall()
    with relay_kit.running_door(redis_url) as door:
        yield door


def test_a_viewer_gets_hello_init_every_chunk_once_and_the_end(door: Door) -> None:
    made = door.post()
    viewer = door.watch(made["id"], ticket=made["stream"]["ticket"])
    viewer.step()
    assert viewer.hello["state"] == "queued"
    assert viewer.hello["position"] == 1
    producer = Producer(door, made["id"])
    producer.publish(30)
    producer.end()
    viewer.to_close()
    assert viewer.inits == [relay_kit.INIT]
    assert viewer.seqs == list(range(1, 32))
    assert viewer.payloads[7] == relay_kit.payload(7, 1000)
    assert viewer.kinds[-1] == "end"
    assert viewer.code == 1000
