"""The finished files: whether sound and picture end together, and whether times jump.

Speaks, fetches each MP4 as any client would, and decodes all of it. Beside it the same
check of a film that the media library's own muxer has written.
"""

import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from cli.bench.texts import spoken_text
from cli.bench.together import Tell
from cli.bench.viewing import avatars_of
from cli.client import Service, speak
from lipsync import clock
from lipsync.media.probe import MediaReport, probe

TEXT_S: Final = 6.0

_BARE_FRAMES: Final = 150
_BARE_PX: Final = 256
_OPUS_SAMPLES: Final = 960


def films(service: Service, count: int, engine: str | None, tell: Tell) -> dict[str, Any]:
    """Speak `count` utterances and decode the finished file of each.

    Returns:
        `ends_apart_ms`: the furthest that the ends of sound and picture lie apart; `gaps` and
        `errors` over all files; the same of one bare film as `floor_…`.

    Raises:
        StreamBroken: a file was not finished in time.
    """
    avatars = avatars_of(service)
    seed = time.time_ns() % 1_000_000_000
    reports = []
    with tempfile.TemporaryDirectory(prefix="films-") as folder:
        film = Path(folder) / "film.mp4"
        for turn in range(count):
            said = speak(
                service, spoken_text(seed + turn, TEXT_S), avatar=avatars[turn % len(avatars)], engine=engine
            )
            reports.append(finished_film(service, said.utterance, film))
            tell(turn + 1)
        bare = _figures([probe(_bare_film(Path(folder) / "bare.mp4"))])
    floor = {f"floor_{name}": value for name, value in bare.items()}
    return {"bench": "films", "n": count, **_figures(reports), **floor}


def finished_film(service: Service, utterance_id: str, target: Path) -> MediaReport:
    """Fetch the finished file of an utterance as any client would, and decode it.

    Raises:
        StreamBroken: it was not finished in time.
    """
    service.wait_for_files(utterance_id)
    service.download(f"/v1/utterances/{utterance_id}/video.mp4", target)
    return probe(target)


def is_whole(report: MediaReport) -> bool:
    """Tell whether a file decodes without error or gap, and its sound and picture end within a frame."""
    apart_ms = abs(report.audio_ms - report.video_end_ms)
    return not report.errors and not report.gaps and apart_ms <= 1000 / clock.FPS


def _figures(reports: Sequence[MediaReport]) -> dict[str, int]:
    return {
        "frames": sum(report.frames for report in reports),
        "ends_apart_ms": max(abs(report.audio_ms - report.video_end_ms) for report in reports),
        "gaps": sum(len(report.gaps) for report in reports),
        "errors": sum(len(report.errors) for report in reports),
    }


def _bare_film(target: Path) -> Path:
    """Write a film of noise and grey with the library's own encoders and muxer, and no other care."""
    chance = np.random.default_rng(1)
    with av.open(str(target), "w") as container:
        pictures = container.add_stream("libx264", rate=clock.FPS, options={"preset": "ultrafast"})
        pictures.width = pictures.height = _BARE_PX
        pictures.pix_fmt = "yuv420p"
        sound = container.add_stream("libopus", rate=clock.SAMPLE_RATE, layout="mono")
        for number in range(_BARE_FRAMES):
            picture = av.VideoFrame.from_ndarray(np.full((_BARE_PX, _BARE_PX), 128, np.uint8), "gray")
            picture.pts, picture.time_base = number, Fraction(1, clock.FPS)
            container.mux(pictures.encode(picture.reformat(format="yuv420p")))
        for start in range(0, clock.frames_to_samples(_BARE_FRAMES), _OPUS_SAMPLES):
            noise = chance.integers(-4000, 4000, (1, _OPUS_SAMPLES), dtype=np.int16)
            heard = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
            heard.sample_rate, heard.pts = clock.SAMPLE_RATE, start
            heard.time_base = Fraction(1, clock.SAMPLE_RATE)
            container.mux(sound.encode(heard))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))
    return target
