"""The least that the way through the queue costs: an empty task, there and back.

Rings the broker as the front door does, and waits for a worker to answer in Redis.
"""

import secrets
import time
from typing import Final

from cli.bench.figures import percentile
from cli.bench.together import BenchmarkFailed
from tasks.queue import NOTHING, SYNTHESIS_QUEUE, send
from tasks.stream_redis import open_stream

_POLL_S: Final = 0.0003
_PATIENCE_S: Final = 10.0


class NobodyAnswers(BenchmarkFailed):
    """No worker ran an empty task in time; is a worker up?"""


def empty_task_ms(redis_url: str, turns: int = 30) -> float:
    """Return the median time from ringing an empty task to having its answer.

    Raises:
        NobodyAnswers: no worker took it up.
    """
    stream = open_stream(redis_url)
    times_ms = []
    for _ in range(turns):
        reply_to = secrets.token_hex(16)
        begun = time.perf_counter()
        send(NOTHING, SYNTHESIS_QUEUE, reply_to)
        while stream.redeem_ticket(reply_to) is None:
            if time.perf_counter() - begun > _PATIENCE_S:
                raise NobodyAnswers(str(NobodyAnswers.__doc__))
            time.sleep(_POLL_S)
        times_ms.append((time.perf_counter() - begun) * 1000)
    return percentile(times_ms, 0.5)
