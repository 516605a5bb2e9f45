"""Rings reach the queue they are meant for, on a real broker."""

import json
import os
import re
import subprocess
import sys

ASK = """
import json, sys
from tasks import queue
before = queue.batch_rings_waiting()
queue.ring_batch(json.loads(sys.argv[1]))
queue.ring_registration("alone")
print(json.dumps([before, queue.batch_rings_waiting()]))
"""


def test_the_files_of_a_batch_wait_in_a_queue_of_their_own_as_one_group(redis, redis_url: str) -> None:
    # In a process of its own: a Celery application reads its broker's address once.
    ids = [f"r{number}" for number in range(50)]
    env = {**os.environ, "REDIS_URL": redis_url}
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(ids)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0, 50]
    rings = [json.loads(ring) for ring in redis.lrange("batches", 0, -1)]
    assert {ring["headers"]["task"] for ring in rings} == {"tasks.registration.register"}
    assert len({ring["headers"]["group"] for ring in rings}) == 1
    asked = [re.search(r"r\d+", ring["headers"]["argsrepr"]) for ring in rings]
    assert sorted(found.group() for found in asked if found) == sorted(ids)
    assert redis.llen("registration") == 1
