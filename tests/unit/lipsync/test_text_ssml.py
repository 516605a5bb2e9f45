"""What tags mean, and what is told of those that are not taken."""



import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.errors import MarkupRefused, TextBroken, TextError, TextTooLong
from lipsync.text.prosody import Prosody
from lipsync.text.script import Reading, Script, Stop
from lipsync.text.ssml import LONGEST_SOURCE, is_ssml, parse_ssml


def speak(inside: str) -> Script:
    return parse_ssml(f"<speak>{inside}</speak>")


def wished(script: Script) -> list[tuple[str, Prosody, str | None, Reading | None]]:
    return [
        (script.shown[wish.start : wish.end], wish.prosody, wish.language, wish.reading)
        for wish in script.wishes
    ]


def test_what_is_shown_is_the_text_without_tags() -> None:
    script = speak("سلام <prosody rate='fast'>بر</prosody> <lang xml:lang='en'>world</lang> &amp; همه")
    assert script.shown == "سلام بر world & همه"


def test_white_space_is_layout_and_paragraphs_are_lines() -> None:
    script = speak("\n  <p>\n <s>یک\n دو.</s>\n <s> سه </s></p>\n\n چهار <!-- no --> پنج\n")
    assert script.shown.split("\n") == ["یک دو.", "سه", "چهار پنج"]


def test_a_declaration_comments_and_namespaces_pass() -> None:
    source = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a -->\n<speak version="1.1" xml:lang="de-DE" '
        'xmlns="http://www.w3.org/2001/10/synthesis">Hallo</speak>\n<!-- b -->'
    )
    assert parse_ssml(source) == Script("Hallo", language="de-DE")


@pytest.mark.parametrize(
    ("attributes", "prosody"),
    [
        ("rate='x-slow'", Prosody(rate=0.5)),
        ("rate='150%'", Prosody(rate=1.5)),
        ("rate='-20%'", Prosody(rate=0.8)),
        ("rate='+20%'", Prosody(rate=1.2)),
        ("pitch='+2st'", Prosody(pitch_semitones=2)),
        ("pitch='-1.5st'", Prosody(pitch_semitones=-1.5)),
        ("pitch='high' volume='soft'", Prosody(pitch_semitones=3, volume_db=-6)),
        ("volume='+3dB'", Prosody(volume_db=3)),
        ("pitch='+100%'", Prosody(pitch_semitones=12)),
    ],
)
def test_prosody_takes_words_and_measures(attributes: str, prosody: Prosody) -> None:
    assert wished(speak(f"<prosody {attributes}>بله</prosody>")) == [("بله", prosody, None, None)]


def test_prosody_within_prosody_adds_up_and_stays_within_the_limits() -> None:
    script = speak(
        "<prosody rate='150%' pitch='+8st' volume='-15dB'>یک "
        "<prosody rate='150%' pitch='+8st' volume='-15dB'>دو</prosody> سه</prosody>"
    )
    assert [(text.strip(), prosody) for text, prosody, _, _ in wished(script)] == [
        ("یک", Prosody(rate=1.5, pitch_semitones=8, volume_db=-15)),
        ("دو", Prosody(rate=2.0, pitch_semitones=12, volume_db=-20)),
        ("سه", Prosody(rate=1.5, pitch_semitones=8, volume_db=-15)),
    ]


def test_readings_stand_for_what_is_shown() -> None:
    script = speak(
        "<sub alias='سازمان ملل'>س.م</sub> <phoneme ph='dɒːneʃ'>دانش</phoneme> "
        "<phoneme alphabet='x-espeak' ph=\"d'onjA\">دنیا</phoneme> "
        "<say-as interpret-as='characters'>abc</say-as>"
    )
    assert [(text, reading) for text, _, _, reading in wished(script)] == [
        ("س.م", Reading("alias", "سازمان ملل")),
        ("دانش", Reading("ipa", "dɒːneʃ")),
        ("دنیا", Reading("phonemes", "d'onjA")),
        ("abc", Reading("as", "characters")),
    ]


def test_languages_hold_for_what_is_inside() -> None:
    script = speak("<p xml:lang='en'>one <lang xml:lang='de'>zwei</lang></p><s>سه</s>")
    assert [(text, language) for text, _, language, _ in wished(script)] == [("one", "en"), ("zwei", "de")]


def test_breaks_and_marks_are_places_of_the_shown_text() -> None:
    script = speak("یک <break time='1.5s'/> <mark name='دوم'/>دو<break strength='weak'/><break/>")
    assert script.shown == "یک دو"
    assert script.stops == (
        Stop(3, pause_ms=1500), Stop(3, mark="دوم"), Stop(5, pause_ms=250), Stop(5, pause_ms=500),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tagged"),
    [
        ("<speak>a</speak>", True), ("  \n<speak version='1.1'>a</speak>", True), ("<speak/>", True),
        ("<?xml version='1.0'?><speak>a</speak>", True), ("<speaker>a", False), ("a <speak>", False),
        ("<s>a</s>", False), ("", False), ("<!DOCTYPE speak SYSTEM 'x'><speak>a</speak>", True),
        ("<?xml version='1.0'?>\n<!DOCTYPE speak>\n<speak>a</speak>", True), ("<!DOCTYPE html>", False),
        ("<!-- a --><speak>a</speak>", True),
    ],
)  # fmt: skip
def test_a_text_that_begins_with_speak_is_ssml(text: str, tagged: bool) -> None:
    assert is_ssml(text) is tagged


REFUSED = [
    ("<speak>سلام", 0, "speak", "not closed"),
    ("<speak>سلام <p>دنیا</speak>", 19, "speak", "closes what is not open"),
    ("<speak><emphasis>a</emphasis></speak>", 7, "emphasis", "no such element"),
    ("<speak><audio src='x.wav'/></speak>", 7, "audio", "prosody, phoneme"),
    ("<speak><prosody tempo='1'>a</prosody></speak>", 7, "prosody", "no attribute tempo"),
    ("<speak><prosody rate='swift'>a</prosody></speak>", 7, "prosody", "x-slow"),
    ("<speak><prosody rate='900%'>a</prosody></speak>", 7, "prosody", "out of range"),
    ("<speak><prosody pitch='200Hz'>a</prosody></speak>", 7, "prosody", "Hz is not taken"),
    ("<speak><prosody volume='silent'>a</prosody></speak>", 7, "prosody", "leave the words out"),
    ("<speak><prosody>a</prosody></speak>", 7, "prosody", "asks for nothing"),
    ("<speak>a<break time='11s'/></speak>", 8, "break", "too long"),
    ("<speak>a<break time='long'/></speak>", 8, "break", "no length of time"),
    ("<speak>a<break time='5'/></speak>", 8, "break", "500ms"),
    ("<speak>a<break strength='huge'/></speak>", 8, "break", "x-strong"),
    ("<speak>" + "a<break time='10s'/>" * 7 + "</speak>", None, "break", "longer than 60 s"),
    ("<speak><break>a</break></speak>", 14, "break", "holds no text"),
    ("<speak><mark/>a</speak>", 7, "mark", "name is missing"),
    ("<speak><mark name=' '/>a</speak>", 7, "mark", "1 to 64"),
    ("<speak><sub>a</sub></speak>", 7, "sub", "alias is missing"),
    ("<speak><sub alias='x'></sub>a</speak>", 7, "sub", "needs the text"),
    ("<speak><sub alias='...'>a</sub></speak>", 7, "sub", "nothing to say|no letter"),
    ("<speak><sub alias='x'><p>a</p></sub></speak>", 22, "p", "holds no element"),
    ("<speak><say-as interpret-as='song'>a</say-as></speak>", 7, "say-as", "characters"),
    ("<speak><phoneme alphabet='sampa' ph='a'>a</phoneme></speak>", 7, "phoneme", "ipa, x-espeak"),
    ("<speak><phoneme ph='a5b'>a</phoneme></speak>", 7, "phoneme", "'5' is not known"),
    ("<speak><phoneme ph='[[a]]' alphabet='x-espeak'>a</phoneme></speak>", 7, "phoneme", "no use"),
    ("<speak><lang>a</lang></speak>", 7, "lang", "xml:lang is missing"),
    ("<speak><lang xml:lang='deutsch land'>a</lang></speak>", 7, "lang", "no language tag"),
    ("<speak><s><p>a</p></s></speak>", 10, "p", "<s> holds no <p>"),
    ("<speak><s>a<prosody rate='fast'><s>b</s></prosody></s></speak>", 32, "s", "<s> holds no <s>"),
    ("<speak><p><p>a</p></p></speak>", 10, "p", "<p> holds no <p>"),
    ("<speak>a</speak>b", 16, "", "outside of <speak>"),
    ("<speak>a</speak><speak>b</speak>", 16, "speak", "one <speak>"),
    ("<speak><speak>a</speak></speak>", 7, "speak", "one <speak>"),
    ("<p>a</p>", 0, "p", "one <speak>"),
    ("<speak>a < b</speak>", 9, "", "&lt;"),
    ("<speak>a & b</speak>", 9, "", "&amp;"),
    ("<speak>&nbsp;a</speak>", 7, "", "no entity &nbsp;"),
    ("<speak>&#x110000;a</speak>", 7, "", "no character"),
    ("<speak><p a='1' a='2'>a</p></speak>", 7, "p", "given twice"),
    ("<speak><![CDATA[a]]></speak>", 7, "", "not taken"),
    ("<!DOCTYPE speak><speak>a</speak>", 0, "", "not taken; leave it out"),
    ("<speak><!-- a</speak>", 7, "", "not closed"),
    ("<speak>a</speak x='1'>", 8, "speak", "nothing but its name"),
    ("<speak>" + "<prosody rate='fast'>" * 20 + "a", None, "prosody", "within each other"),
    ("سلام", 0, "", "outside of <speak>"),
    ("   ", 3, "", "no <speak>"),
]


@pytest.mark.parametrize(("source", "position", "element", "told"), REFUSED)
def test_what_is_not_taken_is_told_with_its_place(
    source: str, position: int | None, element: str, told: str
) -> None:
    with pytest.raises(MarkupRefused, match=told) as refused:
        parse_ssml(source)
    assert refused.value.element == element
    assert position is None or refused.value.position == position
    assert str(refused.value.position) in str(refused.value)


def test_what_is_not_taken_is_told_in_persian_with_its_place_and_what_is() -> None:
    with pytest.raises(MarkupRefused) as refused:
        speak("<prosody rate='swift'>a</prosody>")
    told = refused.value.in_persian
    assert "7" in told
    assert "<prosody>" in told
    assert all(each in told for each in refused.value.allowed)


def test_an_entity_cannot_be_defined_and_so_none_can_grow() -> None:
    laughs = '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><speak>&lol2;</speak>'
    with pytest.raises(MarkupRefused, match="DOCTYPE"):
        parse_ssml(laughs)
    with pytest.raises(MarkupRefused, match="no entity &lol2;"):
        speak("&lol2;")
    assert speak("&amp;lt;&#38;amp;").shown == "&lt;&amp;"


def test_control_characters_are_no_way_in() -> None:
    for sign in ("&#0;", "&#x1B;", "&#xD800;", "\x00"):
        with pytest.raises(TextBroken):
            speak(f"سلام{sign}")
    with pytest.raises(MarkupRefused, match="alias"):
        speak("<sub alias='a&#0;b'>a</sub>")


def test_a_source_has_a_limit() -> None:
    with pytest.raises(TextTooLong):
        speak("<p/>" * LONGEST_SOURCE)


@given(st.lists(st.sampled_from(
    ["<speak>", "</speak>", "<p>", "</p>", "<s>", "</s>", "<break/>", "<mark name='x'/>", "<", ">", "&", ";",
     "&amp;", "'", '"', "a", " ", "\n", "سلام", ".", "<prosody rate='fast'>", "</prosody>", "<!--", "-->",
     "<sub alias='b'>", "</sub>", "=", "/", "]]>", "&#65;"]
), max_size=40))  # fmt: skip
def test_whatever_comes_is_a_script_or_an_error_of_ours(pieces: list[str]) -> None:
    source = "".join(pieces)
    for each in (source, f"<speak>{source}</speak>"):
        try:
            script = parse_ssml(each)
        except TextError:
            continue
        borders = [place for wish in script.wishes for place in (wish.start, wish.end)]
        places = [0, *borders, len(script.shown)]
        assert places == sorted(places)
        assert all(0 <= stop.position <= len(script.shown) for stop in script.stops)

