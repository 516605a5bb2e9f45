"""Raw events become whole spans."""

from lipsync.speech.events import PhonemeSpans, WordSpans
from lipsync.speech.spans import PhonemeSpan, WordSpan


def test_a_phoneme_ends_where_the_next_begins() -> None:
    spans = PhonemeSpans()
    spans.begin("s", 100)
    spans.begin("a", 300)
    spans.finish(700, 1000)
    assert spans.take(1000) == (
        PhonemeSpan("_", 0, 100),
        PhonemeSpan("s", 100, 300),
        PhonemeSpan("a", 300, 700),
        PhonemeSpan("_", 700, 1000),
    )


def test_a_phoneme_of_no_length_is_forgotten_and_silences_are_one() -> None:
    spans = PhonemeSpans()
    for symbol, sample in (("q", 10), ("1", 40), ("a", 40), ("_", 90), ("_", 95)):
        spans.begin(symbol, sample)
    spans.finish(100, 120)
    symbols = [span.symbol for span in spans.take(120)]
    assert symbols == ["_", "q", "a", "_"]


def test_a_span_is_kept_back_until_its_sound_is_given() -> None:
    spans = PhonemeSpans()
    spans.begin("s", 100)
    spans.begin("a", 300)
    assert spans.take(299) == (PhonemeSpan("_", 0, 100),)
    assert spans.take(300) == (PhonemeSpan("s", 100, 300),)
    assert spans.take(300) == ()


def test_where_speech_is_last_heard_leaves_out_the_silence_after_it() -> None:
    spans = PhonemeSpans()
    spans.begin("a", 10)
    spans.begin("_", 50)
    assert spans.heard == 50
    assert spans.take(50)[-1].symbol == "a"
    assert spans.heard == 50


def test_the_parts_of_one_written_word_are_one_span() -> None:
    words = WordSpans("کتاب\u200cها را")
    words.begin(0, 0)
    words.begin(5, 400)
    words.begin(8, 600)
    words.finish(900)
    assert words.take(900) == (WordSpan(0, 7, 0, 600), WordSpan(8, 10, 600, 900))


def test_words_the_voice_joined_share_the_time() -> None:
    words = WordSpans("one of the end")
    words.begin(0, 0)
    words.begin(4, 100)
    words.begin(11, 200)
    words.finish(300)
    assert words.take(300) == (
        WordSpan(0, 3, 0, 100),
        WordSpan(4, 6, 100, 140),
        WordSpan(7, 10, 140, 200),
        WordSpan(11, 14, 200, 300),
    )


def test_a_silence_ends_a_word() -> None:
    words = WordSpans("بله، خیر")
    words.begin(0, 0)
    words.pause(500)
    assert words.take(500) == (WordSpan(0, 4, 0, 500),)
    words.begin(5, 700)
    words.finish(900)
    assert words.take(900) == (WordSpan(5, 8, 700, 900),)


def test_a_mark_that_is_not_said_has_no_span() -> None:
    words = WordSpans("a – b")
    words.begin(0, 0)
    words.begin(4, 50)
    words.finish(90)
    assert [span.text_start for span in words.take(90)] == [0, 4]
