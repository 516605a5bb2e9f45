"""The comparison of mouths counts what it says it counts."""

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from cli.bench.heard_picture import picture, read_phonemes, read_wave
from cli.bench.hearing import closures, hearing_lines, lag_ms
from cli.bench.together import BenchmarkFailed
from lipsync.clock import SAMPLE_RATE, ms_to_samples
from lipsync.mouth.controls import PRESS, rest
from lipsync.speech.spans import PhonemeSpan

FOUND = {
    "jaw_r": 0.9, "round_r": 0.8, "lag_ms": 0, "closures": 40, "closure_recall": 0.9,
    "closure_precision": 0.8, "frame_cpu_p50_ms": 0.3, "frame_cpu_p95_ms": 0.5,
}  # fmt: skip


def span(symbol: str, start_ms: int, end_ms: int) -> PhonemeSpan:
    return PhonemeSpan(symbol, ms_to_samples(start_ms), ms_to_samples(end_ms))


def test_a_closure_within_forty_milliseconds_counts_and_one_farther_away_does_not() -> None:
    track = rest(50)
    track[10:12, PRESS] = 1  # 400 to 480 ms
    track[30, PRESS] = 1  # 1200 to 1240 ms
    counted = closures(track, [span("b", 510, 560), span("a", 560, 700), span("m", 1300, 1350)])
    assert (counted.made, counted.found, counted.shown, counted.right) == (2, 1, 2, 1)


@pytest.mark.parametrize("rows", [-3, 0, 2])
def test_the_lag_is_how_far_an_opening_runs_behind(rows: int) -> None:
    wanted = np.random.default_rng(1).random(500).astype(np.float32)
    assert lag_ms(np.roll(wanted, rows), wanted) == rows * 10


@pytest.mark.parametrize(
    ("change", "line"), [({"jaw_r": 0.8}, 0), ({"lag_ms": 30}, 0), ({"frame_cpu_p50_ms": 2}, 2)]
)
def test_a_figure_beyond_its_aim_is_not_met(change: dict[str, float], line: int) -> None:
    assert hearing_lines(FOUND)[line].met
    assert not hearing_lines(FOUND | change)[line].met


def test_a_wave_file_is_read_as_mono_at_forty_eight_kilohertz(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.full((1600, 2), (1000, 3000), "<i2").tobytes())
    sound = read_wave(path)
    assert len(sound) == SAMPLE_RATE // 10
    # Two channels as one are as loud as both, as with every recording.
    assert abs(int(sound[2400]) - round((1000 + 3000) * 0.5**0.5)) <= 1


def test_a_wave_file_of_the_extensible_kind_is_read(tmp_path: Path) -> None:
    # RIFF's own header, with 24-bit samples under the format 65534 (WAVE_FORMAT_EXTENSIBLE).
    samples = np.full(4800, 1000 << 8, "<i4").tobytes()
    frames = b"".join(samples[at : at + 3] for at in range(0, len(samples), 4))
    guid = bytes.fromhex("0100000000001000800000aa00389b71")
    form = struct.pack("<HHIIHHHHI", 65534, 1, 48_000, 144_000, 3, 24, 22, 24, 4) + guid
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(frames)) + frames
    path = tmp_path / "said.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    sound = read_wave(path)
    assert len(sound) == 4800
    assert abs(int(sound[2400]) - 1000) <= 1


@pytest.mark.parametrize("data", [b"", b"RIFF", b"no sound at all, but some length" * 9])
def test_what_is_no_wave_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "said.wav"
    path.write_bytes(data)
    with pytest.raises(BenchmarkFailed):
        read_wave(path)


def test_the_picture_marks_a_frame_in_which_the_lips_are_closed() -> None:
    track = rest(50)
    track[10, PRESS] = 1
    page = picture(np.zeros(2 * SAMPLE_RATE, np.int16), track)
    closed, other = page.getpixel((84, 400)), page.getpixel((104, 400))
    assert closed == (200, 200, 200)
    assert other == (255, 255, 255)


def test_phonemes_of_a_recording_are_read_by_the_millisecond(tmp_path: Path) -> None:
    path = tmp_path / "said.tsv"
    path.write_text("0\t120\tm\n120\t250\t'A\n", "utf-8")
    assert read_phonemes(path) == (PhonemeSpan("m", 0, 5760), PhonemeSpan("'A", 5760, 12000))


@pytest.mark.parametrize("line", ["0\t120", "0.5\t1\tm", "m\t0\t1", ""])
def test_a_line_that_is_no_phoneme_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "said.tsv"
    path.write_text(f"0\t120\tm\n{line}\n", "utf-8")
    with pytest.raises(BenchmarkFailed, match="line 2"):
        read_phonemes(path)
