"""Texts of a benchmark last as long as was asked, in the voices that speak them."""

from pathlib import Path

import pytest

from cli.bench.texts import SENTENCES, spoken_text
from lipsync.clock import SAMPLE_RATE
from lipsync.speech.sentence import speak_sentence
from lipsync.text.sentences import split_sentences
from workers.voices import open_voices


@pytest.mark.parametrize("voice_name", ["fa", "fa-woman"])
def test_a_text_of_sixty_seconds_is_spoken_in_no_less_and_little_more(
    voice_name: str, tmp_path: Path
) -> None:
    with open_voices(tmp_path) as voices:
        voice = voices.get(voice_name)
        for seed in (1, 2, 999_999_999):
            sentences = split_sentences(spoken_text(seed, 60.0))
            samples = sum(len(b.sound) for s in sentences for b in speak_sentence(voice, s, 0))
            assert 60 * SAMPLE_RATE <= samples <= 70 * SAMPLE_RATE


def test_another_seed_gives_another_text_and_the_same_seed_the_same() -> None:
    texts = {spoken_text(seed, 20.0) for seed in range(50)}
    assert len(texts) == 50
    assert spoken_text(7, 20.0) in texts


def test_a_text_longer_than_all_sentences_says_each_before_any_again() -> None:
    said = spoken_text(3, 400.0)
    assert all(1 <= said.count(sentence) <= said.count(SENTENCES[0]) + 1 for sentence in SENTENCES)
