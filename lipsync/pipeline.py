"""Speech and a face in, segments out: the whole pure way, one chunk at a time.

A `Timeline` collects the speech of an utterance as it comes; `foresee_chunk` works out what
takes a device, `render_chunk` draws and encodes the frames under one sequence number. Which
frames belong to which sequence number depends on nothing but the number, so another worker
can go on from any chunk.
Between the voices and tasks.synthesis; keeps no clock of the wall.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from lipsync import clock
from lipsync.engines.contract import WHENEVER, Brush, Drive
from lipsync.media.encoder import Segment, SegmentEncoder
from lipsync.mouth.controls import CONTROLS, MouthTrack
from lipsync.mouth.track import REACH_SAMPLES, mouth_track
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, PAST_FRAMES, Heard, silence
from lipsync.speech.spans import Mark, PhonemeSpan, Sound, SpeechBuffer, WordSpan

OnStage = Callable[[str, float], None]
"""Told the name of a stage and the seconds it took."""


MouthOf = Callable[[int, int], MouthTrack]
"""Given a sentence's first frame wanted and how many, returns their mouth controls."""


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Consecutive frames of the stream."""

    first: int
    count: int

    @property
    def end(self) -> int:
        """The frame after the last one."""
        return self.first + self.count


def frames_of_chunk(seq: int) -> FrameRange:
    """Return the frames under a sequence number; the stream's last chunk may be cut short.

    Args:
        seq: from 1.
    """
    if seq < 1:
        raise ValueError(f"sequence numbers start at 1, got {seq}")
    if seq == 1:
        return FrameRange(0, clock.FIRST_CHUNK_FRAMES)
    return FrameRange(clock.FIRST_CHUNK_FRAMES + (seq - 2) * clock.CHUNK_FRAMES, clock.CHUNK_FRAMES)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word of the written text and the samples of the stream it is heard for."""

    text_start: int
    text_end: int
    start_samples: int
    end_samples: int


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """A sentence that sounds, as far as its speech is known."""

    text_start: int
    """Position of its first character in the text."""
    written: str
    words: tuple[SpokenWord, ...]
    """In order; their positions count in the whole text."""


@dataclass(slots=True)
class _Sentence:
    first_frame: int
    text_start: int
    written: str
    sounds: list[Sound] = field(default_factory=list)
    phonemes: list[PhonemeSpan] = field(default_factory=list)
    words: list[WordSpan] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    samples: int = 0
    complete: bool = False
    mouth: MouthOf | None = None
    """Where no phonemes tell of the mouth."""

    def ready_frames(self) -> int:
        """Frames whose sound and mouth can no longer change by what is still to come."""
        if self.complete:
            return clock.frames_covering(self.samples)
        mouth = self.phonemes[-1].end_samples - REACH_SAMPLES if self.phonemes else 0
        # A span comes when its word has ended; a word still being said may begin anywhere
        # after the last one, and its chunk must not be drawn without it.
        said = self.words[-1].end_samples if self.words else 0
        return max(0, clock.frame_of(min(self.samples - AFTER_SAMPLES, mouth, said)))

    def sound(self, start: int, end: int) -> Sound:
        """Return its samples from one position to another, as far as there are any."""
        at, found = 0, [np.zeros(0, np.int16)]
        for sound in self.sounds:
            low, high = max(at, start), min(at + len(sound), end)
            if low < high:
                found.append(sound[low - at : high - at])
            at += len(sound)
        return np.concatenate(found)

    def heard(self, first: int, count: int) -> Heard:
        """Return some of its frames with the sound around them; they must be ready."""
        start = max(0, clock.frames_to_samples(first) - BEFORE_SAMPLES)
        end = clock.frames_to_samples(first + count) + AFTER_SAMPLES
        return Heard(first, count, start, self.sound(start, end))

    def rows(self, first_frame: int, frames: int) -> MouthTrack:
        """Return the mouth controls of some of its frames."""
        if self.mouth is not None:
            return self.mouth(first_frame, frames)
        return mouth_track(self.phonemes, first_frame, frames)

    def spoken(self) -> list[SpokenWord]:
        """Return its words where they are in the text and in the stream."""
        at = clock.frames_to_samples(self.first_frame)
        return [
            SpokenWord(
                self.text_start + word.text_start,
                self.text_start + word.text_end,
                at + word.start_samples,
                at + word.end_samples,
            )
            for word in self.words
        ]


class Timeline:
    """The speech of one utterance so far, on the stream's own frames.

    Sentences follow each other on frame borders; each begins and ends with the mouth at
    rest, so that no frame waits for a sentence after its own. Between two the presenter may rest.
    """

    def __init__(self) -> None:
        self._sentences: list[_Sentence] = []
        self._rested_frames = 0
        self.complete = False

    def begin_sentence(self, text_start: int, written: str = "", mouth: MouthOf | None = None) -> None:
        """Start the next sentence.

        Args:
            text_start: position of its first character in the text.
            written: the sentence; whoever draws captions into the pictures asks for it.
            mouth: tells its mouth where it has no phonemes, as recorded sound has none.
        """
        self._sentences.append(_Sentence(self._end_frame(), text_start, written, mouth=mouth))

    def append(self, buffer: SpeechBuffer) -> None:
        """Add the next stretch of the sentence that was begun last."""
        sentence = self._sentences[-1]
        sentence.sounds.append(buffer.sound)
        sentence.samples += len(buffer.sound)
        sentence.phonemes.extend(buffer.phonemes)
        sentence.words.extend(buffer.words)
        sentence.marks.extend(buffer.marks)
        if buffer.last:
            sentence.complete = True

    def branch(self) -> "Timeline":
        """Return a timeline that begins as this one and may go on otherwise."""
        other = Timeline()
        other._rested_frames = self._rested_frames
        other._sentences = [
            replace(
                s,
                sounds=s.sounds.copy(),
                phonemes=s.phonemes.copy(),
                words=s.words.copy(),
                marks=s.marks.copy(),
            )
            for s in self._sentences
        ]
        return other

    def open_sentence(self) -> SpeechBuffer:
        """Return all there is so far of the sentence that was begun last."""
        last = self._sentences[-1]
        return SpeechBuffer(
            np.concatenate(last.sounds),
            tuple(last.phonemes),
            tuple(last.words),
            last.complete,
            tuple(last.marks),
        )

    def rest(self, frame: int) -> None:
        """Say nothing before a frame, after what has been said: silence, and the mouth at rest."""
        self._rested_frames = max(self._rested_frames, frame)

    def end(self) -> None:
        """Say that no sentence will follow."""
        self.complete = True

    def forget(self, frame: int) -> None:
        """Let go of the sentences before the one that sounds at a frame; none is asked for again."""
        while len(self._sentences) > 1 and self._sentences[1].first_frame <= frame:
            del self._sentences[0]

    def _end_frame(self) -> int:
        if not self._sentences:
            return self._rested_frames
        last = self._sentences[-1]
        return max(self._rested_frames, last.first_frame + clock.frames_covering(last.samples))

    @property
    def frames(self) -> int:
        """Frames of all speech and rest so far; final once the timeline is complete."""
        return self._end_frame()

    @property
    def ready_frames(self) -> int:
        """Frames that can be drawn now."""
        if not self._sentences or self._sentences[-1].complete:
            return self._end_frame()
        return self._sentences[-1].first_frame + self._sentences[-1].ready_frames()

    def sound(self, span: FrameRange) -> Sound:
        """Return exactly the samples under some frames, padded with zeros past the end."""
        out = np.zeros(clock.frames_to_samples(span.count), np.int16)
        start, end = clock.frames_to_samples(span.first), clock.frames_to_samples(span.end)
        for sentence in self._sentences:
            at = clock.frames_to_samples(sentence.first_frame)
            low, high = max(at, start), min(at + sentence.samples, end)
            if low < high:
                out[low - start : high - start] = sentence.sound(low - at, high - at)
        return out

    def mouth(self, span: FrameRange) -> MouthTrack:
        """Return the mouth controls of some frames, float32, shape (frames, 10)."""
        out = np.zeros((span.count, len(CONTROLS)), np.float32)
        for sentence in self._sentences:
            low = max(span.first, sentence.first_frame)
            high = min(span.end, sentence.first_frame + clock.frames_covering(sentence.samples))
            if low < high:
                rows = sentence.rows(low - sentence.first_frame, high - low)
                out[low - span.first : high - span.first] = rows
        return out

    def drive(self, span: FrameRange) -> Drive:
        """Return what moves a face in some frames, which must be ready."""
        heard: list[Heard] = []
        at = span.first
        for sentence in self._sentences:
            low = max(at, sentence.first_frame)
            high = min(span.end, sentence.first_frame + clock.frames_covering(sentence.samples))
            if low < high:
                heard += [silence(low - at)] if low > at else []
                heard.append(sentence.heard(low - sentence.first_frame, high - low))
                at = high
        heard += [silence(span.end - at)] if span.end > at else []
        past = min(PAST_FRAMES, heard[0].first_frame) if heard else 0
        mouth = self.mouth(FrameRange(span.first - past, past + span.count))
        return Drive(span.first, mouth[past:], tuple(heard), mouth[:past])

    def words(self, span: FrameRange) -> list[SpokenWord]:
        """Return the words that begin under some frames, in order."""
        start, end = clock.frames_to_samples(span.first), clock.frames_to_samples(span.end)
        return [
            word
            for sentence in self._sentences
            for word in sentence.spoken()
            if start <= word.start_samples < end
        ]

    def said_by(self, frame: int) -> SpokenSentence | None:
        """Return the sentence that sounds at a frame, None before the first.

        Of a frame that can be drawn all words are known that begin by its end, and the first of all.
        """
        sounding = [sentence for sentence in self._sentences if sentence.first_frame <= frame]
        if not sounding:
            return None
        last = sounding[-1]
        return SpokenSentence(last.text_start, last.written, tuple(last.spoken()))

    def marks(self, span: FrameRange) -> list[Mark]:
        """Return the marks that are reached under some frames, in order, at samples of the stream."""
        start, end = clock.frames_to_samples(span.first), clock.frames_to_samples(span.end)
        found = []
        for sentence in self._sentences:
            at = clock.frames_to_samples(sentence.first_frame)
            # One at the very end belongs to the last frame: there may be none after it.
            last = sentence.samples - 1 if sentence.complete else sentence.samples
            placed = [Mark(mark.name, at + min(mark.at_samples, last)) for mark in sentence.marks]
            found += [mark for mark in placed if start <= mark.at_samples < end]
        return found


def foresee_chunk(
    timeline: Timeline, span: FrameRange, brush: Brush, on_stage: OnStage, due_s: float = WHENEVER
) -> Drive:
    """Return what moves the face in some frames, with what a device has to do for them done.

    Args:
        timeline: must be ready through `span.end`.
        span: the frames, following those the brush has had.
        brush: the stream's own.
        on_stage: told of "mouth" and "foresee".
        due_s: when the first frame is due, on a clock that all streams of the device share.

    Raises:
        NetFailed: as `Brush.foresee`.
    """
    begun = perf_counter()
    drive = timeline.drive(span)
    driven = perf_counter()
    on_stage("mouth", driven - begun)
    brush.foresee(drive, due_s)
    on_stage("foresee", perf_counter() - driven)
    return drive


def render_chunk(
    timeline: Timeline, drive: Drive, brush: Brush, encoder: SegmentEncoder, on_stage: OnStage
) -> Segment:
    """Draw and encode some frames of a stream.

    Args:
        timeline: the one that `drive` is of.
        drive: as `foresee_chunk` returned it; its frames follow those the encoder has had.
        brush: the stream's own.
        encoder: the stream's own.
        on_stage: told of "paint_encode".

    Raises:
        NetFailed: as `Brush.paint`.
    """
    begun = perf_counter()
    sound = timeline.sound(FrameRange(drive.first_frame, drive.frames))
    segment = encoder.encode(brush.paint(drive), sound)
    on_stage("paint_encode", perf_counter() - begun)
    return segment
