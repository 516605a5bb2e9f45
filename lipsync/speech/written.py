"""Words as a voice counts them in, words of the written text out.

Used by `lipsync.speech.runs`. A voice counts positions in what it was given to speak; here
they come back to what the writer wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lipsync.speech.spans import WordSpan
from lipsync.text.mapped import Span
from lipsync.text.words import word_spans


class WordsAsWritten:
    """Maps spoken words to written ones, joining those that share written characters.

    Spoken words that come from one written word ("۱۲" read as two words) are one span.
    """

    def __init__(self, spoken: str, spoken_to_written: Sequence[Span]) -> None:
        """Start a mapping.

        Args:
            spoken: what the voice says.
            spoken_to_written: for each character of it, its range as written.
        """
        self._written = spoken_to_written
        self._ranges = [self._range(*span) for span in word_spans(spoken)]
        self._held: WordSpan | None = None

    def _range(self, start: int, end: int) -> Span:
        # A sign that was put behind the text for the voice's sake is nobody's.
        end = min(end, len(self._written))
        return self._written[start][0], self._written[end - 1][1]

    def add(self, spoken: WordSpan) -> Iterator[WordSpan]:
        """Take a spoken word; yield the written words that are whole now."""
        start, end = self._range(spoken.text_start, spoken.text_end)
        word = WordSpan(start, end, spoken.start_samples, spoken.end_samples)
        if self._held is not None:
            if start < self._held.text_end:
                first = self._held
                word = WordSpan(
                    first.text_start, max(first.text_end, end), first.start_samples, word.end_samples
                )
            else:
                yield self._held
        self._held = None if self._is_whole(word) else word
        if self._held is None:
            yield word

    def _is_whole(self, word: WordSpan) -> bool:
        """Tell whether no other spoken word shares this one's last written character."""
        return sum(start < word.text_end <= end for start, end in self._ranges) <= 1

    def finish(self) -> tuple[WordSpan, ...]:
        """Return the word still held, if any."""
        return () if self._held is None else (self._held,)
