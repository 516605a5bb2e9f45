"""What the benches of drawing and of finished files measure, on few frames."""

from pathlib import Path

import pytest

from cli.bench import films, machine, rendering
from lipsync.engines.catalogue import UnknownEngine
from lipsync.engines.contract import Size
from lipsync.media.probe import probe


def test_a_chunk_is_measured_beside_its_floor() -> None:
    told: list[int] = []
    figures = rendering.chunks(2, "warp", told.append, Size(256, 256))
    assert told == [0, 0, 1, 2]
    assert {"p50_ms", "p95_ms", "cpu_ms", "floor_p50_ms", "floor_p95_ms", "floor_cpu_ms"} <= set(figures)
    assert min(figures["p50_ms"], figures["floor_p50_ms"], figures["cpu_ms"]) > 0


def test_the_pictures_of_the_floor_are_the_avatars_and_move() -> None:
    size = Size(256, 256)
    still = rendering._still(
        rendering.get_engine("warp").prepare(rendering.sample_face("kian"), size).start(1)
    )
    first, second, *_ = (frame.copy() for frame in rendering._Swaying(still, size).paint(0))
    assert (first == still).all()
    assert (second != first).any()
    assert abs(second.astype(int) - first.astype(int)).mean() < 8


def test_an_unknown_engine_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownEngine, match="known: warp"):
        rendering.chunks(1, "nope")


def test_the_bare_film_is_one_that_the_check_of_films_can_read(tmp_path: Path) -> None:
    report = probe(films._bare_film(tmp_path / "bare.mp4"))
    assert (report.frames, report.errors) == (150, ())
    assert report.video_end_ms == 6000


def test_the_film_that_ends_furthest_apart_counts_and_gaps_add_up() -> None:
    def report(audio_ms: int, gaps: tuple[str, ...]) -> films.MediaReport:
        return films.MediaReport(10, 400, audio_ms, 400, gaps, ())

    figures = films._figures([report(400, ("a",)), report(370, ()), report(420, ("b", "c"))])
    assert figures == {"frames": 30, "ends_apart_ms": 30, "gaps": 3, "errors": 0}


def test_a_bare_worker_tells_what_a_worker_stands_on() -> None:
    figures = machine.bare_workers(1)
    assert set(figures) == {"import_s", "prepare_s", "import_mb", "encoder_mb"}
    assert figures["import_mb"] > figures["encoder_mb"] > 0
    assert min(figures.values()) > 0
