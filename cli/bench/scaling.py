"""How many streams so many workers take in, simulated over a day and tried here on a real stack.

`tried` has the same utterances come to real workers and to simulated ones (`cli.bench.simulation`);
`curve` asks the simulation what cannot be tried on one machine. Beside worker_counts, which
asks how many processes a machine should have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

import settings
from cli.bench.figures import percentile
from cli.bench.simulation import Absence, Arrivals, House, a_day, per_day_for, simulate
from cli.bench.texts import spoken_text
from cli.bench.together import BenchmarkFailed, Tell, together
from cli.bench.viewing import avatars_of
from cli.client import Service, speak
from cli.demo import running_stack

COUNTS: Final = (1, 4, 64)
LOADS: Final = (0.5, 0.7, 0.8, 0.9, 1.0, 1.1)
"""Shares of the places that are held at the day's peak, were there no end of them."""
LATE_S: Final = 0.5
"""Who waits longer than this has no first chunk within the half second that was promised."""
AWAY_S: Final = 5.0
"""From a worker's leaving to another being warm in its place."""

_TRIED_LOAD: Final = 1.15
"""So that places run short, and waits are there to be compared."""
_TRIED_PLACES: Final = 2
"""Places of each tried worker: few, so that the machine itself never is what they wait for."""


def curve(
    places: int, counts: Sequence[int], loads: Sequence[float], seed: int, tell: Tell = lambda _: None
) -> list[dict[str, Any]]:
    """Simulate a day for each number of workers and each load.

    Args:
        places: of each worker.
        counts: numbers of workers.
        loads: shares of the places that the day's peak asks for.
        seed: of the day.
        tell: told how many days are done.

    Returns:
        One row a day: `workers`, `load`, `per_day`, `at_once` (the most), `utilisation`, `wait_p50_s`,
        `wait_p95_s`, `wait_p99_s`, `late_share`.
    """
    rows = []
    for workers in counts:
        house = House(places=[places] * workers)
        for load in loads:
            day = a_day(per_day_for(house, load), seed)
            outcome = simulate(day, house)
            rows.append(
                {"workers": workers, "load": load, "per_day": len(day), "at_once": outcome.most_at_once,
                 "utilisation": round(outcome.utilisation, 3), **_waits(outcome.waited_s.tolist())}
            )  # fmt: skip
            tell(len(rows))
    return rows


def churn(places: int, workers: int, load: float, every_s: float, seed: int) -> dict[str, Any]:
    """Simulate a day on which a worker leaves every so often, and comes back when it is warm.

    Returns:
        A row as `curve` returns it, with `left` (how often one left) and `handed_over`.
    """
    house = House(places=[places] * workers)
    day = a_day(per_day_for(house, load), seed)
    times = np.arange(every_s, day.at_s[-1], every_s).tolist()
    away = [Absence(number % workers, at_s, at_s + AWAY_S) for number, at_s in enumerate(times)]
    outcome = simulate(day, house, away)
    return {
        "workers": workers, "load": load, "per_day": len(day), "left": len(away),
        "handed_over": outcome.handed_over, "utilisation": round(outcome.utilisation, 3),
        **_waits(outcome.waited_s.tolist()),
    }  # fmt: skip


def tried(
    counts: Sequence[int], seconds: float, engine: str | None, begin: Callable[[str, int], Tell]
) -> dict[str, Any]:
    """Have utterances come to real workers, and the same to simulated ones.

    Args:
        counts: numbers of worker processes, each tried on a stack of its own. What holds a place
            beside the speech is taken from the first and then used for all.
        seconds: how long they come.
        engine: which engine draws; the avatar's own when None.
        begin: told what begins and how many steps it has.

    Returns:
        `overhead_s`, and `runs`: for each count the waits of both.

    Raises:
        BenchmarkFailed: a stream did not come to its end.
    """
    runs: list[dict[str, Any]] = []
    overhead_s: float | None = None
    for workers in counts:
        house = House(places=[_TRIED_PLACES] * workers)
        asked = _asked(house, seconds, seed=workers)
        changes = {"AVATAR_WORKERS": str(workers), "AVATAR_STREAMS": str(_TRIED_PLACES)}
        with running_stack(settings.load(), changes) as run:
            came, waited_s = _real(
                partial(Service, run.address, run.key), asked, engine,
                begin(f"{workers} worker processes", len(asked)),
            )  # fmt: skip
        if overhead_s is None:
            overhead_s = fitted(came, house, waited_s)
        simulated = simulate(came, House(places=house.places, overhead_s=overhead_s))
        runs.append(
            {"workers": workers, "places": sum(house.places), "utterances": len(came),
             "real": _waits(waited_s), "simulated": _waits(simulated.waited_s.tolist())}
        )  # fmt: skip
    return {"bench": "scaling", "overhead_s": overhead_s, "runs": runs}


def fitted(came: Arrivals, house: House, waited_s: Sequence[float]) -> float:
    """Return how long a place is held beside the speech, so that both wait as long on average."""
    mean_s = float(np.mean(waited_s))
    tried_s = [step * 0.05 for step in range(60)]

    def off_s(overhead_s: float) -> float:
        outcome = simulate(came, House(places=house.places, overhead_s=overhead_s))
        return abs(float(outcome.waited_s.mean()) - mean_s)

    return min(tried_s, key=off_s)


def _asked(house: House, seconds: float, seed: int) -> Arrivals:
    """Return arrivals at one rate that ask for somewhat more than there is."""
    day = a_day(per_day_for(house, _TRIED_LOAD * 1.8), seed, seconds)
    chance = np.random.default_rng(seed)
    # Of a day only its length and number are used: within a minute there is no evening.
    return Arrivals(np.sort(chance.uniform(0, seconds, len(day))), day.speech_s)


def _real(
    open_service: Callable[[], Service], asked: Arrivals, engine: str | None, tell: Tell
) -> tuple[Arrivals, list[float]]:
    """Speak them when they come; return when they came, how long they were, and what each waited."""
    with open_service() as service:
        avatars = avatars_of(service)
    seed = time.time_ns() % 1_000_000_000
    begun_s = time.monotonic() + 1.0

    def watch(number: int) -> tuple[float, float, float]:
        time.sleep(max(0.0, begun_s + float(asked.at_s[number]) - time.monotonic()))
        with open_service() as service:
            report = speak(
                service, spoken_text(seed + number, float(asked.speech_s[number])),
                avatar=avatars[number % len(avatars)], engine=engine, captions=False,
            )  # fmt: skip
        if report.ending != "end" or report.missing or report.first_chunk_ms is None:
            raise BenchmarkFailed(f"{report.utterance}: {report.ending}, {report.missing} chunks missing")
        return report.posted_s - begun_s, report.duration_ms / 1000, report.first_chunk_ms / 1000

    came = sorted(together(len(asked), watch, tell))
    at_s, speech_s, first_s = (np.array(column) for column in zip(*came, strict=True))
    # What the first chunk takes where nobody waits is no wait.
    least_s = percentile(first_s.tolist(), 0.05)
    return Arrivals(at_s, speech_s), np.maximum(first_s - least_s, 0.0).tolist()


def _waits(waited_s: Sequence[float]) -> dict[str, float]:
    late = sum(each > LATE_S for each in waited_s) / len(waited_s) if waited_s else 0.0
    named = {
        f"wait_p{round(share * 100)}_s": round(percentile(list(waited_s), share), 2)
        for share in (0.5, 0.95, 0.99)
    }
    return {**named, "late_share": round(late, 4)}
