"""Frames of one sentence and the sound around them, for engines that draw from sound.

Between `lipsync.pipeline`, which cuts it out of the speech, and `lipsync.speech.mel`. A frame
hears its own sentence alone: none waits for a sentence that has not been written yet, and a
sentence looks the same wherever it stands in a stream. Values only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lipsync import clock
from lipsync.speech.spans import Sound

PAST_FRAMES: Final = 2
"""Frames before the first one whose sound comes with it, so that what is drawn may be steadied
by what was drawn before, by a worker that has not drawn it too."""

BEFORE_SAMPLES: Final = clock.frames_to_samples(PAST_FRAMES) + clock.ms_to_samples(50)
"""Sound before the start of the first frame that comes with it."""

AFTER_SAMPLES: Final = clock.ms_to_samples(180)
"""Sound after the end of a frame that must be known before it is drawn. The mouth's own reach
(`lipsync.mouth.track`) is longer, so no frame waits because of this."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Consecutive frames of one sentence, or of a rest, and what is heard around them."""

    first_frame: int
    """Number of the first, counted from the sentence's start."""
    frames: int
    start_samples: int
    """Where `sound` begins in the sentence: 0, or at most `BEFORE_SAMPLES` before the first frame."""
    sound: Sound
    """To `AFTER_SAMPLES` behind the last frame, or to the sentence's end; after that is silence.
    Of a rest it is empty."""


def silence(frames: int) -> Heard:
    """Return frames in which nothing is said."""
    return Heard(0, frames, 0, np.zeros(0, np.int16))
