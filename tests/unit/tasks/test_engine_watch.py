"""An engine is missing when workers are warm and none of them has had it for a minute."""

from dataclasses import dataclass, field

from redis.exceptions import ConnectionError as RedisConnectionError

from tasks.engine_watch import LOOK_EVERY_S, MISSING_S, EngineWatch, says_missing


@dataclass
class Worker:
    engines: tuple[str, ...]


@dataclass
class Board:
    workers: list[Worker] = field(default_factory=list)
    away: bool = False

    def read(self) -> list[Worker]:
        if self.away:
            raise RedisConnectionError("away")
        return self.workers


def first_missing_s(watch: EngineWatch, until_s: int, engine: str = "wav2lip") -> int | None:
    return next((second for second in range(until_s) if watch.is_missing(engine, float(second))), None)


def test_an_engine_nobody_has_is_missing_after_a_minute_and_not_before() -> None:
    watch = EngineWatch(Board([Worker(("warp",))]).read)
    assert first_missing_s(watch, 200) == int(MISSING_S)


def test_an_engine_that_needs_nothing_is_never_missing() -> None:
    assert first_missing_s(EngineWatch(Board([Worker(())]).read), 200, "warp") is None


def test_a_worker_that_is_back_in_time_begins_the_minute_anew() -> None:
    board = Board([Worker(("warp",))])
    watch = EngineWatch(board.read)
    assert not any(watch.is_missing("wav2lip", float(second)) for second in range(50))
    board.workers = [Worker(("warp",)), Worker(("warp", "wav2lip"))]
    assert not watch.is_missing("wav2lip", 50 + LOOK_EVERY_S)
    board.workers = [Worker(("warp",))]
    assert not any(watch.is_missing("wav2lip", 60.0 + second) for second in range(int(MISSING_S)))
    assert watch.is_missing("wav2lip", 60 + MISSING_S)


def test_without_any_worker_or_without_redis_nothing_is_said_of_engines() -> None:
    assert first_missing_s(EngineWatch(Board().read), 200) is None
    assert first_missing_s(EngineWatch(Board([Worker(("warp",))], away=True).read), 200) is None


def test_what_was_seen_long_ago_counts_for_nothing() -> None:
    watch = EngineWatch(Board([Worker(("warp",))]).read)
    assert not watch.is_missing("wav2lip", 0.0)
    assert not watch.is_missing("wav2lip", 1000.0)


def test_whoever_waited_is_told_what_is_needed() -> None:
    assert "wav2lip/wav2lip.onnx" in says_missing("wav2lip")
