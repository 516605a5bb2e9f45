"""Arrivals and workers in, waits and use of the places out: the queue of the house without the house.

What happens in `tasks` is repeated in events: an utterance takes a place at any worker that has
one, else waits its turn; it holds the place until its last chunk is made, which is some seconds
before its viewer has heard it; a worker that leaves hands its streams over, and they go to the end
of the queue. Pure: no clock, no service. How far that is the truth, `cli.bench.scaling` measures.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DAY_S: Final = 86_400.0
_SWING: Final = 0.8
"""How far a day's rate goes above and below its mean: nine times as much in the evening as at dawn."""
_PEAK_S: Final = 20 * 3600.0
_SPEECH_MEDIAN_S: Final = 8.0
_SPEECH_SPREAD: Final = 0.8
"""Of the logarithm: one utterance in ten is shorter than 3 s, one in ten longer than 22 s."""
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 120.0

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Utterances in the order in which they come."""

    at_s: Times
    speech_s: Times
    """How long each of them sounds."""

    def __len__(self) -> int:
        return len(self.at_s)


@dataclass(frozen=True, slots=True)
class Absence:
    """A worker that leaves while streams run, and comes back."""

    worker: int
    from_s: float
    to_s: float
    """When it is warm again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the workers are."""

    places: Sequence[int]
    """How many streams each worker carries at once."""
    ahead_s: float = 4.0
    """How far before its viewer a stream is made: the place is free so much before the end is heard."""
    overhead_s: float = 0.1
    """How long a place is held beyond that: taking up, the last chunk, the ending."""
    queue: int = 1_000_000
    """How many may wait; who comes after that is turned away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the arrivals."""

    waited_s: Times
    """From coming to the first place, of each that was not turned away."""
    turned_away: int
    handed_over: int
    """Streams whose worker left in their middle."""
    held_s: float
    """Time that places were held, all together."""
    offered_s: float
    """Time that there were places, all together, from the first arrival to the last ending."""
    most_at_once: int

    @property
    def utilisation(self) -> float:
        """Share of the places that was held."""
        return self.held_s / self.offered_s if self.offered_s else 0.0

    def waited_percentile_s(self, share: float) -> float:
        """Return what this share of the utterances waited at most."""
        return float(np.percentile(self.waited_s, share * 100)) if len(self.waited_s) else 0.0

    def late_share(self, limit_s: float) -> float:
        """Return the share that waited longer than this."""
        return float((self.waited_s > limit_s).mean()) if len(self.waited_s) else 0.0


def a_day(per_day: float, seed: int, length_s: float = DAY_S) -> Arrivals:
    """Return a day's arrivals: Poisson, at a rate that has its peak in the evening.

    Args:
        per_day: how many to expect in a whole day.
        seed: another one gives another day.
        length_s: of the day, from midnight.
    """
    chance = np.random.default_rng(seed)
    mean = per_day / DAY_S
    # Thinning (Lewis and Shedler 1979): as many as at the peak, of which some do not come.
    most = mean * (1 + _SWING)
    count = chance.poisson(most * length_s)
    at_s = np.sort(chance.uniform(0, length_s, count))
    rate = mean * (1 + _SWING * np.cos(2 * math.pi * (at_s - _PEAK_S) / DAY_S))
    at_s = at_s[chance.uniform(0, most, count) < rate]
    return Arrivals(at_s, speech_lengths(len(at_s), chance))


def speech_lengths(count: int, chance: np.random.Generator) -> Times:
    """Return how long so many utterances sound, in seconds."""
    spread = chance.lognormal(math.log(_SPEECH_MEDIAN_S), _SPEECH_SPREAD, count)
    return np.asarray(np.clip(spread, SHORTEST_S, LONGEST_S))


def per_day_for(house: House, load: float, seed: int = 0) -> float:
    """Return how many arrivals a day hold this share of the places at the day's peak."""
    speech_s = speech_lengths(100_000, np.random.default_rng(seed))
    held_s = float(_held(speech_s, house).mean())
    return load * sum(house.places) / held_s * DAY_S / (1 + _SWING)


def _held(speech_s: Times, house: House) -> Times:
    return np.maximum(speech_s - house.ahead_s, 0.0) + house.overhead_s


def simulate(arrivals: Arrivals, house: House, absences: Sequence[Absence] = ()) -> Outcome:
    """Let the arrivals come, and return what became of them.

    Args:
        arrivals: in order.
        house: the workers.
        absences: of one worker they must not overlap.
    """
    return _Run(arrivals, house, absences).outcome()


_ENDS, _LEAVES, _RETURNS = 0, 1, 2
_Event = tuple[float, int, int, int]
"""When, what, of which worker or utterance, and where that utterance was."""


class _Run:
    """One simulation on its way."""

    def __init__(self, arrivals: Arrivals, house: House, absences: Sequence[Absence]) -> None:
        self._arrivals = arrivals
        self._house = house
        self._free = list(house.places)
        self._here = [True] * len(house.places)
        # Of the workers that have room the emptiest takes the next, as rings are taken.
        self._order = [(-places, worker) for worker, places in enumerate(self._free)]
        heapq.heapify(self._order)
        self._waiting: deque[int] = deque()
        self._left_s = _held(arrivals.speech_s, house)
        self._at_worker: list[dict[int, float]] = [{} for _ in house.places]
        self._waited_s = np.full(len(arrivals), np.nan)
        self._events: list[_Event] = []
        for absence in absences:
            heapq.heappush(self._events, (absence.from_s, _LEAVES, absence.worker, 0))
            heapq.heappush(self._events, (absence.to_s, _RETURNS, absence.worker, 0))
        self._absences = absences
        self._running = self._most = self._turned_away = self._handed_over = 0
        self._held_s = self._now_s = 0.0

    def outcome(self) -> Outcome:
        for utterance, at_s in enumerate(self._arrivals.at_s.tolist()):
            self._reach(at_s)
            self._come(utterance, at_s)
        self._reach(math.inf)
        began_s = float(self._arrivals.at_s[0]) if len(self._arrivals) else 0.0
        ended_s = max(self._now_s, began_s)
        away_s = sum(
            self._house.places[each.worker] * max(0.0, min(each.to_s, ended_s) - max(each.from_s, began_s))
            for each in self._absences
        )
        return Outcome(
            waited_s=self._waited_s[~np.isnan(self._waited_s)],
            turned_away=self._turned_away,
            handed_over=self._handed_over,
            held_s=self._held_s,
            offered_s=sum(self._house.places) * (ended_s - began_s) - away_s,
            most_at_once=self._most,
        )

    def _reach(self, until_s: float) -> None:
        """Let all happen that happens by then."""
        while self._events and self._events[0][0] <= until_s:
            at_s, what, which, where = heapq.heappop(self._events)
            if what == _ENDS:
                self._end(which, where, at_s)
            elif what == _LEAVES:
                self._leave(which, at_s)
            else:
                self._here[which] = True
                self._give(which, self._house.places[which])
                self._take_up(at_s)

    def _come(self, utterance: int, at_s: float) -> None:
        if len(self._waiting) >= self._house.queue and not any(self._free):
            self._turned_away += 1
            return
        self._waiting.append(utterance)
        self._take_up(at_s)

    def _take_up(self, at_s: float) -> None:
        """Give places to those who wait, for as long as there are any."""
        while self._waiting:
            worker = self._emptiest()
            if worker is None:
                return
            utterance = self._waiting.popleft()
            if np.isnan(self._waited_s[utterance]):
                self._waited_s[utterance] = at_s - self._arrivals.at_s[utterance]
            self._give(worker, -1)
            self._at_worker[worker][utterance] = at_s
            self._running += 1
            self._most = max(self._most, self._running)
            ends_s = at_s + float(self._left_s[utterance])
            heapq.heappush(self._events, (ends_s, _ENDS, utterance, worker))

    def _emptiest(self) -> int | None:
        while self._order:
            free, worker = self._order[0]
            if self._here[worker] and free == -self._free[worker] and self._free[worker]:
                return worker
            # What it says of the worker is no longer so.
            heapq.heappop(self._order)
        return None

    def _give(self, worker: int, places: int) -> None:
        self._free[worker] += places
        if self._free[worker]:
            heapq.heappush(self._order, (-self._free[worker], worker))

    def _end(self, utterance: int, worker: int, at_s: float) -> None:
        begun_s = self._at_worker[worker].get(utterance)
        # One that was handed over meanwhile ends elsewhere, and later.
        if begun_s is None or not math.isclose(begun_s + self._left_s[utterance], at_s):
            return
        self._release(worker, utterance, at_s)
        self._give(worker, 1)
        self._now_s = at_s
        self._take_up(at_s)

    def _release(self, worker: int, utterance: int, at_s: float) -> float:
        spent_s = at_s - self._at_worker[worker].pop(utterance)
        self._held_s += spent_s
        self._running -= 1
        return spent_s

    def _leave(self, worker: int, at_s: float) -> None:
        for utterance in list(self._at_worker[worker]):
            self._left_s[utterance] -= self._release(worker, utterance, at_s)
            self._handed_over += 1
            self._waiting.append(utterance)
        self._here[worker] = False
        self._free[worker] = 0
        self._take_up(at_s)
