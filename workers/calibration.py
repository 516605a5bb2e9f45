"""What a net of the Wav2Lip family is asked for in real work: sound and faces of the house itself.

The house's presenters say sentences with the embedded voice, drawn by the very engine; the net that
it asks writes down what it was asked for. For `workers.wav2lip_int8`, which has to know how large
the values within a network become. No face or voice of anybody's is in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from avatars.seeding import SAMPLES, sample_face
from lipsync.engines.contract import WHENEVER, Size
from lipsync.engines.net import Faces, Mels, Mouths
from lipsync.engines.wav2lip import Wav2LipEngine
from lipsync.pipeline import FrameRange, Timeline
from lipsync.speech.sentence import speak_sentence
from lipsync.speech.spans import Voice
from lipsync.text.reading import read_sentences
from workers.voices import open_voices

Asked = tuple[Mels, Faces]

LEARNT_FROM: Final = (
    "سلام! امروز هوا آفتابی است و پنجره‌ها باز مانده‌اند.",
    "بیست و هفت پروندهٔ کوچک، پشت میز چوبی، چه می‌خواستند؟",
    "The quick brown fox jumps over the lazy dog, and nobody minds.",
)
MEASURED_ON: Final = (
    "فردا صبح زود با قطار به شمال می‌رویم؛ بلیت‌ها را فراموش نکنید.",
    "Please wait for the next bus, it will come in five minutes.",
)
"""Sentences that nothing was learnt from."""

_SIZE: Final = Size(512, 512)
_FRAMES: Final = 8
"""Of a request, as of a chunk."""


class _Scribe:
    """A net that writes down what it is asked for, and paints the face it is shown."""

    def __init__(self, side_px: int) -> None:
        self.side_px = side_px
        self.asked: list[Asked] = []

    def paint(self, mel: Mels, face: Faces, due_s: float = WHENEVER) -> Mouths:
        del due_s
        self.asked.append((mel.copy(), np.ascontiguousarray(face)))
        return np.ascontiguousarray(face[:, 3:])


def requests(sentences: tuple[str, ...], side_px: int) -> Iterator[Asked]:
    """Yield what a net is asked for while each presenter says each sentence.

    Args:
        sentences: Persian, or English where they begin with a Latin letter.
        side_px: of the net's faces.

    Raises:
        VoiceError: the embedded voice does not work here.
    """
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder)) as voices:
        for text in sentences:
            language = "en" if text[0].isascii() else "fa"
            timeline = speak_text(text, voices.get(language), language)
            for sample in SAMPLES:
                scribe = _Scribe(side_px)
                brush = Wav2LipEngine(scribe).prepare(sample_face(sample.id), _SIZE).start(1)
                for first in range(0, timeline.frames - _FRAMES, _FRAMES):
                    brush.foresee(timeline.drive(FrameRange(first, _FRAMES)))
                yield from scribe.asked


def speak_text(text: str, voice: Voice, language: str) -> Timeline:
    """Return a text as a voice says it, read as one of a language.

    Raises:
        VoiceError: as the voice's own `speak`.
    """
    timeline = Timeline()
    for sentence in read_sentences(text, language):
        timeline.begin_sentence(sentence.start, sentence.written)
        for buffer in speak_sentence(voice, sentence, seed=1):
            timeline.append(buffer)
    timeline.end()
    return timeline
