"""Every language of the installed eSpeak NG is found by its tags, and speaks."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from lipsync.clock import ms_to_samples, samples_per_frame
from lipsync.speech.errors import UnknownVoice
from lipsync.speech.runs import speak_runs
from lipsync.speech.spans import Speech
from lipsync.text.passages import passages_of
from lipsync.text.sentences import split_sentences
from lipsync.text.ssml import parse_ssml
from tasks.casting import cast
from workers.espeak_languages import espeak_languages
from workers.voices import Voices, language_catalogue, open_voices

TEXTS = {
    "de": "Am 3. Oktober kam Dr. Müller mit 5 Äpfeln.",
    "fr": "Ça va, où est-ce que vous êtes ?",
    "ar": "مرحبا بك، عندي ٣ كتب",
    "tr": "Merhaba dünya, nasılsın?",
    "zh": "你好世界，我们今天去学校。",
    "ru": "Привет, как дела?",
    "hi": "नमस्ते, आप कैसे हैं।",
    "es": "¿Dónde está la biblioteca?",
    "ja": "そうですか、はい。",
    "pt-BR": "Não sei o que é isso.",
}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    with open_voices(tmp_path_factory.mktemp("voices")) as made:
        made.warm()
        yield made


def said(voices: Voices, source: str, name: str = "fa") -> tuple[str, Speech, list[tuple[str, int]]]:
    """Speak one sentence of SSML; return what is shown, the speech and the marks."""
    script = parse_ssml(f"<speak>{source}</speak>")
    voice = voices.get(name)
    (sentence,) = split_sentences(script.shown, voice.language)
    (passages,) = passages_of(script, [sentence], voice.language)
    buffers = list(speak_runs(cast(passages, voices, voice), 1))
    speech = Speech(
        np.concatenate([buffer.sound for buffer in buffers]),
        tuple(span for buffer in buffers for span in buffer.phonemes),
        tuple(span for buffer in buffers for span in buffer.words),
    )
    marks = [(mark.name, mark.at_samples) for buffer in buffers for mark in buffer.marks]
    return sentence.written, speech, marks


@pytest.mark.parametrize(
    ("tag", "espeak_name"),
    [
        ("de", "de"), ("de-AT", "de"), ("DE", "de"), ("fr", "fr"), ("fr-FR", "fr"), ("fr-CH", "fr-CH"),
        ("zh", "cmn"), ("zh-Hans-CN", "cmn"), ("yue", "yue"), ("no", "nb"), ("en-US", "en-US"), ("en", "en"),
        ("pt-BR", "pt-BR"), ("hy", "hy"), ("chr", "chr"),
    ],
)  # fmt: skip
def test_a_language_is_found_by_any_of_its_tags(tag: str, espeak_name: str) -> None:
    found = espeak_languages().find(tag)
    assert found is not None
    assert found.espeak_name == espeak_name


@pytest.mark.parametrize("tag", ["ckb", "tlh-x", "", "english"])
def test_a_language_that_is_not_spoken_is_not_found(tag: str) -> None:
    assert espeak_languages().find(tag) is None


def test_the_languages_are_told_with_titles_and_other_tags() -> None:
    told = {info.tag: info for info in language_catalogue()}
    assert len(told) > 120
    assert told["de"].title_fa == "آلمانی"
    assert "zh" in told["cmn"].aliases
    assert all(info.title_en and "//" not in info.title_en for info in told.values())


@pytest.mark.parametrize("tag", [info.tag for info in language_catalogue()])
def test_every_language_of_the_catalogue_has_a_voice_with_sound(voices: Voices, tag: str) -> None:
    text = {"chr": "ᎣᏏᏲ", "cv": "салам", "sjn": "mae govannen"}.get(tag, "123")
    sound = np.concatenate([buffer.sound for buffer in voices.get(tag).speak(text, 1)])
    assert np.abs(sound.astype(int)).max() > 2_000


@pytest.mark.parametrize("tag", list(TEXTS))
def test_a_text_is_spoken_whole_and_every_word_is_timed(voices: Voices, tag: str) -> None:
    shown, speech, _ = said(voices, TEXTS[tag], tag)
    assert [shown[word.text_start : word.text_end] for word in speech.words ] != []
    covered = "".join(shown[word.text_start : word.text_end] for word in speech.words)
    assert covered == "".join(shown.split()) or tag in {"fr", "ja"}
    assert all(a.end_samples <= b.start_samples for a, b in pairwise(speech.words))
    assert speech.phonemes[-1].end_samples == len(speech.sound)
    assert len(speech.sound) % samples_per_frame() == 0


def test_a_woman_says_other_languages_as_a_woman(voices: Voices) -> None:
    assert voices.beside(voices.get("fa-woman"), "de").name == "de-woman"
    assert voices.beside(voices.get("fa"), "zh").language == "cmn"
    assert voices.beside(voices.get("en"), "en").name == "en"
    with pytest.raises(UnknownVoice, match="de, el"):
        voices.beside(voices.get("fa"), "ckb")


def test_arabic_digits_are_read_in_arabic(voices: Voices) -> None:
    _, eastern, _ = said(voices, "عندي ٣ كتب", "ar")
    _, western, _ = said(voices, "عندي 3 كتب", "ar")
    assert np.array_equal(eastern.sound, western.sound)


def test_a_word_of_another_language_is_said_by_its_voice_within_the_sentence(voices: Voices) -> None:
    shown, speech, _ = said(voices, "او گفت <lang xml:lang='en'>good morning</lang> و رفت.")
    assert [shown[word.text_start : word.text_end] for word in speech.words] == shown.split()
    symbols = [span.symbol.lstrip("',") for span in speech.phonemes]
    assert "U" in symbols
    alone = sum(len(said(voices, text)[1].sound) for text in ("او گفت", "و رفت."))
    assert len(speech.sound) < alone + ms_to_samples(900)


def test_a_break_is_silence_of_its_length_between_two_words(voices: Voices) -> None:
    _, speech, marks = said(voices, "سلام <break time='700ms'/><mark name='m'/> دنیا")
    first, second = speech.words
    gap = second.start_samples - first.end_samples
    assert ms_to_samples(700) <= gap <= ms_to_samples(760)
    middle = speech.sound[first.end_samples + 1000 : first.end_samples + ms_to_samples(690)]
    assert not middle.any()
    assert marks[0][0] == "m"
    assert 0 <= marks[0][1] - (first.end_samples + ms_to_samples(700)) <= ms_to_samples(60)


def test_a_fast_word_is_shorter_and_a_loud_one_louder(voices: Voices) -> None:
    _, plain, _ = said(voices, "این سلام است")
    _, fast, _ = said(voices, "این <prosody rate='200%' volume='-12dB'>سلام</prosody> است")
    lengths = [speech.words[1].end_samples - speech.words[1].start_samples for speech in (plain, fast)]
    assert lengths[1] < 0.75 * lengths[0]
    loudness = [
        np.abs(speech.sound[speech.words[1].start_samples : speech.words[1].end_samples].astype(int)).max()
        for speech in (plain, fast)
    ]
    assert loudness[1] < 0.4 * loudness[0]


@pytest.mark.parametrize(
    ("attributes", "symbols"),
    [("ph='dɒːneʃ'", ["d", "A", "n", "e", "S"]), ("alphabet='x-espeak' ph=\"p'ul\"", ["p", "'u", "l"])],
)
def test_a_pronunciation_is_heard_as_it_was_given(
    voices: Voices, attributes: str, symbols: list[str]
) -> None:
    shown, speech, _ = said(voices, f"این <phoneme {attributes}>واژه</phoneme> است")
    word = speech.words[1]
    assert shown[word.text_start : word.text_end] == "واژه"
    heard = [
        span.symbol
        for span in speech.phonemes
        if word.start_samples <= span.start_samples < word.end_samples and span.symbol != "_"
    ]
    assert [symbol.lstrip("',") for symbol in heard] == [symbol.lstrip("',") for symbol in symbols]


def test_brackets_that_a_writer_put_are_text_beside_a_pronunciation(voices: Voices) -> None:
    _, speech, _ = said(voices, "x [[t'un]] <phoneme ph='a'>b</phoneme>", "en")
    assert "'u" not in [span.symbol for span in speech.phonemes]
