"""Sentences end as they do in each language; its letters stay its own."""

import pytest

from lipsync.text.letters import clean
from lipsync.text.lines import cues_of
from lipsync.text.sentences import split_sentences
from lipsync.text.words import word_spans


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("de", "Am 3. Oktober kam Dr. Müller, z. B. mit 5 Äpfeln. Schön!",
         ["Am 3. Oktober kam Dr. Müller, z. B. mit 5 Äpfeln.", "Schön!"]),
        ("de", "Es gibt usw. und ca. 20 Autos. Im Jahr 2020. Danach", ["Es gibt usw. und ca. 20 Autos.",
         "Im Jahr 2020.", "Danach"]),
        ("de-AT", "Am 1. Mai.", ["Am 1. Mai."]),
        ("en", "It was 3. Then it was 4.", ["It was 3.", "Then it was 4."]),
        ("fr", "M. Dupont est là. Ça va ? Oui !", ["M. Dupont est là.", "Ça va ?", "Oui !"]),
        ("fr", "Mme. Curie est venue.", ["Mme. Curie est venue."]),
        ("ar", "مرحبا بك. كيف حالك؟ أنا بخير؛ شكرا!", ["مرحبا بك.", "كيف حالك؟", "أنا بخير؛", "شكرا!"]),
        ("tr", "Merhaba. Bu 3. sınıf. Nasılsın?", ["Merhaba.", "Bu 3. sınıf.", "Nasılsın?"]),
        ("zh", "你好世界。我们今天去学校！好吗？好", ["你好世界。", "我们今天去学校！", "好吗？", "好"]),
        ("zh", "他说：「你好。」然后走了。", ["他说：「你好。」", "然后走了。"]),
        ("ja", "そうですか。はい！", ["そうですか。", "はい！"]),
        ("hi", "नमस्ते। आप कैसे हैं?", ["नमस्ते।", "आप कैसे हैं?"]),
        ("ur", "یہ کتاب ہے۔ کیا؟", ["یہ کتاب ہے۔", "کیا؟"]),
        ("el", "Τι κάνεις; Καλά.", ["Τι κάνεις;", "Καλά."]),
        ("en", "one; two", ["one; two"]),
        ("hy", "Բարեւ։ Ինչպես ես", ["Բարեւ։", "Ինչպես ես"]),
        ("am", "ሰላም። እንዴት ነህ፧", ["ሰላም።", "እንዴት ነህ፧"]),
        ("ru", "В 1990 г. было 5 тыс. человек. Да.", ["В 1990 г. было 5 тыс. человек.", "Да."]),
    ],
)  # fmt: skip
def test_a_text_is_split_by_the_rules_of_its_language(language: str, text: str, sentences: list[str]) -> None:
    assert [sentence.written for sentence in split_sentences(text, language)] == sentences


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("ar", "كيف حالكِ يا مدرسة ٣", "كيف حالكِ يا مدرسة ٣"),
        ("ur", "یہ ہے", "یہ ہے"),
        ("fa", "كيف ٣", "کیف ۳"),
        (None, "كيف ٣", "کیف ۳"),
        ("zh", "你好！", "你好!"),
        ("de", "Größe\u00a0\u200e1", "Größe 1"),
    ],
)
def test_only_persian_letters_are_folded_to_persian_ones(
    language: str | None, written: str, spoken: str
) -> None:
    assert clean(written, language).spoken == spoken


def test_chinese_letters_are_words_and_its_signs_are_not() -> None:
    text = "他说iPhone 15好。"
    words = [text[start:end] for start, end in word_spans(text)]
    assert words == ["他", "说", "iPhone", "15", "好。"]


def test_captions_of_chinese_break_into_lines_of_a_readable_width() -> None:
    text = "我们今天去学校看书然后回家吃饭最后睡觉明天我们再去学校看书然后回家吃饭最后睡觉。" * 2
    lines = [text[start:end] for cue in cues_of(text, "zh") for start, end in cue.lines]
    assert "".join(lines) == text
    assert max(map(len, lines)) <= 21
