import io

import numpy as np
import pytest
from media_streams import FRAME_SAMPLES, encoded, voice
from PIL import Image

from lipsync.engines.contract import Size
from lipsync.media.encoder import SegmentEncoder
from lipsync.media.mp4 import write_mp4
from lipsync.media.probe import probe
from lipsync.media.sheet import CELL_WIDTH_PX, NoFrames, contact_sheet

FRAMES = 40


@pytest.fixture(scope="module")
def stream() -> tuple[bytes, list[bytes]]:
    return encoded(voice(FRAMES))


@pytest.fixture(scope="module")
def film(stream) -> bytes:
    out = io.BytesIO()
    write_mp4(stream[0], lambda: stream[1], out)
    return out.getvalue()


def test_a_whole_film_has_no_gap_and_no_error(film, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(film)
    report = probe(path)
    assert (report.frames, report.duration_ms, report.gaps, report.errors) == (FRAMES, FRAMES * 40, (), ())
    assert (report.width_px, report.height_px) == (256, 256)


def test_a_missing_segment_is_a_gap_in_both_tracks(stream):
    init, segments = stream
    report = probe(io.BytesIO(init + b"".join(segments[:2] + segments[3:])))
    assert [gap.split()[0] for gap in report.gaps] == ["pictures", "sound"]
    assert all("gap of 320 ms" in gap for gap in report.gaps)


def test_broken_pictures_are_errors(stream):
    init, segments = stream
    broken = bytearray(segments[1])
    middle = len(broken) // 3
    broken[middle : middle + 400] = bytes(400)
    assert probe(io.BytesIO(init + segments[0] + bytes(broken))).errors


def test_what_is_no_film_is_an_error_not_a_crash():
    report = probe(io.BytesIO(b"hello, this is not a film"))
    assert report.frames == 0
    assert report.errors[0].startswith("cannot be read")


def test_a_file_that_is_not_there_is_an_error_not_a_crash(tmp_path):
    assert probe(tmp_path / "nothing.mp4").errors


def test_a_sheet_shows_frames_spread_over_the_film_in_order():
    # Each frame is a grey that grows with time, so the sheet's cells tell when they are from.
    encoder = SegmentEncoder(Size(256, 256))
    frames = [np.full((384, 256), 128, np.uint8) for _ in range(40)]
    for number, frame in enumerate(frames):
        frame[:256] = 40 + 4 * number
    segment = encoder.encode(frames, np.zeros(40 * FRAME_SAMPLES, np.int16))
    png = contact_sheet(io.BytesIO(encoder.init_segment + segment.data), columns=2, count=4)
    sheet = Image.open(io.BytesIO(png))
    assert sheet.width == 2 * CELL_WIDTH_PX
    cell_height = sheet.height // 2
    greys = [
        sheet.getpixel((x * CELL_WIDTH_PX + 120, y * cell_height + 100))[0] for y in (0, 1) for x in (0, 1)
    ]
    expected = [(40 + 4 * number - 16) * 255 / 219 for number in (5, 15, 25, 35)]
    assert greys == pytest.approx(expected, abs=3)


def test_a_sheet_of_more_frames_than_there_are_shows_each_once(film):
    sheet = Image.open(io.BytesIO(contact_sheet(io.BytesIO(film), columns=100, count=1000)))
    assert sheet.width == FRAMES * CELL_WIDTH_PX


def test_a_film_without_pictures_has_no_sheet(stream):
    with pytest.raises(NoFrames):
        contact_sheet(io.BytesIO(stream[0]), columns=2, count=4)
