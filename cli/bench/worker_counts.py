"""How many worker processes carry the streams of one machine best: each count on a stack of its own.

The places for streams are always as many as the streams, however many processes share
them, so that nothing waits in the queue and only the number of processes differs.
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import settings
from cli.bench import machine, viewing
from cli.bench.together import Tell
from cli.client import Service
from cli.demo import running_stack
from cli.run_file import RunFile


def compare(
    counts: Sequence[int],
    streams: int,
    seconds: float,
    engine: str | None,
    begin: Callable[[str, int], Tell],
) -> dict[str, Any]:
    """Watch the same load with each number of worker processes; return each one's figures.

    Args:
        counts: numbers of processes, in the order to try them.
        streams: streams at once.
        seconds: length of each.
        engine: which engine draws; the avatar's own when None.
        begin: told what begins and how many steps it has.

    Returns:
        `runs`, a row for each count, and `best`: the count with the fewest underruns, of those the
        one with the shortest stalls, of those the one with the earliest first chunks.

    Raises:
        BenchmarkFailed: a stream did not come to its end.
    """
    runs = []
    for workers in counts:
        places = -(-streams // workers)
        changes = {"AVATAR_WORKERS": str(workers), "AVATAR_STREAMS": str(places)}
        with running_stack(settings.load(), changes) as run:
            figures = loaded(run, streams, seconds, engine, begin(f"{workers} worker processes", streams))
        runs.append({**figures, "bench": "streams", "workers": workers})
    return {"bench": "workers", "cores": len(os.sched_getaffinity(0)), "runs": runs, "best": best_of(runs)}


def best_of(runs: Sequence[dict[str, Any]]) -> int:
    """Return the number of workers of the best run."""
    best = min(runs, key=lambda run: (run["underruns"], run["stalled_ms"], run["first_chunk_p95_ms"]))
    return int(best["workers"])


def loaded(run: RunFile, streams: int, seconds: float, engine: str | None, tell: Tell) -> dict[str, Any]:
    """Watch streams at once and count the processor time that the service takes for them.

    Returns:
        What `viewing.streams` returns; `cpu_share`, the service's share of all cores meanwhile;
        `cpu_ms_per_s`, its processor time for a second of one stream; `clients_cpu_share`.
    """
    cpu_s, own_s, begun_s = machine.service_cpu_s(run), time.process_time(), time.monotonic()
    figures = viewing.streams(lambda: Service(run.address, run.key), streams, seconds, engine, tell)
    cores_s = (time.monotonic() - begun_s) * len(os.sched_getaffinity(0))
    cpu_s = machine.service_cpu_s(run) - cpu_s
    return {
        **figures,
        "cpu_share": round(cpu_s / cores_s, 2),
        "cpu_ms_per_s": round(1000 * cpu_s / figures["streamed_s"], 1),
        "clients_cpu_share": round((time.process_time() - own_s) / cores_s, 2),
    }
