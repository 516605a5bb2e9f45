"""Frames carry captions that depend on text, words, style and number alone, whoever draws them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from avatars.seeding import SAMPLES, sample_face
from lipsync import clock
from lipsync.engines.catalogue import get_engine
from lipsync.engines.contract import WHENEVER, Brush, Drive, Frame, Size
from lipsync.engines.planes import split_i420
from lipsync.media.burn import HOLD_MS, LEAD_MS, CaptionedBrush, Press, Script, Shown
from lipsync.media.captions import LINGER_MS
from lipsync.media.overlay import yuv_of
from lipsync.media.shaping import Typeface
from lipsync.mouth.controls import JAW, rest
from lipsync.pipeline import SpokenSentence, SpokenWord, Timeline
from lipsync.speech.spans import PhonemeSpan, SpeechBuffer, WordSpan
from lipsync.text.caption_style import CaptionStyle
from lipsync.text.lines import cues_of
from lipsync.text.sentences import Sentence, split_sentences

SIZE = Size(256, 256)
FRAME = clock.samples_per_frame()
WORD = 8 * FRAME
SECOND = "وقتی باران بند آمد و هوا روشن شد، همه از خانه بیرون آمدند"
TEXT = f"سلام به همه. {SECOND}! C++ چیست؟"


def word(text: str, said: str, first_frame: int, frames: int = 8) -> SpokenWord:
    start = text.index(said)
    return SpokenWord(start, start + len(said), first_frame * FRAME, (first_frame + frames) * FRAME)


def said(text: str, *words: SpokenWord, start: int = 0) -> SpokenSentence:
    """Return a sentence of which these words are known, in a text that has others before it."""
    moved = (
        replace(each, text_start=each.text_start + start, text_end=each.text_end + start) for each in words
    )
    return SpokenSentence(start, text, tuple(moved))


def shown(text: str, cue: int = 0, spoken: tuple[int, int] | None = None) -> Shown:
    return Shown(text, cues_of(text)[cue], spoken)


def spoken(text: str, pause: int = 2) -> Iterator[tuple[Sentence, list[SpeechBuffer]]]:
    """Yield each sentence and its speech, a buffer a word, all words equally long."""
    for sentence in split_sentences(text):
        found = list(re.finditer(r"[\w+]+", sentence.written))
        buffers = []
        for number, match in enumerate(found):
            start = pause * FRAME + number * (WORD + 777)
            end = start + WORD
            at = sum(len(each.sound) for each in buffers)
            last = number == len(found) - 1
            stop = end + (pause * FRAME if last else 777)
            buffers.append(
                SpeechBuffer(
                    np.ones(stop - at, np.int16),
                    (PhonemeSpan("a", at, stop),),
                    (WordSpan(match.start(), match.end(), start, end),),
                    last,
                )
            )
        yield sentence, buffers


def whole(text: str) -> Timeline:
    timeline = Timeline()
    for sentence, buffers in spoken(text):
        timeline.begin_sentence(sentence.start, sentence.written)
        for buffer in buffers:
            timeline.append(buffer)
    timeline.end()
    return timeline


class Stripes:
    """A brush that repaints two rows a frame and leaves the rest as it was, as engines may."""

    def __init__(self) -> None:
        self._frame = np.full((SIZE.height_px * 3 // 2, SIZE.width_px), 90, np.uint8)

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        pass

    def paint(self, drive: Drive) -> Iterator[Frame]:
        for number in range(drive.first_frame, drive.first_frame + drive.frames):
            self._frame[number % 200] = number % 200
            yield self._frame


def captioned(
    brush: Brush, timeline: Timeline, face: Typeface, style: CaptionStyle | None = None
) -> CaptionedBrush:
    return CaptionedBrush(brush, timeline, style=style or CaptionStyle(), face=face, size=SIZE)


@pytest.fixture
def face(vazirmatn: bytes) -> Typeface:
    return Typeface(vazirmatn)


@pytest.mark.parametrize("start", [0, 50])
def test_a_cue_comes_with_its_first_word_and_goes_a_little_after_its_last(start: int) -> None:
    text = "یک دو."
    sentence = said(text, word(text, "یک", 20), word(text, "دو", 30), start=start)
    script = Script()
    lead, linger = LEAD_MS * clock.FPS // 1000, LINGER_MS * clock.FPS // 1000
    assert script.at(20 - lead - 1, sentence) is None
    assert script.at(20 - lead, sentence) == shown(text)
    assert script.at(19, sentence) == shown(text)
    assert script.at(20, sentence) == shown(text, 0, (0, 2))
    # The first word stays marked until the second begins.
    assert script.at(29, sentence) == shown(text, 0, (0, 2))
    assert script.at(30, sentence) == shown(text, 0, (3, 5))
    assert script.at(38 + linger - 1, sentence) == shown(text, 0, (3, 5))
    assert script.at(38 + linger, sentence) is None


def test_a_cue_waits_through_a_pause_and_marks_nothing_meanwhile() -> None:
    text = "یک دو."
    linger, hold = LINGER_MS * clock.FPS // 1000, HOLD_MS * clock.FPS // 1000
    sentence = said(text, word(text, "یک", 0), word(text, "دو", 400))
    script = Script()
    assert script.at(8 + linger, sentence) == shown(text)
    assert script.at(8 + hold - 1, sentence) == shown(text)
    assert script.at(8 + hold, sentence) is None
    assert script.at(400, sentence) == shown(text, 0, (3, 5))


def test_the_first_word_of_another_cue_brings_that_cue() -> None:
    text = f"{SECOND} {SECOND}"
    cues = cues_of(text)
    assert len(cues) > 1
    first = text[cues[1].start :].split(maxsplit=1)[0]
    start = cues[1].start
    sentence = said(
        text, word(text, "وقتی", 0), SpokenWord(start, start + len(first), 12 * FRAME, 20 * FRAME)
    )
    script = Script()
    assert script.at(11, sentence) == shown(text, 0, (0, 4))
    assert script.at(12, sentence) == shown(text, 1, (start, start + len(first)))


def test_nothing_is_shown_where_nothing_is_said() -> None:
    script = Script()
    assert script.at(3, None) is None
    assert script.at(3, said("سلام.")) is None
    assert script.at(3, said("…", SpokenWord(0, 1, 0, FRAME))) is None


def test_a_frame_shows_the_same_to_whoever_knows_only_what_it_must() -> None:
    """One worker draws each frame as soon as it may; another took up the whole speech."""
    known, all_of_it = Timeline(), whole(TEXT)
    script = Script()
    drawn = 0
    for sentence, buffers in spoken(TEXT):
        known.begin_sentence(sentence.start, sentence.written)
        for buffer in buffers:
            known.append(buffer)
            while drawn < known.ready_frames:
                seen = script.at(drawn, known.said_by(drawn))
                assert seen == script.at(drawn, all_of_it.said_by(drawn))
                assert seen is not None
                assert seen.sentence == sentence.written
                known.forget(drawn)
                drawn += 1
    assert drawn == all_of_it.frames


@pytest.mark.parametrize("style", [CaptionStyle(), CaptionStyle(back="stroke", position="top", spoken=None)])
def test_a_worker_that_takes_over_draws_the_same_frames(face: Typeface, style: CaptionStyle) -> None:
    timeline = whole(TEXT)
    mouth = rest(timeline.frames)
    mouth[:, JAW] = np.linspace(0, 0.8, timeline.frames)
    painter = get_engine("warp").prepare(sample_face(SAMPLES[0].id), SIZE)
    one = captioned(painter.start(1), timeline, face, style)
    frames = [frame.copy() for frame in one.paint(Drive.silent(0, mouth))]
    for first in (1, 37, 90, timeline.frames - 1):
        successor = captioned(painter.start(1), timeline, face, style)
        again = next(iter(successor.paint(Drive.silent(first, mouth[first:]))))
        assert np.array_equal(again, frames[first])
    bare = [frame.copy() for frame in painter.start(1).paint(Drive.silent(0, mouth))]
    assert sum(not np.array_equal(a, b) for a, b in zip(frames, bare, strict=True)) > timeline.frames // 2


def test_the_brush_under_the_captions_goes_on_from_its_own_frames(face: Typeface) -> None:
    timeline = whole(TEXT)
    frames = timeline.frames
    brush = captioned(Stripes(), timeline, face)
    # Chunk by chunk, one of them left half-way, as a stream that hands over does.
    seen = [frame.copy() for frame in brush.paint(Drive.silent(0, rest(50)))]
    next(brush.paint(Drive.silent(50, rest(8))))
    seen += [frame.copy() for frame in brush.paint(Drive.silent(50, rest(frames - 50)))]
    bare = [frame.copy() for frame in Stripes().paint(Drive.silent(0, rest(frames)))]
    script = Script()
    for number in range(frames):
        top = seen[number][:100] if number < 200 else seen[number][:1]
        assert np.array_equal(top, bare[number][: len(top)])
        captions = script.at(number, timeline.said_by(number))
        assert np.array_equal(seen[number], bare[number]) == (captions is None)


def test_the_spoken_word_alone_has_the_colour_of_the_spoken(face: Typeface) -> None:
    text = "سلام دنیا"
    style = CaptionStyle(size=12, opacity=100)
    press = Press(style, face, SIZE)
    gold = [round(part) for part in yuv_of("#ffd54a")]

    def marked_columns(spoken: tuple[int, int] | None) -> np.ndarray:
        frame = np.full((SIZE.height_px * 3 // 2, SIZE.width_px), 128, np.uint8)
        overlay = press.overlay(shown(text, 0, spoken))
        assert overlay is not None
        overlay.lay(frame)
        blue = split_i420(frame, SIZE)[1]
        return np.flatnonzero((blue < (gold[1] + 128) // 2).any(axis=0))

    plain = marked_columns(None)
    right, left = marked_columns((0, 4)), marked_columns((5, 9))
    assert len(plain) == 0
    assert left.max() < right.min()


def test_captions_stand_where_they_are_wished(face: Typeface) -> None:
    rows = {}
    for position in ("top", "bottom"):
        press = Press(CaptionStyle(position=position), face, SIZE)
        overlay = press.overlay(shown(SECOND))
        assert overlay is not None
        frame = np.full((SIZE.height_px * 3 // 2, SIZE.width_px), 128, np.uint8)
        overlay.lay(frame)
        rows[position] = np.flatnonzero((frame[: SIZE.height_px] != 128).any(axis=1))
    assert 0 < rows["top"].min() < rows["top"].max() < SIZE.height_px // 2 < rows["bottom"].min()
    assert rows["top"].min() <= 0.05 * SIZE.height_px
    assert rows["bottom"].max() >= 0.94 * SIZE.height_px


def test_a_stroke_stands_around_the_letters_and_a_box_behind_the_lines(face: Typeface) -> None:
    covered = {}
    for back in ("stroke", "box"):
        press = Press(CaptionStyle(back=back, opacity=100), face, SIZE)
        overlay = press.overlay(shown(SECOND))
        assert overlay is not None
        frame = np.full((SIZE.height_px * 3 // 2, SIZE.width_px), 128, np.uint8)
        overlay.lay(frame)
        luma = frame[: SIZE.height_px]
        covered[back] = (luma < 30).sum()
        assert (luma > 220).sum() > 200
    assert 500 < covered["stroke"] < covered["box"] / 2


@dataclass(frozen=True)
class Steady:
    """Says one word all the time."""

    text: str

    def said_by(self, frame: int) -> SpokenSentence:
        return said(self.text, SpokenWord(0, 1, 0, 100 * FRAME))


@pytest.mark.parametrize(
    "text", ["😀" * 3 + "中", "ب" + "\u064e" * 100_000, "ب" * 10_000, "\u202eسلام\u202c"]
)
def test_whatever_the_text_is_frames_come(text: str, face: Typeface) -> None:
    brush = CaptionedBrush(Stripes(), Steady(text), style=CaptionStyle(), face=face, size=SIZE)
    bare = [frame.copy() for frame in Stripes().paint(Drive.silent(0, rest(3)))]
    frames = [frame.copy() for frame in brush.paint(Drive.silent(0, rest(3)))]
    drawn = [not np.array_equal(one, other) for one, other in zip(frames, bare, strict=True)]
    assert drawn == [not text.startswith("😀")] * 3


def test_few_captions_are_kept(face: Typeface) -> None:
    press = Press(CaptionStyle(), face, SIZE)
    captions = [shown(f"جملهٔ شمارهٔ {number} است.") for number in range(40)]
    first = press.overlay(captions[0])
    assert press.overlay(captions[0]) is first
    for each in captions:
        press.overlay(each)
    assert press.kept <= 8
    assert press.overlay(captions[0]) is not first
