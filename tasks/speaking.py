"""An utterance's text becomes the speech of its timeline, kept before it is used.

Between tasks.synthesis and the voices. Sentences are spoken when the stream comes near
them; what an earlier worker kept is used as it is.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lipsync.pipeline import Timeline
from lipsync.speech.runs import Run, speak_runs
from lipsync.speech.spans import SpeechBuffer
from lipsync.text.sentences import Sentence
from tasks.errors import TaskError
from tasks.plan import Place, Plan

RunsOf = Callable[[Sentence], Sequence[Run]]
"""Who says a sentence, and how: the same for the same sentence, in any process."""


class SpeechNotRepeatable(TaskError):
    """The voice says a half-kept sentence otherwise than before, so it cannot be gone on with."""


class Speaking:
    """Fills a timeline as far as it is asked to.

    Args:
        sentences: of the whole text, or of what may be spoken of it so far.
        runs_of: who speaks them, and how.
        seed: of the utterance; each sentence has one of its own.
        plan: where speech is kept.
        first_frame: frames before this one will not be asked for.
        more: called when all sentences are spoken; may add to them, and returns whether others
            may follow later. Those of a whole text are all there are.

    Raises:
        PlanBroken: what was kept does not read back.
    """

    def __init__(
        self,
        sentences: Sequence[Sentence],
        runs_of: RunsOf,
        seed: int,
        plan: Plan,
        first_frame: int = 0,
        *,
        more: Callable[[], bool] = lambda: False,
    ) -> None:
        self.timeline = Timeline()
        self._more = more
        self._sentences = sentences
        self._runs_of = runs_of
        self._seed = seed
        self._plan = plan
        self._buffers: Iterator[SpeechBuffer] | None = None
        self._index = -1
        self._part = 0
        self._place: Place | None = None
        self._take_up_kept(first_frame)

    def reach(self, frames: int) -> None:
        """Speak until so many frames can be drawn, or there is nothing to say (yet)."""
        while self.timeline.ready_frames < frames and not self.timeline.complete:
            if self._buffers is not None:
                self._speak(self._buffers, frames)
            elif not self._next_sentence():
                return

    def rest(self, frame: int) -> None:
        """Have the presenter rest up to a frame, unless a sentence has been begun."""
        if self._buffers is None:
            self.timeline.rest(frame)

    def finish_sentence(self) -> None:
        """Take the rest of a sentence that was begun; a voice is not kept waiting half-way."""
        if self._buffers is not None:
            self._speak(self._buffers, None)

    def close(self) -> None:
        """Stop the voice."""
        close = getattr(self._buffers, "close", None)
        if close is not None:
            close()
        self._buffers = None

    def _next_sentence(self) -> bool:
        """Begin a sentence, or end the timeline; False when neither can be done yet."""
        following = self._index + 1
        if following == len(self._sentences):
            may_follow = self._more()
            if following == len(self._sentences):
                if not may_follow:
                    self.timeline.end()
                return not may_follow
        self._index, self._part = following, 0
        sentence = self._sentences[following]
        self._place = Place(sentence.start, sentence.end, self.timeline.frames)
        self.timeline.begin_sentence(sentence.start, sentence.written)
        self._buffers = self._voice_of(sentence)
        return True

    def _voice_of(self, sentence: Sentence) -> Iterator[SpeechBuffer]:
        return speak_runs(self._runs_of(sentence), self._seed + sentence.index)

    def _speak(self, buffers: Iterator[SpeechBuffer], frames: int | None) -> None:
        """Take buffers until `frames` can be drawn (None: to the sentence's end), kept as one part."""
        taken: list[SpeechBuffer] = []
        ahead = self.timeline.branch()
        for buffer in buffers:
            taken.append(buffer)
            ahead.append(buffer)
            if buffer.last or (frames is not None and ahead.ready_frames >= frames):
                break
        whole = join(taken)
        self._plan.keep(self._index, self._part, whole, self._place)
        self.timeline.append(whole)
        self._part += 1
        if whole.last:
            self._buffers = None

    def _take_up_kept(self, first_frame: int) -> None:
        for kept in self._plan.kept():
            if kept.part == 0:
                self._index, self._place = kept.sentence, kept.place
                if kept.place is not None:
                    self.timeline.rest(kept.place.first_frame)
                sentence = self._sentences[kept.sentence]
                self.timeline.begin_sentence(sentence.start, sentence.written)
                # An hour of speech is 350 MB: only what will be heard is held.
                self.timeline.forget(first_frame)
            self.timeline.append(kept.buffer)
            self._part = kept.part + 1
            self._buffers = None if kept.buffer.last else iter(())
        if self._buffers is not None:
            sentence = self._sentences[self._index]
            self._buffers = _after(self._voice_of(sentence), self.timeline.open_sentence())


def join(buffers: Sequence[SpeechBuffer]) -> SpeechBuffer:
    """Return consecutive buffers of one sentence as one."""
    return SpeechBuffer(
        sound=np.concatenate([buffer.sound for buffer in buffers]),
        phonemes=tuple(span for buffer in buffers for span in buffer.phonemes),
        words=tuple(span for buffer in buffers for span in buffer.words),
        last=buffers[-1].last,
        marks=tuple(mark for buffer in buffers for mark in buffer.marks),
    )


def _after(buffers: Iterator[SpeechBuffer], kept: SpeechBuffer) -> Iterator[SpeechBuffer]:
    """Yield what a sentence spoken again adds to the part of it that was kept.

    Raises:
        SpeechNotRepeatable: it does not begin with that part.
    """
    again = join(list(buffers))
    samples, phonemes, words = len(kept.sound), len(kept.phonemes), len(kept.words)
    if not np.array_equal(again.sound[:samples], kept.sound) or again.phonemes[:phonemes] != kept.phonemes:
        raise SpeechNotRepeatable
    yield SpeechBuffer(
        again.sound[samples:],
        again.phonemes[phonemes:],
        again.words[words:],
        last=True,
        marks=again.marks[len(kept.marks) :],
    )
