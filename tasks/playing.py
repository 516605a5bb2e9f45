"""A recording becomes the speech of a timeline: its stretches as they are reached, words spread over them.

Beside `tasks.speaking`, which does the same with a voice. Nothing is kept of it: the recording
itself is the plan, and a worker that takes the stream over begins with the stretch that is
heard there.
"""

from collections.abc import Sequence
from typing import Final

from avatars.recorded import Recorded
from lipsync import clock
from lipsync.mouth.controls import MouthTrack
from lipsync.mouth.heard import HEARD_REACH_SAMPLES, heard_mouth
from lipsync.mouth.heard_model import HeardModel
from lipsync.pipeline import Timeline
from lipsync.speech.spans import SpeechBuffer, WordSpan
from lipsync.speech.spread import spread_words
from lipsync.speech.stretches import Stretch

_REACH_FRAMES: Final = clock.frames_covering(HEARD_REACH_SAMPLES)


class Playing:
    """Fills a timeline with a recording as far as it is asked to.

    Args:
        recorded: the sound.
        transcript: what is said in it; empty where nobody told.
        model: which mouth belongs to what is heard.
        first_frame: frames before this one will not be asked for.
    """

    def __init__(self, recorded: Recorded, transcript: str, model: HeardModel, first_frame: int = 0) -> None:
        self.timeline = Timeline()
        self._recorded = recorded
        self._transcript = transcript
        self._model = model
        self._words = spread_words(transcript, recorded.index.voiced)
        stretches = recorded.index.stretches
        begun = [number for number, each in enumerate(stretches) if each.first_frame <= first_frame]
        self._next = begun[-1] if begun else 0
        # As if what was said before had been: the stream's own frames are counted on.
        self.timeline.rest(stretches[self._next].first_frame)

    def reach(self, frames: int) -> None:
        """Have sound until so many frames can be drawn, or to the end.

        Raises:
            RecordingBroken: it does not read back.
            StorageError: storage does not answer.
        """
        stretches = self._recorded.index.stretches
        while self.timeline.ready_frames < frames and not self.timeline.complete:
            if self._next == len(stretches):
                self.timeline.end()
                return
            self._play(stretches[self._next])
            self._next += 1

    def finish_sentence(self) -> None:
        """Do nothing: a stretch is whole when it is begun."""

    def close(self) -> None:
        """Do nothing: no voice waits."""

    def _play(self, stretch: Stretch) -> None:
        start, end = clock.frames_to_samples(stretch.first_frame), clock.frames_to_samples(stretch.end_frame)
        words = [word for word in self._words if start <= word.start_samples < end]
        text_start = words[0].text_start if words else 0
        text_end = words[-1].text_end if words else 0

        def mouth(first_frame: int, frames: int) -> MouthTrack:
            return self._mouth(stretch.first_frame + first_frame, frames)

        self.timeline.begin_sentence(text_start, self._transcript[text_start:text_end], mouth)
        sound = self._recorded.sound(start, end)
        self.timeline.append(SpeechBuffer(sound, (), _within(words, text_start, start, end), last=True))

    def _mouth(self, first_frame: int, frames: int) -> MouthTrack:
        """Return the mouth of some frames of the recording, by all the sound that bears upon them."""
        before = min(first_frame, _REACH_FRAMES)
        begin = clock.frames_to_samples(first_frame - before)
        end = clock.frames_to_samples(first_frame + frames) + HEARD_REACH_SAMPLES
        sound = self._recorded.sound(begin, end)
        return heard_mouth(sound, before, frames, level=self._recorded.index.level, model=self._model)


def _within(words: Sequence[WordSpan], text_start: int, start: int, end: int) -> tuple[WordSpan, ...]:
    """Return words as positions in a stretch and its part of the transcript."""
    return tuple(
        WordSpan(
            word.text_start - text_start,
            word.text_end - text_start,
            word.start_samples - start,
            min(word.end_samples, end) - start,
        )
        for word in words
    )
