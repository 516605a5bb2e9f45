"""A voice and a sentence in, speech whose words are positions in the written text out.

Between `lipsync.text` and everything that shows words. A voice counts positions in what
it was given to speak; here they come back to what the writer wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from lipsync.speech.spans import SpeechBuffer, Voice, WordSpan
from lipsync.text.sentences import Sentence


def speak_sentence(voice: Voice, sentence: Sentence, seed: int) -> Iterator[SpeechBuffer]:
    """Yield a sentence's speech, its word spans as positions in `sentence.written`.

    Spoken words that come from one written word ("۱۲" read as three words) are one span.

    Raises:
        VoiceError: as the voice's own `speak`.
    """
    words = _WordsAsWritten(sentence)
    for buffer in voice.speak(sentence.spoken, seed):
        mapped = tuple(word for spoken in buffer.words for word in words.add(spoken))
        if buffer.last:
            mapped += words.finish()
        yield replace(buffer, words=mapped)


class _WordsAsWritten:
    """Maps spoken words to written ones, joining those that share written characters."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._ranges = [
            sentence.written_range(*match.span()) for match in re.finditer(r"\S+", sentence.spoken)
        ]
        self._held: WordSpan | None = None

    def add(self, spoken: WordSpan) -> Iterator[WordSpan]:
        """Take a spoken word; yield the written words that are whole now."""
        start, end = self._sentence.written_range(spoken.text_start, spoken.text_end)
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
