"""Raw events of a voice in, phoneme and word spans out, as each one ends.

Between a voice's adaptor and `lipsync.speech.spans`. A phoneme ends where the next one
begins; a word is whatever stands between two spaces of the text, however many parts the
voice makes of it, and lasts to the end of its last sound. Positions come in at 48 kHz already.
"""

from __future__ import annotations

from bisect import bisect_right

from lipsync.speech.spans import PhonemeSpan, WordSpan
from lipsync.text.words import word_spans

SILENCE = "_"
"""The one symbol that every kind of pause is given as."""


class PhonemeSpans:
    """Phoneme starts in, whole phonemes out, without gaps from sample 0."""

    def __init__(self) -> None:
        self._symbol = SILENCE
        self._start = 0
        self._whole: list[PhonemeSpan] = []

    @property
    def heard(self) -> int:
        """Where the last phoneme that is no silence ends, or begins if it is still sounding."""
        sounding = [span.end_samples for span in self._whole if span.symbol != SILENCE]
        return self._start if not sounding or self._symbol != SILENCE else sounding[-1]

    def begin(self, symbol: str, sample: int) -> None:
        """Note that a phoneme begins, which ends the one before it.

        A phoneme that lasted no time is forgotten, and silences in a row are one.
        """
        if symbol == self._symbol == SILENCE:
            return
        sample = max(sample, self._start)
        if sample > self._start:
            self._whole.append(PhonemeSpan(self._symbol, self._start, sample))
        self._symbol, self._start = symbol, sample

    def take(self, until: int) -> tuple[PhonemeSpan, ...]:
        """Return and forget the whole phonemes that end at or before a sample."""
        count = sum(span.end_samples <= until for span in self._whole)
        taken, self._whole = self._whole[:count], self._whole[count:]
        return tuple(taken)

    def finish(self, speech_end: int, sound_end: int) -> None:
        """End the last phoneme with the speech, and fill up to the sound's end with silence."""
        self.begin(SILENCE, speech_end)
        if sound_end > self._start:
            self._whole.append(PhonemeSpan(SILENCE, self._start, sound_end))
            self._start = sound_end


class WordSpans:
    """Word starts in, one span per written word out.

    A voice splits words that are one to a reader (at a half-space, a hyphen, a digit) and
    joins words that are two ("of the"); here the spaces of the text decide. Words the voice
    joined share the time by their letters.
    """

    def __init__(self, text: str) -> None:
        found = list(word_spans(text))
        self._ranges = found
        self._starts = [start for start, _ in found]
        self._letters = [sum(char.isalnum() for char in text[start:end]) for start, end in found]
        self._next = 0
        """The first word that has no span yet."""
        self._current: int | None = None
        self._began = 0
        self._quiet: int | None = None
        """Where the silence after the current word began, unless it turns out to lie within it."""
        self._whole: list[WordSpan] = []

    def begin(self, position: int, sample: int) -> None:
        """Note that the word at a text position begins to be heard."""
        word = bisect_right(self._starts, position) - 1
        if word < self._next or (self._current is not None and word <= self._current):
            return
        self._end(word - 1, sample)
        self._current, self._began = word, sample
        self._letters[word] = max(self._letters[word], 1)

    def pause(self, sample: int) -> None:
        """Note a silence: the word before it ends there if another word comes next."""
        if self._current is not None and self._quiet is None and sample > self._began:
            self._quiet = sample

    def sound(self) -> None:
        """Note a sound: it belongs to the word that began last, with a silence before it."""
        # Of a long number or an abbreviation a voice makes several words, and rests between them.
        self._quiet = None

    def _end(self, last: int, sample: int) -> None:
        """End the current word, with those up to `last` that the voice joined to it."""
        if self._current is not None:
            self._close(last, sample if self._quiet is None else self._quiet)
        self._current = self._quiet = None

    def _close(self, last: int, sample: int) -> None:
        words = [word for word in range(self._next, last + 1) if self._letters[word]]
        total = sum(self._letters[word] for word in words)
        length = max(sample - self._began, 0)
        passed = 0
        for word in words:
            start = self._began + length * passed // total
            passed += self._letters[word]
            end = self._began + length * passed // total
            self._whole.append(WordSpan(*self._ranges[word], start, end))
        self._next = last + 1

    def take(self, until: int) -> tuple[WordSpan, ...]:
        """Return and forget the whole words that end at or before a sample."""
        count = sum(span.end_samples <= until for span in self._whole)
        taken, self._whole = self._whole[:count], self._whole[count:]
        return tuple(taken)

    def finish(self, speech_end: int) -> None:
        """End the last word, and those the voice joined to it, with the speech."""
        self._end(len(self._ranges) - 1, speech_end)
