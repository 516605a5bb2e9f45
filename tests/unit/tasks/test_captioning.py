"""Captions in the pictures come with the stream, the same from every worker, or the stream fails."""

import io
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import stage as theatre
import structlog
from PIL import ImageFont, features
from stage import Stage

from avatars.database import Database
from lipsync.media.shaping import RaqmMissing, Typeface
from lipsync.text.caption_style import CaptionStyle
from tasks.captioning import can_draw, no_font
from tasks.manner import Manner
from tasks.station import Station
from workers.caption_font import OWN, CaptionFontMissing, read_caption_font

LOOK = {"burned": CaptionStyle(size=10, opacity=100).to_json()}


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    """Rows and a stream, no worker yet."""
    return Stage(sqlite_database)


def reading(station: Station, font: bytes) -> Station:
    """Return a worker that has a font."""
    return replace(station, caption_font=lambda: font)


def pictures(film: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(film)) as container:
        return [picture.to_ndarray() for picture in container.decode(video=0)]


def test_captions_are_drawn_into_every_picture_that_has_a_word(stage: Stage, vazirmatn: bytes) -> None:
    row = stage.post(manner=LOOK)
    stage.perform(reading(stage.worker(), vazirmatn), row)
    assert stage.row(row).state == "done"
    shown = pictures(stage.film(row))
    height = theatre.SIZE.height_px
    for number, picture in enumerate(shown):
        top, captions = picture[: height // 2], picture[height * 3 // 4 : height]
        assert abs(float(top.mean()) - theatre.brightness(number)) <= 1
        assert (captions < 30).sum() > 1000
        assert (captions > 180).sum() > 100


@pytest.mark.parametrize("border", [1, 4, 7])
def test_a_successor_draws_the_captions_that_the_dead_worker_would_have(
    stage: Stage, vazirmatn: bytes, border: int
) -> None:
    undisturbed, row = stage.post(manner=LOOK), stage.post(manner=LOOK)
    stage.perform(reading(stage.worker(), vazirmatn), undisturbed)
    faulty = theatre.FaultyStream(stage.stream)
    faulty.dies_after(border)
    with pytest.raises(theatre.ProcessDeath):
        stage.perform(reading(stage.worker(stream=faulty), vazirmatn), row)
    stage.stream.release_owner("worker-1:")
    stage.perform(reading(stage.worker("worker-2"), vazirmatn), row)
    whole, joined = pictures(stage.film(undisturbed)), pictures(stage.film(row))
    assert len(whole) == len(joined)
    # What differs is what two encoders make of one picture.
    assert max(float(np.abs(a.astype(int) - b).mean()) for a, b in zip(whole, joined, strict=True)) < 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [({}, "no font for captions"), ({"caption_font": lambda: b"no font"}, "")],
)
def test_without_a_font_the_stream_fails_and_is_not_shown_without(
    stage: Stage, changed: dict[str, Any], told: str
) -> None:
    row = stage.post(manner=LOOK)
    stage.perform(replace(stage.worker(), **changed), row)
    (ending,) = stage.chunks(row)
    assert ending.kind == "failed"
    assert ending.detail["code"] == "captions_unavailable"
    assert told in ending.detail["message"]
    assert stage.row(row).error_code == "captions_unavailable"


def test_a_worker_tells_whether_it_can_draw_them(vazirmatn: bytes) -> None:
    assert can_draw(lambda: vazirmatn)
    assert not can_draw(lambda: b"no font")
    assert not can_draw(no_font)


def test_what_is_wrong_with_a_font_is_told_once_and_not_with_every_question() -> None:
    with structlog.testing.capture_logs() as told:
        assert [can_draw(lambda: b"another that is none") for _ in range(3)] == [False] * 3
    assert [(line["event"], line["log_level"]) for line in told] == [("caption_font_unusable", "error")]
    assert "persian.ttf" in told[0]["place"]


def test_captions_are_drawn_with_the_operators_own_font(
    stage: Stage, vazirmatn: bytes, tmp_path: Path
) -> None:
    own = tmp_path / OWN
    own.parent.mkdir()
    font = partial(read_caption_font, tmp_path)
    own.write_bytes(b"no font")
    # The house's font is not taken in place of one that is broken: letters would change unseen.
    assert not can_draw(font)
    own.write_bytes(vazirmatn)
    assert can_draw(partial(read_caption_font, tmp_path, tmp_path / "none.woff2"))
    row = stage.post(manner=LOOK)
    stage.perform(replace(stage.worker(), caption_font=font), row)
    assert stage.row(row).state == "done"


def test_a_worker_without_raqm_draws_by_the_other_shaper(
    stage: Stage, vazirmatn: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What Pillow says and does where the machine has no FriBidi.
    monkeypatch.setattr(features, "check", lambda feature: False)
    monkeypatch.setattr(ImageFont.core, "HAVE_RAQM", False)
    assert not Typeface(vazirmatn).raqm
    with pytest.raises(RaqmMissing):
        Typeface(vazirmatn, raqm=True)
    row = stage.post(manner=LOOK)
    stage.perform(reading(stage.worker(), vazirmatn), row)
    assert stage.row(row).state == "done"
    height = theatre.SIZE.height_px
    captions = [picture[height * 3 // 4 : height] for picture in pictures(stage.film(row))]
    assert captions
    assert all((picture > 180).sum() > 100 for picture in captions)


def test_who_asks_for_none_needs_no_font(stage: Stage) -> None:
    row = stage.post()
    stage.perform(stage.worker(), row)
    assert stage.row(row).state == "done"


def test_a_process_without_a_font_says_where_one_belongs(stage: Stage) -> None:
    with pytest.raises(CaptionFontMissing, match=str(Path("fonts"))):
        stage.worker().caption_font()


def test_the_look_comes_back_from_the_row() -> None:
    assert Manner.from_json(Manner(burned=LOOK["burned"]).to_json()).burned == LOOK["burned"]
