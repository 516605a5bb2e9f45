"""Word spans come back to the text as written."""

from collections.abc import Iterator

import numpy as np

from lipsync.speech.sentence import speak_sentence
from lipsync.speech.spans import SpeechBuffer, WordSpan
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.sentences import Sentence, split_sentences


class Metronome:
    """A voice that says every word in 100 samples, one buffer each."""

    name = "metronome"
    language = "fa"
    gain_db = 0.0

    def gain_at_db(self, prosody: Prosody) -> float:
        """See Voice."""
        return self.gain_db

    def speak(self, text: str, seed: int, prosody: Prosody = PLAIN) -> Iterator[SpeechBuffer]:
        start = 0
        words = text.split(" ")
        for number, word in enumerate(words):
            span = WordSpan(start, start + len(word), 100 * number, 100 * number + 100)
            start += len(word) + 1
            yield SpeechBuffer(np.zeros(100, np.int16), (), (span,), number == len(words) - 1)


def spoken(sentence: Sentence) -> list[tuple[str, int, int]]:
    buffers = list(speak_sentence(Metronome(), sentence, 1))
    assert [buffer.last for buffer in buffers] == [False] * (len(buffers) - 1) + [True]
    return [
        (sentence.written[word.text_start : word.text_end], word.start_samples, word.end_samples)
        for buffer in buffers
        for word in buffer.words
    ]


def test_words_are_positions_in_the_sentence_as_written() -> None:
    sentence = split_sentences("یک. \u202e😀 كتاب‌‌ها  را بخوان!")[1]
    assert [word for word, _, _ in spoken(sentence)] == ["كتاب‌‌ها", "را", "بخوان!"]


def test_spoken_words_of_one_written_word_are_one_span() -> None:
    written, said = "سال ۱۲ بود", "سال دوازده بود"
    positions = (0, 1, 2, 3, *[4] * 5, *[5], 6, 7, 8, 9)
    sentence = Sentence(0, 0, len(written), written, said, tuple((at, at + 1) for at in positions))
    assert spoken(sentence) == [("سال", 0, 100), ("۱۲", 100, 200), ("بود", 200, 300)]
    written, said = "۲۵ نفر", "بیست و پنج نفر"
    positions = (*[0] * 4, *[1] * 6, 2, 3, 4, 5)
    sentence = Sentence(0, 0, len(written), written, said, tuple((at, at + 1) for at in positions))
    assert spoken(sentence)[-1] == ("نفر", 300, 400)


def test_a_number_read_as_three_words_is_held_until_the_last() -> None:
    written, said = "۲۵۳", "دویست و پنجاه"
    sentence = Sentence(0, 0, 3, written, said, ((0, 3),) * len(said))
    assert spoken(sentence) == [("۲۵۳", 0, 300)]
