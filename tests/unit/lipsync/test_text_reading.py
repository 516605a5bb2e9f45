"""Numbers, signs and foreign words of a Persian text, as they are said aloud."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.letters import can_be_said, clean
from lipsync.text.lexicon import WordIndex
from lipsync.text.reading import read_persian, read_sentences

ZWNJ = "\u200c"
_MARKS = re.compile("[\u064b-\u0652\u0654]")
_CASES = Path(__file__).parents[2] / "data" / "reading" / "cases.tsv"
_ENGLISH = _CASES.with_name("english.txt")
_MARKED = _CASES.with_name("marked.tsv")
_SIGNS = re.compile("[،.!؟«»:؛?\u200c]")


def said(text: str, language: str = "fa") -> str:
    return _MARKS.sub("", " ".join(sentence.spoken for sentence in read_sentences(text, language)))


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("۱۰۰۱ شب", "هزار و یک شب"),
        ("۱٬۲۵۰٬۰۰۰ نفر", "یک میلیون و دویست و پنجاه هزار نفر"),
        ("1.000.000 نفر", "یک میلیون نفر"),
        ("۱۰۰۰۰۰۰۰۰۰۰۰۰۰۰۰", "یک میلیون میلیارد"),
        ("۲۳۰۰۰۰۰۰۰۰۰۰۰", "دو هزار و سیصد میلیارد"),
        ("۰۰۷", "صفر صفر هفت"),
        ("۳٫۵ و ۳.۱۴ و ۰٫۷۵", "سه و نیم و سه و چهارده صدم و هفتاد و پنج صدم"),
        ("۲/۵ میلیون", "دو و نیم میلیون"),
        ("۳/۴ مردم", "سه چهارم مردم"),
        ("۲½ لیوان", "دو و نیم لیوان"),
        ("هوا -۵ درجه", "هوا منفی پنج درجه"),
        ("۱۰-۱۵٪ رشد", "ده تا پانزده درصد رشد"),
        ("٪۱۲ و %15", "دوازده درصد و پانزده درصد"),
        ("$1.5 میلیارد", "یک و نیم میلیارد دلار"),
        ("€3.50", "سه یورو و پنجاه سنت"),
        ("20 USD", "بیست دلار"),
        ("۱۳۵۷/۱۱/۲۲", "بیست و دوم بهمن هزار و سیصد و پنجاه و هفت"),
        ("22/11/1357", "بیست و دوم بهمن هزار و سیصد و پنجاه و هفت"),
        ("2024-03-20", "بیستم مارس دو هزار و بیست و چهار"),
        ("۲۲ بهمن", "بیست و دوم بهمن"),
        ("ساعت ۱۶:۳۰ تا ۱۸:۰۰", "ساعت شانزده و نیم تا هجده"),
        ("نسبت ۳:۲", "نسبت سه به دو"),
        ("تلفن ۸۸۷۷۶۶۵۵", "تلفن هشتاد و هشت، هفتاد و هفت، شصت و شش، پنجاه و پنج"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "صفر نهصد و دوازده، سیصد و چهل و پنج، شصت و هفت، هشتاد و نه"),
        ("کارت ۶۰۳۷-۹۹۱۲-۳۴۵۶-۷۸۹۰", "کارت شش صفر سه هفت، نه نه یک دو، سه چهار پنج شش، هفت هشت نه صفر"),
        ("کد ملی ۰۰۱۲۳۴۵۶۷۸", "کد ملی صفر صفر یک دو سه چهار پنج شش هفت هشت"),
        ("۲۵امین دوره و ۲۱اُم", "بیست و پنجمین دوره و بیست و یکم"),
        ("۳۰ام", f"سی{ZWNJ}ام"),
        ("تیم ۳-۱ برد", "تیم سه بر یک برد"),
        ("۲۰–۳۰ دقیقه", "بیست تا سی دقیقه"),
        ("۳×۴ متر و ۲×۳=۶", "سه در چهار متر و دو ضربدر سه مساوی شش"),
        ("60 km/h و ۸GB و ۱۰۰ m²", "شصت کیلومتر بر ساعت و هشت گیگابایت و صد متر مربع"),
        ("لوئی XIV و جنگ جهانی II", "لوئی چهاردهم و جنگ جهانی دوم"),
        ("ویتامین C", "ویتامین سی"),
        ("۵۰۰ ق.م. و ص. ۲۳", "پانصد قبل از میلاد و صفحه بیست و سه"),
        ("صص. ۱۲-۱۴", "صفحات دوازده تا چهارده"),
        ("ali@gmail.com", "علی ات جیمیل دات کام"),
        ("#دانشگاه_تهران", "هشتگ دانشگاه تهران"),
        ("C++ و .NET و COVID-19 و iPhone 15", "سی پلاس پلاس و دات نت و کووید نوزده و آیفون پانزده"),
        ("salam khoobi 😂", "سلام خوبی"),
        ("می روم، میدان، میروم", f"می{ZWNJ}روم، میدان، می{ZWNJ}روم"),
        ("خانه ی ما و خانه ای", f"خانه ما و خانه{ZWNJ}ای"),
    ],
)
def test_what_is_written_short_is_said_whole(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("kind", "written", "spoken"),
    [line.split("\t") for line in _CASES.read_text("utf-8").splitlines()[1:]],
)
def test_each_case_of_the_table_is_said_so(kind: str, written: str, spoken: str) -> None:
    assert " ".join(_SIGNS.sub(" ", said(written)).split()) == _MARKS.sub("", spoken), kind


@pytest.mark.parametrize(
    ("written", "spoken"), [line.split("\t") for line in _MARKED.read_text("utf-8").splitlines()[1:]]
)
def test_each_case_with_figures_or_latin_words_has_its_marks_and_pauses(written: str, spoken: str) -> None:
    assert " ".join(sentence.spoken for sentence in read_sentences(written)) == spoken


def test_nine_has_its_vowel_as_the_same_letters_without_it_are_no() -> None:
    (sentence,) = read_sentences("۹ و ۲۹ و ۹م و ۹۰۰")
    assert sentence.spoken == "نُه و بیست و نُه و نهم و نهصد"


def test_a_colloquial_verb_of_one_syllable_stays_one_word() -> None:
    assert said("میام و میای و میاد") == "میام و میای و میاد"


def test_a_name_in_a_program_is_not_taken_apart() -> None:
    assert said("متغیر MAX_RETRY = 5 است") == "متغیر MAX_RETRY = پنج است"


def test_inches_are_told_from_the_end_of_a_quotation() -> None:
    assert said('تلویزیون 55" خرید و گفت "نسخه 2" بهتر است') == (
        'تلویزیون پنجاه و پنج اینچ خرید و گفت "نسخه دو" بهتر است'
    )


def test_what_cannot_be_known_is_left_as_it_is_written() -> None:
    assert said("ما از Kubernetes استفاده کردیم") == "ما از Kubernetes استفاده کردیم"


def test_english_stands_as_it_is_with_its_numbers_for_a_voice_that_reads_it() -> None:
    assert "jumps over 3 dogs" in said("او گفت the brown fox jumps over 3 dogs و رفت")


@pytest.mark.parametrize("sentence", _ENGLISH.read_text("utf-8").splitlines())
def test_english_is_not_taken_for_persian_in_latin_letters(sentence: str) -> None:
    assert said(sentence) == sentence


def test_other_languages_are_left_to_their_voices() -> None:
    assert said("It costs 25 dollars.", "en") == "It costs 25 dollars."


def test_every_word_of_a_number_stands_for_the_whole_number() -> None:
    (sentence,) = read_sentences("سال ۱۴۰۳ بود")
    for word in re.finditer("هزار|چهارصد|سه", sentence.spoken):
        start, end = sentence.written_range(*word.span())
        assert sentence.written[start:end] == "۱۴۰۳"


_TEXT = st.text(
    st.one_of(
        st.sampled_from("۰۱۲۳۴۵۶۷۸۹0123456789٬٫,./-–:+=×٪%$€()#@*^°&_ت⁻⁵② "),
        st.sampled_from(f"ابپتسشمیهودرنک{ZWNJ}\u0650\u0654ABxyzIVX☺\n"),
        st.characters(),
    ),
    max_size=60,
)


@given(_TEXT)
def test_no_letter_is_lost_and_positions_never_go_back(text: str) -> None:
    source = clean(text)
    read = read_persian(source)
    assert len(read.spoken) == len(read.spoken_to_written)
    starts = [start for start, _ in read.spoken_to_written]
    ends = [end for _, end in read.spoken_to_written]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    told = {at for start, end in read.spoken_to_written for at in range(start, end)}
    for char, (start, _) in zip(source.spoken, source.spoken_to_written, strict=True):
        if can_be_said(char):
            assert start in told


_WORDS = (
    "سلام", "کتاب", "ها", "می", "روم", "خانه", "ی", "ما", "میدان", "بزرگ", "تر", "۱۲",
    "۱۴۰۳/۰۵/۱۲", "8:30", "۱۲٪", "۲٬۵۰۰", "تومان", "$20", "۰۲۱-۸۸۷۷۶۶۵۵", "۳ام", "۱۰-۱۵",
    "۲/۵", "میلیون", "PDF", "Windows", "11", "COVID-19", "۵kg", "(ع)", "۲۲", "بهمن", "لوئی",
    "XIV", "#ایران", "google.com", "!!!", "،", ".", "۳×۴",
    "09/15_14:32", "۱۲ ۰۰۰", "ت", "10^3", "۱۰⁻³", "①", "***", "—", "۱ ۱/۲", "شماره", "فشار", "۱۲/۸", "۲۵-۱۹",
    "و", "35° N", "م.ر.", "خ.", "salam", "navid", "khoobi", "I", "love", "R&D", "00:1A:2B:3C:4D:5E",
    "1:10000", "۸۸۷۷۶۶۵۵-۶",
)  # fmt: skip
_TOKENS = st.lists(st.sampled_from(_WORDS), max_size=12)


@given(st.one_of(_TEXT, _TOKENS.map(" ".join), _TOKENS.map("".join)))
def test_what_was_read_is_read_the_same_again(text: str) -> None:
    once = read_persian(clean(text)).spoken
    assert read_persian(clean(once)).spoken == once


def test_words_of_a_lexicon_are_said_in_its_way_and_their_endings_stay() -> None:
    lexicon = WordIndex({"ملک": "مُلک", "Kubernetes": "کوبِرنِتیز"})
    (sentence,) = read_sentences("ملک‌ها و ملکِ ۲ مَلک در Kubernetes", "fa", lexicon)
    assert sentence.spoken == "مُلک‌ها و مُلکِ دو مَلک در کوبِرنِتیز"
    start = sentence.spoken.index("کوب")
    assert sentence.written[slice(*sentence.written_range(start, start + 3))] == "Kubernetes"
