"""How the wishes of a text come to its sentences: cut where something changes, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.letters import PHONEMES_CLOSE, PHONEMES_OPEN, can_be_said, clean
from lipsync.text.passages import Passage, passages_of
from lipsync.text.prosody import PLAIN, Prosody
from lipsync.text.reading import read_sentences
from lipsync.text.script import Script
from lipsync.text.sentences import split_sentences
from lipsync.text.ssml import parse_ssml

FAST = Prosody(rate=1.3)


def passages(inside: str, language: str = "fa", prosody: Prosody = PLAIN) -> list[tuple[Passage, ...]]:
    script = parse_ssml(f"<speak>{inside}</speak>")
    return passages_of(script, split_sentences(script.shown, language), language, prosody)


def told(found: tuple[Passage, ...]) -> list[tuple[str, int | None]]:
    return [(passage.spoken, passage.pause_ms) for passage in found]


def test_a_plain_text_is_one_passage_a_sentence() -> None:
    text = "سلام. كتاب را بخوان!"
    sentences = split_sentences(text)
    found = passages_of(Script(text), sentences, "fa", FAST)
    assert found == [
        (Passage(spoken=each.spoken, spoken_to_written=each.spoken_to_written, prosody=FAST),)
        for each in sentences
    ]


def test_a_change_of_prosody_begins_a_passage_and_its_end_another() -> None:
    (found,) = passages("این <prosody rate='fast'>خیلی تند</prosody>، است.")
    assert told(found) == [("این", None), ("خیلی تند،", None), ("است.", None)]
    assert [passage.prosody for passage in found] == [PLAIN, FAST, PLAIN]


def test_what_was_wished_for_the_whole_holds_around_it() -> None:
    (found,) = passages("این <prosody rate='fast'>تند</prosody>", prosody=Prosody(rate=1.5, volume_db=-3))
    assert [passage.prosody for passage in found] == [
        Prosody(rate=1.5, volume_db=-3), Prosody(rate=1.5 * 1.3, volume_db=-3),
    ]  # fmt: skip


def test_a_break_is_a_pause_before_what_follows_and_breaks_add_up() -> None:
    (found,) = passages("یک <break time='300ms'/><break time='200ms'/>دو")
    assert told(found) == [("یک", None), ("دو", 500)]


def test_a_break_between_sentences_ends_the_first_and_a_mark_after_it_begins_the_second() -> None:
    found = passages("یک. <break time='2s'/><mark name='m'/> دو.")
    assert [told(each) for each in found] == [[("یک.", None), ("", 2000)], [("دو.", None)]]
    assert found[1][0].marks == ((0, "m"),)


def test_breaks_at_the_edges_of_the_text_are_kept() -> None:
    (found,) = passages("<break time='1s'/>یک<break time='2s'/>")
    assert told(found) == [("یک", 1000), ("", 2000)]


def test_marks_are_positions_in_what_is_spoken() -> None:
    end = "<prosody rate='fast'>سه</prosody><mark name='c'/>"
    (found,) = passages(f"<mark name='a'/>یک <mark name='b'/>دو {end}")
    assert [passage.marks for passage in found] == [((0, "a"), (3, "b")), ((2, "c"),)]
    (found,) = passages("یک<mark name='a'/><break time='1s'/><mark name='b'/><break time='1s'/>دو")
    assert [(passage.spoken, passage.pause_ms, passage.marks) for passage in found] == [
        ("یک", None, ((2, "a"),)), ("", 1000, ((0, "b"),)), ("دو", 1000, ()),
    ]  # fmt: skip


def test_an_alias_is_spoken_in_place_of_what_is_shown_without_a_cut() -> None:
    (found,) = passages("این <sub alias='سازمان ملل'>س.م</sub> است")
    (passage,) = found
    assert passage.spoken == "این سازمانِ ملل است"
    places = passage.spoken_to_written
    start = passage.spoken.index("سازمان")
    assert set(places[start : start + len("سازمان ملل")]) == {(4, 7)}
    assert list(places) == sorted(places)


def test_a_pronunciation_stands_between_private_signs() -> None:
    (found,) = passages("او <phoneme ph='dɒːneʃ'>دانش</phoneme> دارد")
    assert found[0].spoken == f"او {PHONEMES_OPEN}dAneS{PHONEMES_CLOSE} دارد"
    (found,) = passages("a <phoneme ph='ˈfɑː'>far</phoneme>", "en")
    assert found[0].spoken == f"a {PHONEMES_OPEN}'fA:{PHONEMES_CLOSE}"


def test_no_written_text_brings_the_private_signs_of_a_pronunciation() -> None:
    assert PHONEMES_OPEN not in clean(f"a {PHONEMES_OPEN}x{PHONEMES_CLOSE}").spoken


def test_another_language_is_a_passage_read_by_its_own_letters() -> None:
    (found,) = passages("او گفت <lang xml:lang='ar'>كيف حالك</lang> و رفت")
    assert [(passage.spoken, passage.language) for passage in found] == [
        ("او گفت", None), ("كيف حالك", "ar"), ("و رفت", None),
    ]  # fmt: skip


def test_the_language_of_the_whole_is_no_change() -> None:
    (found,) = passages("یک <lang xml:lang='fa-IR'>دو</lang> سه")
    assert len(found) == 1


def test_signs_without_a_sound_never_make_a_passage_of_their_own() -> None:
    (found,) = passages("یک <prosody rate='fast'>، — (</prosody> دو")
    assert [passage.prosody for passage in found] == [PLAIN]


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("fa", "او با Visual Studio، رفت", [("او با", None), ("Visual Studio،", "en"), ("رفت", None)]),
        ("fa", "Kubernetesها و example.com/abc", [("Kubernetesها و example دات کام اِسلَش abc", None)]),
        ("fa", "See you later. فردا.", [("See you later.", "en"), ("فردا.", None)]),
        ("fa", "فایل PDF را ببین", [("فایلِ پی دی اف را ببین", None)]),
        ("en", "He said سلام، چطوری to me.", [("He said", None), ("سلام، چطوری", "fa"), ("to me.", None)]),
        ("de", "Er las کتاب ۱۲ vor.", [("Er las", None), ("کتاب دوازده", "fa"), ("vor.", None)]),
        ("ur", "وہ گھر گیا", [("وہ گھر گیا", None)]),
    ],
)  # fmt: skip
def test_words_in_another_script_go_to_a_voice_of_their_language(
    language: str, text: str, said: list[tuple[str, str | None]]
) -> None:
    found = passages_of(Script(text), read_sentences(text, language), language)
    assert [(passage.spoken, passage.language) for each in found for passage in each] == said


def test_a_wish_over_several_sentences_holds_in_each() -> None:
    found = passages("<prosody rate='fast'>یک. دو. سه.</prosody> چهار.")
    assert [[passage.prosody for passage in each] for each in found] == [[FAST], [FAST], [FAST], [PLAIN]]


def test_an_alias_for_several_sentences_is_said_once() -> None:
    found = passages("<sub alias='همه'>یک. دو.</sub>")
    assert [told(each) for each in found] == [[("همه", None)], [("دو.", None)]]


@pytest.mark.parametrize(
    ("kind", "written", "spoken"),
    [
        ("characters", "abc", "a b c"),
        ("spell-out", "س‌ل ۱", "س ل یک"),
        ("digits", "۱۲۳", "یک دو سه"),
        ("cardinal", "12,345", "دوازده هزار و سیصد و چهل و پنج"),
        ("ordinal", "۳", "سوم"),
        ("telephone", "021-8877", "صفر دو یک, هشت هشت هفت هفت"),
        ("date", "1403/01/02", "دومِ فروردینِ هزار و چهارصد و سه"),
        ("digits", "هیچ", "هیچ"),
    ],
)
def test_say_as_reads_a_stretch_by_its_class(kind: str, written: str, spoken: str) -> None:
    (found,) = passages(f"<say-as interpret-as='{kind}'>{written}</say-as>")
    assert found[0].spoken == spoken


@pytest.mark.parametrize(
    ("number", "spoken"), [("1", "1st"), ("22", "22nd"), ("13", "13th"), ("103", "103rd")]
)
def test_english_ordinals_have_their_endings(number: str, spoken: str) -> None:
    (found,) = passages(f"<say-as interpret-as='ordinal'>{number}</say-as>", "en")
    assert found[0].spoken == spoken


_PIECES = st.lists(
    st.sampled_from(
        ["یک ", "دو", ". ", "، ", "سه؟ ", "\n", "😀 ", "<break time='10ms'/>", "<mark name='m'/>",
         "<prosody rate='fast'>چهار ", "</prosody>", "<lang xml:lang='en'>five ", "</lang>", "<p>", "</p>",
         "<sub alias='شش هفت'>۶</sub>"]
    ), max_size=25,
)  # fmt: skip


def closed(pieces: list[str]) -> str:
    """Return pieces as well-formed tags: what is not open is not closed, what is left open is closed."""
    out, levels = [], []
    for piece in pieces:
        name = piece.strip("</>").split()[0] if piece.startswith("<") else ""
        if piece.startswith("</"):
            if not levels or levels[-1] != name:
                continue
            levels.pop()
        elif name in {"prosody", "lang", "p"}:
            if len(levels) > 10 or (name == "p" and name in levels):
                continue
            levels.append(name)
        out.append(piece)
    return "".join(out) + "".join(f"</{name}>" for name in reversed(levels))


@given(_PIECES)
def test_every_letter_is_spoken_once_and_every_stop_is_kept(pieces: list[str]) -> None:
    script = parse_ssml(f"<speak>{closed(pieces)}</speak>")
    sentences = split_sentences(script.shown, "fa")
    found = passages_of(script, sentences, "fa")
    assert len(found) == len(sentences)
    for sentence, each in zip(sentences, found, strict=True):
        ranges = [place for passage in each for place in passage.spoken_to_written]
        assert ranges == sorted(ranges)
        places = [place for low, high in ranges for place in range(low, high)]
        letters = {place for place, char in enumerate(sentence.written) if can_be_said(char)}
        assert letters <= set(places)
        for passage in each:
            assert len(passage.spoken) == len(passage.spoken_to_written)
            assert passage.spoken == passage.spoken.strip()
            assert not passage.spoken or any(map(can_be_said, passage.spoken))
            assert all(0 <= place <= len(passage.spoken) for place, _ in passage.marks)
    if sentences:
        marks = sum(stop.mark is not None for stop in script.stops)
        assert sum(len(passage.marks) for each in found for passage in each) == marks
        pauses = sum(stop.pause_ms or 0 for stop in script.stops)
        assert sum(passage.pause_ms or 0 for each in found for passage in each) == pauses


@pytest.mark.parametrize(
    ("markup", "spoken"),
    [
        (
            "<say-as interpret-as='cardinal'>12</say-as>-<say-as interpret-as='cardinal'>15</say-as>",
            "دوازده-پانزده",
        ),
        (
            "<say-as interpret-as='date'>1403/05/12</say-as>، <say-as interpret-as='time'>8:05</say-as>",
            "دوازدهمِ مردادِ هزار و چهارصد و سه، هشت و پنج دقیقه",
        ),
    ],
)
def test_what_stands_between_two_readings_of_their_own_is_not_lost(markup: str, spoken: str) -> None:
    (found,) = passages(markup)
    assert "".join(passage.spoken for passage in found) == spoken
