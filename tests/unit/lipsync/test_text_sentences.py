"""Where sentences end, and where they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.letters import can_be_said
from lipsync.text.sentences import LONGEST, split_sentences


def written(text: str) -> list[str]:
    return [sentence.written for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("سلام. خوبی؟ بله!", ["سلام.", "خوبی؟", "بله!"]),
        ("Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]),
        ("او آمد؛ من رفتم", ["او آمد؛", "من رفتم"]),
        ("شاید… نه", ["شاید…", "نه"]),
        ("شاید... نه", ["شاید...", "نه"]),
        ("خوبی؟بله", ["خوبی؟", "بله"]),
        ("او رفت.من ماندم", ["او رفت.", "من ماندم"]),
        ("چی؟! واقعاً؟؟؟ بله", ["چی؟!", "واقعاً؟؟؟", "بله"]),
        ("خط یک\nخط دو\r\nخط سه", ["خط یک", "خط دو", "خط سه"]),
        ("گفت «سلام.» و رفت.", ["گفت «سلام.»", "و رفت."]),
        ("عدد ۳٫۵ و 3.5 و ۳.۵ است.", ["عدد ۳٫۵ و 3.5 و ۳.۵ است."]),
        ("ساعت ۱۲:۳۰ بیا", ["ساعت ۱۲:۳۰ بیا"]),
        ("به https://a.ir/x?y=1.2&z=!4 برو.", ["به https://a.ir/x?y=1.2&z=!4 برو."]),
        ("سایت www.a.ir. بعد", ["سایت www.a.ir.", "بعد"]),
        ("نامه به a.b@c.co.uk بزن؟ باشد", ["نامه به a.b@c.co.uk بزن؟", "باشد"]),
        ("آقای م. ر. کریمی آمد.", ["آقای م. ر. کریمی آمد."]),
        ("J. R. Smith and Dr. Who came.", ["J. R. Smith and Dr. Who came."]),
        ("سال ۱۴۰۳ ه.ش. بود", ["سال ۱۴۰۳ ه.ش. بود"]),
        ("۱. اول\n2. second", ["۱. اول", "2. second"]),
        ("سال ۱۴۰۳. بعد", ["سال ۱۴۰۳.", "بعد"]),
        ("نسخهٔ v1.2.3 آمد", ["نسخهٔ v1.2.3 آمد"]),
        ("He said no. Then left.", ["He said no.", "Then left."]),
        ("سلام 😀. ... !!! خوبی", ["سلام 😀. ... !!!", "خوبی"]),
        ("... 😀\nسلام", ["... 😀\nسلام"]),
        ("", []),
        ("😀 ؟!", []),
    ],
)
def test_a_text_is_split_where_a_reader_would_stop(text: str, sentences: list[str]) -> None:
    assert written(text) == sentences


def test_a_long_sentence_is_cut_at_a_clause_mark() -> None:
    text = "این یک جملهٔ دراز است، " * 40
    sentences = split_sentences(text)
    assert len(sentences) > 2
    assert all(sentence.written.endswith("،") for sentence in sentences)


def test_a_long_sentence_without_marks_is_cut_between_words() -> None:
    words = ["کلمه"] * 400
    sentences = split_sentences(" ".join(words))
    assert [word for sentence in sentences for word in sentence.written.split()] == words


def test_one_endless_word_is_cut_too() -> None:
    assert "".join(written("ا" * 5000)) == "ا" * 5000


def test_words_come_back_to_the_text_as_written() -> None:
    text = "یک. \u202eكتاب‌‌ها 😀 را بخوان."
    sentence = split_sentences(text)[1]
    start = sentence.spoken.index("کتاب")
    low, high = sentence.written_range(start, start + len("کتاب"))
    assert text[sentence.start + low : sentence.start + high] == "كتاب"


_ANY = st.text(st.sampled_from("ابپ‌aB۱2 .؟!…؛\n،,:»)@/😀\u202e"), max_size=900)


@given(_ANY)
def test_sentences_cover_every_letter_in_order(text: str) -> None:
    sentences = split_sentences(text)
    position = 0
    for index, sentence in enumerate(sentences):
        assert sentence.index == index
        assert position <= sentence.start < sentence.end
        assert not any(can_be_said(char) for char in text[position : sentence.start])
        assert text[sentence.start : sentence.end] == sentence.written
        assert any(can_be_said(char) for char in sentence.spoken)
        position = sentence.end
    assert not any(can_be_said(char) for char in text[position:])


@given(st.text(st.sampled_from("ابa۱ ،."), max_size=2000))
def test_no_sentence_of_words_is_longer_than_the_limit(text: str) -> None:
    assert all(len(sentence.spoken) <= LONGEST + 1 for sentence in split_sentences(text))


def test_an_abbreviation_at_the_very_beginning_is_not_parted() -> None:
    assert [each.written for each in split_sentences("ق.م. پیش از آن")] == ["ق.م. پیش از آن"]
