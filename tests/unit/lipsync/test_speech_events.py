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


def test_a_silence_ends_the_word_before_the_next_one() -> None:
    words = WordSpans("بله، خیر")
    words.begin(0, 0)
    words.pause(500)
    words.begin(5, 700)
    assert words.take(700) == (WordSpan(0, 4, 0, 500),)
    words.finish(900)
    assert words.take(900) == (WordSpan(5, 8, 700, 900),)


def test_a_mark_that_is_not_said_has_no_span() -> None:
    words = WordSpans("a – b")
    words.begin(0, 0)
    words.begin(4, 50)
    words.finish(90)
    assert [span.text_start for span in words.take(90)] == [0, 4]


def test_a_silence_within_a_word_belongs_to_it() -> None:
    words = WordSpans("1,234.50 then")
    words.begin(0, 0)
    words.sound()
    words.pause(400)
    words.begin(2, 450)
    words.sound()
    words.pause(900)
    words.begin(9, 1100)
    words.sound()
    words.finish(1300)
    assert words.take(1300) == (WordSpan(0, 8, 0, 900), WordSpan(9, 13, 1100, 1300))


def test_words_joined_before_a_silence_end_with_it() -> None:
    words = WordSpans("one of the, end")
    words.begin(0, 0)
    words.begin(4, 100)
    words.sound()
    words.pause(200)
    words.begin(12, 400)
    words.sound()
    words.pause(600)
    words.finish(700)
    spans = [(span.start_samples, span.end_samples) for span in words.take(700)]
    assert spans == [(0, 100), (100, 140), (140, 200), (400, 600)]
