"""While a text is being written: its sentences go to the voice, and the presenter rests between.

Between tasks.synthesis, which draws, and tasks.open_text, which knows what may be said. Who
watches sees a living face that says nothing for as long as there is nothing to say, a chunk at
a time and each at its own time, so that a word that comes is heard soon. For nobody nothing is
drawn: the file has no such waiting in it.
"""

from collections.abc import Callable
from typing import Final

from lipsync import clock
from lipsync.pipeline import FrameRange
from tasks.open_text import OpenText
from tasks.plan import Plan
from tasks.playhead import Playhead
from tasks.speaking import RunsOf, Speaking

REST_AHEAD_S: Final = 0.2
"""How long before its place a chunk without a word is drawn: what has been drawn stands before
every word that comes, and what is drawn too late stops the picture."""

WAIT_S: Final = 0.25
"""How long is waited between two looks at whether to go on at all."""

LEAST_WAIT_S: Final = 0.01

BEGUN_LATE_S: Final = 0.5
"""Where waiting for the text has moved the playhead by more, a successor is told through the row."""


class Listener:
    """Has one stream go on as its text comes.

    Args:
        text: as it comes.
        playhead: of the stream; moved where waiting for the text has held it up.
        hurries: whether somebody watches, and waiting would hurt.
        look_up: called while it is waited; raises what ends the waiting.
    """

    def __init__(
        self, text: OpenText, playhead: Playhead, *, hurries: Callable[[], bool], look_up: Callable[[], None]
    ) -> None:
        self.text = text
        self._playhead = playhead
        self._hurries = hurries
        self._look_up = look_up
        self._speaking: Speaking

    def listen(self, runs_of: RunsOf, seed: int, plan: Plan, heard_from: int, published_ms: int) -> Speaking:
        """Return the speech, which grows with the text.

        Args:
            runs_of: see `Speaking`, as for `seed`, `plan` and `heard_from`.
            seed: of the utterance.
            plan: where speech is kept.
            heard_from: frames before this one will not be asked for.
            published_ms: how much of the stream there is; what of it is no speech was rest.
        """
        self._speaking = Speaking(self.text.sentences, runs_of, seed, plan, heard_from, more=self._more)
        self._speaking.rest(clock.ms_to_frames(published_ms))
        return self._speaking

    def _more(self) -> bool:
        begun = bool(self.text.sentences)
        may_follow = self.text.grow(self._in_hand_s())
        if self.text.sentences and not begun:
            self._begin_at(0)
        return may_follow

    def _in_hand_s(self) -> float:
        if not self._hurries():
            return float("inf")
        frames = self._speaking.timeline.frames
        return self._playhead.ahead_s(frames) if frames else 0.0

    def _begin_at(self, frame: int) -> None:
        """Let a frame be due now: until now the text was waited for, and nobody is late."""
        late_s = -self._playhead.ahead_s(frame)
        self._playhead.begin(frame)
        if late_s > BEGUN_LATE_S:
            self.text.begin_anew(self._playhead.started_s)

    def reach(self, span: FrameRange) -> None:
        """Wait until a span can be drawn, as speech or as rest, or all is said. Raises as `look_up`."""
        timeline = self._speaking.timeline
        while timeline.ready_frames < span.end and not timeline.complete:
            wait_s = WAIT_S
            # Before the first word nobody has been shown anything, and nothing has to go on.
            if timeline.frames and self._hurries():
                wait_s = self._playhead.ahead_s(span.first) - REST_AHEAD_S
            if wait_s <= 0:
                self._rest(span)
                return
            self._look_up()
            self.text.wait(min(WAIT_S, max(LEAST_WAIT_S, wait_s)), self._look_up)
            self._speaking.reach(span.end)

    def _rest(self, span: FrameRange) -> None:
        if self._playhead.ahead_s(span.first) < 0:
            self._begin_at(span.first)
        self._speaking.rest(span.end)
