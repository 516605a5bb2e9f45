"""Films made on the spot, each wrong in one way, and one that is right."""

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from avatars.seeding import SAMPLES_DIR
from cli.verdict import captions_end_ms, judge
from lipsync.face.points import FacePoints

FPS = 25
RATE = 48000
SIZE = 256


@pytest.fixture(scope="module")
def points() -> FacePoints:
    return FacePoints.from_json(json.loads((SAMPLES_DIR / "samira.points.json").read_bytes()))


Paint = Callable[[int], NDArray[np.uint8]]


def face(_: int) -> NDArray[np.uint8]:
    return np.full((SIZE, SIZE, 3), 180, np.uint8)


def speaking(points: FacePoints) -> Paint:
    scale = SIZE / points.width_px
    upper, lower = points["lip_upper_outer"] * scale, points["lip_lower_outer"] * scale

    def paint(number: int) -> NDArray[np.uint8]:
        picture = face(number)
        if number % 4 < 2:
            x0, x1 = int(upper[0, 0]), int(upper[-1, 0])
            picture[int(upper[3, 1]) : int(lower[3, 1]), x0:x1] = 30
        return picture

    return paint


def make_film(path: Path, paint: Paint, *, frames: int = 50, sound_s: float = 2.0, loud: float = 0.5) -> Path:
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"crf": "18", "bf": "0"})
        video.width = video.height = SIZE
        video.pix_fmt = "yuv420p"
        audio = out.add_stream("aac", rate=RATE, layout="mono")
        for number in range(frames):
            out.mux(video.encode(av.VideoFrame.from_ndarray(paint(number), "rgb24")))
        out.mux(video.encode(None))
        total = int(sound_s * RATE)
        tone = (loud * np.sin(np.arange(total) * 0.05)).astype(np.float32)
        for start in range(0, total, 1024):
            piece = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], "fltp", "mono")
            piece.sample_rate, piece.pts = RATE, start
            out.mux(audio.encode(piece))
        out.mux(audio.encode(None))
    return path


def test_a_face_that_speaks_is_found_good(tmp_path: Path, points: FacePoints) -> None:
    verdict = judge(make_film(tmp_path / "good.mp4", speaking(points)), points)
    assert verdict.faults == ()
    assert verdict.media.frames == 50
    assert verdict.peak == pytest.approx(0.5, abs=0.25)


def test_a_mouth_that_rests_is_found(tmp_path: Path, points: FacePoints) -> None:
    (fault,) = judge(make_film(tmp_path / "still.mp4", face), points).faults
    assert "the mouth does not move" in fault


def test_movement_elsewhere_is_no_speech(tmp_path: Path, points: FacePoints) -> None:
    def blinking(number: int) -> NDArray[np.uint8]:
        picture = face(number)
        picture[: SIZE // 4] = 60 if number % 4 < 2 else 180
        return picture

    (fault,) = judge(make_film(tmp_path / "blink.mp4", blinking), points).faults
    assert "the mouth does not move" in fault


def test_a_single_black_frame_is_found(tmp_path: Path, points: FacePoints) -> None:
    lively = speaking(points)

    def paint(number: int) -> NDArray[np.uint8]:
        return np.zeros((SIZE, SIZE, 3), np.uint8) if number == 30 else lively(number)

    assert judge(make_film(tmp_path / "black.mp4", paint), points).faults == ("1 of 50 frames are black",)


def test_silence_is_found(tmp_path: Path, points: FacePoints) -> None:
    (fault,) = judge(make_film(tmp_path / "mute.mp4", speaking(points), loud=0.0), points).faults
    assert "the sound is silent" in fault


def test_sound_that_ends_early_is_found(tmp_path: Path, points: FacePoints) -> None:
    (fault,) = judge(make_film(tmp_path / "short.mp4", speaking(points), sound_s=1.5), points).faults
    assert fault.startswith("the picture ends at 2000 ms, the sound at ")


def test_a_file_cut_short_does_not_pass(tmp_path: Path, points: FacePoints) -> None:
    film = make_film(tmp_path / "cut.mp4", speaking(points))
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    assert any("does not decode" in fault for fault in judge(film, points).faults)


def test_the_end_of_captions_is_that_of_the_last_cue(tmp_path: Path) -> None:
    path = tmp_path / "x.vtt"
    path.write_text(
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nسلام\n\n01:02:03.000 --> 01:02:03.456\nبله\n", "utf-8"
    )
    assert captions_end_ms(path) == ((62 * 60) + 3) * 1000 + 456
    path.write_text("WEBVTT\n", "utf-8")
    assert captions_end_ms(path) == 0
