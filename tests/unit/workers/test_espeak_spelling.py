"""Words that eSpeak NG says wrong by itself, and how it says them as it is given them here.

tests/data/pronunciations has each with its reading in the notation of `cli.bench.alignment`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.bench.alignment import heard_sounds, told_sounds
from lipsync.speech.spans import Voice
from workers.espeak_phonemes import adapted
from workers.espeak_spelling import respellings
from workers.espeak_words import VERBS, WORDS
from workers.voices import Voices, open_voices

FILE = Path(__file__).parents[2] / "data" / "pronunciations" / "words.tsv"
KASRA = "\u0650"
ZWNJ = "\u200c"
LEAST_WORDS = 300


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    with open_voices(tmp_path_factory.mktemp("voices")) as opened:
        yield opened


def table() -> list[tuple[str, str]]:
    lines = FILE.read_text("utf-8").splitlines()[1:]
    return [(word, reading) for word, _, reading in (line.partition("\t") for line in lines)]


def given(text: str) -> str:
    return adapted(text, "fa").text


def said(voice: Voice, text: str) -> str:
    symbols = [span.symbol for buffer in voice.speak(text, 0) for span in buffer.phonemes]
    return "".join(heard_sounds(symbols))


def told(reading: str) -> str:
    return "".join(sound.letter for sound in told_sounds(reading.split()))


def test_every_word_of_the_tables_has_its_reading_written_down() -> None:
    spelt = {word: next(respellings(word), None) for word, _ in table()}
    assert [word for word, how in spelt.items() if how is None] == []
    assert len(spelt) >= max(LEAST_WORDS, len(WORDS.split()) + len(VERBS.split()))


def test_each_word_is_said_as_written_down(voices: Voices) -> None:
    voice = voices.get("fa")
    # A comma parts the words for the ear; one sentence a word would take a minute.
    words = table()
    for start in range(0, len(words), 20):
        part = words[start : start + 20]
        assert said(voice, "، ".join(word for word, _ in part)) == told(
            " ".join(reading for _, reading in part)
        )


@pytest.mark.parametrize(
    ("written", "reading"),
    [
        ("می‌رسند", "miresand"),
        ("نمی‌رسند", "nemiresand"),
        ("تغییر", "taqyir"),
        (f"تغییر{KASRA} من", "taqyir-e man"),
        ("تغییرش", "taqyiraS"),
        ("متأسفانه", "motaassefAne"),
        ("دریا", "daryA"),
        ("دریای شمال", "daryA-ye SomAl"),
        (f"دریای{KASRA} شمال", "daryA-ye SomAl"),
        ("دریاها", "daryAhA"),
        ("قهرمانان", "qahramAnAn"),
        (f"سازمان{ZWNJ}های", "sAzmAnhAye"),
        ("هزار و چهارصد و چهار", "hezAr o cahArsad o cahAr"),
        ("صد و چهارده", "sad o cahArdah"),
        (f"صدای{KASRA} ما", "sedA-ye mA"),
        (f"جای{KASRA} ما", "jA-ye mA"),
        (f"داروی{KASRA} ما", "dAru-ye mA"),
        (f"قوی{KASRA} ما", "qavi-ye mA"),
        (f"باغ{ZWNJ}های{KASRA} ما", "bAqhA-ye mA"),
        (f"گُل{ZWNJ}های{KASRA} ما", "golhA-ye mA"),
        (f"قهوه{ZWNJ}ای{KASRA} ما", "qahvei-ye mA"),
        ("سایهٔ ما", "sAye-ye mA"),
        ("خانهٔ ما", "xAne-ye mA"),
        (f"عادت{KASRA} ما", "Adat-e mA"),
        (f"رود{KASRA} نیل و رودهای{KASRA} ما", "rud-e nil va rudhA-ye mA"),
        (f"رود{ZWNJ}ها", "rudhA"),
        ("رودخانه", "rudxAne"),
        ("کَرِه", "kare"),
        ("کُرِهٔ شمالی", "kore-ye SomAli"),
        ("گِلِه‌ها", "gelehA"),
        ("دِه", "deh"),
        ("م\u064fع\u064eل\u0650\u0651م", "moallem"),
    ],
)
def test_endings_ezafes_and_silent_letters_are_said_with_a_word(
    voices: Voices, written: str, reading: str
) -> None:
    assert said(voices.get("fa"), written) == told(reading)


@pytest.mark.parametrize(
    ("written", "reading"),
    [
        ("جی پی اس", "ji pi es"),
        ("وی‌پی‌ان", "vi pi en"),
        ("دی وی دی", "di vi di"),
        ("پی‌وی", "pi vi"),
        ("پی دی افِ ما", "pi di ef-e mA"),
        ("سی‌دی‌ها", "si di hA"),
        ("دی‌ان‌ای", "di en ey"),
        ("ال‌ای‌دی", "el i di"),
        ("در پیِ وی", "dar pey-e vey"),
        ("ماهِ دی", "mAh-e dey"),
        ("پایِ دیوار", "pA-ye divAr"),
    ],
)
def test_names_of_latin_letters_are_told_from_the_words_they_are_spelt_like(
    voices: Voices, written: str, reading: str
) -> None:
    assert said(voices.get("fa"), written) == told(reading)


@pytest.mark.parametrize("text", ["دَریا", "تَغییر", "میدان", "مردم", "نزد", "شدید", "hello", ""])
def test_other_words_and_those_their_writer_marked_are_left(text: str) -> None:
    assert given(text) == text


def test_other_languages_are_left() -> None:
    assert adapted("دریا", "ar").text == "دریا"


def test_every_character_of_a_respelt_text_has_its_place_in_the_one_given() -> None:
    text = "آن‌ها به دریا می‌رسند و تغییر می‌کنند."
    taken = adapted(text, "fa")
    places = [taken.place(position) for position in range(len(taken.text))]
    assert len(taken.text) > len(text)
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == len(text) - 1
    assert places[taken.text.index("می")] == text.index("می")


def test_words_behind_a_respelt_one_are_told_at_their_own_place(voices: Voices) -> None:
    text = "متأسفانه تغییرات رود به پادشاه نمی‌رسند"
    words = [word for buffer in voices.get("fa").speak(text, 0) for word in buffer.words]
    assert [text[word.text_start : word.text_end] for word in words] == text.split()
