from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.lines import LINE_CHARACTERS, LINES, cues_of, pieces_of, shown

ZWNJ = "\u200c"


def laid(text: str) -> list[list[str]]:
    """Return the lines of every cue as they are shown."""
    return [[shown(text[start:end]) for start, end in cue.lines] for cue in cues_of(text)]


def lines(text: str) -> list[str]:
    return list(chain.from_iterable(laid(text)))


def test_a_sentence_is_a_cue():
    assert laid("سلام! حال شما چطور است؟ Fine.") == [["سلام!"], ["حال شما چطور است؟"], ["Fine."]]


def test_a_text_that_says_nothing_has_no_cue():
    assert cues_of("🙂 …") == cues_of("") == ()


def test_a_line_breaks_after_punctuation_first():
    assert laid("بنی‌آدم اعضای یک پیکرند، که در آفرینش ز یک گوهرند.") == [
        ["بنی‌آدم اعضای یک پیکرند،", "که در آفرینش ز یک گوهرند."]
    ]


def test_a_line_does_not_end_with_and():
    assert laid("هوای تهران فردا آفتابی است و دمای هوا به ۲۴ درجه می‌رسد.") == [
        ["هوای تهران فردا آفتابی است", "و دمای هوا به ۲۴ درجه می‌رسد."]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "بسیاری از مردم این شهر بزرگ و قدیمی برای دیدن آن بنای تازه و زیبا می‌آیند",
        "دیروز همراه با خانواده به خانهٔ پدربزرگ در روستای کوچک و دورافتادهٔ کوهستان رفتیم",
        "او کتاب تازه‌ای را که دربارهٔ تاریخ ایران نوشته شده بود را به من داد تا آن را بخوانم",
    ],
)
def test_no_line_parts_a_word_from_what_it_belongs_to(text):
    found = lines(text)
    assert len(found) > 1
    assert {"و", "از", "در", "به", "با", "برای", "آن"}.isdisjoint(line.split()[-1] for line in found)
    assert not any(line.endswith("\u0654") for line in found)
    assert {"را", "بود", "است"}.isdisjoint(line.split()[0] for line in found)


def test_a_title_stays_with_its_name():
    found = lines("Yesterday at about ten the teacher met Dr. Karimi and two friends")
    assert len(found) == LINES
    assert not found[0].endswith("Dr.")


def test_a_number_stays_with_what_is_counted():
    found = lines("در این کتابخانهٔ بسیار بزرگ شهر بیش از ۲۵۰ کتاب خطی کهن نگهداری می‌شود")
    assert len(found) == LINES
    assert not found[0].endswith("۲۵۰")


def test_lines_are_of_much_the_same_length():
    first, second = lines("the quick brown fox jumps over the lazy dog and runs away")
    assert abs(len(first) - len(second)) <= 5


def test_a_word_longer_than_a_line_has_one_of_its_own():
    assert lines("a " + "x" * 60 + " b") == ["a", "x" * 60, "b"]


def test_a_dash_goes_with_the_word_before_and_begins_only_a_sentence():
    assert laid("— رفتی؟\n— نه — هنوز نه.") == [["— رفتی؟"], ["— نه — هنوز نه."]]


def test_an_emoji_is_kept_beside_its_word():
    assert laid("🙂 سلام 🙂 خوبی؟ 🙂") == [["🙂 سلام 🙂 خوبی؟ 🙂"]]


def test_a_line_end_in_the_text_ends_the_cue():
    assert laid("خط اول\n\nخط دوم") == [["خط اول"], ["خط دوم"]]


def test_a_dot_inside_a_number_or_an_address_ends_nothing():
    text = "Version 3.14 is at example.com now."
    assert laid(text) == [[text]]


def test_signs_that_turn_what_follows_are_not_shown_and_marks_are():
    assert shown("\u202e\u2067سلام\u2069 \u202c دنیا\u200f") == "سلام دنیا\u200f"


@given(st.text(alphabet="ab .,!؟—🙂\n\t،؛و را سلام09«»\u202e\u2069" + ZWNJ, max_size=300))
def test_every_sign_is_in_exactly_one_line_and_no_line_is_too_long(text):
    cues = cues_of(text)
    if not cues:
        return
    assert " ".join(lines(text)).split() == shown(text).split()
    assert all(1 <= len(cue.lines) <= LINES for cue in cues)
    spans = [span for cue in cues for span in cue.lines]
    assert all(here[1] < following[0] for here, following in pairwise(spans))
    for start, end in spans:
        said = [word for word in text[start:end].split() if any(map(str.isalnum, word))]
        assert len(shown(text[start:end])) <= LINE_CHARACTERS or len(said) <= 1


def test_the_groups_of_one_number_stay_in_one_line():
    text = "اگر کاری داشتید لطفاً با شمارهٔ ۰۲۱-۸۸۷۷ ۶۶۵۵ تماس بگیرید تا راهنمایی شوید"
    assert any("۰۲۱-۸۸۷۷ ۶۶۵۵" in line for line in lines(text))
    assert len(lines(text)) > 1


def test_marks_on_letters_make_no_line_longer():
    bare = "سلام به همه و به تو"
    marked = "سَلامٌ بِه هَمِه وَ بِه تُو"
    assert len(lines(bare)) == len(lines(marked)) == 1
    long = " ".join([marked] * 3)
    assert len(lines(long)) == len(lines(" ".join([bare] * 3)))


def test_a_cue_can_be_broken_between_its_words_alone():
    text = "دمای هوا — امروز — به ۲۴ درجه رسید 🙂"
    (cue,) = cues_of(text)
    pieces = pieces_of(text, cue)
    assert [text[piece.start : piece.end] for piece in pieces] == [
        "دمای", "هوا —", "امروز —", "به", "۲۴", "درجه", "رسید 🙂",
    ]  # fmt: skip
    costs = {text[piece.start : piece.end]: piece.break_cost for piece in pieces}
    assert costs["امروز —"] < 0 < costs["درجه"] < costs["۲۴"]


@pytest.mark.parametrize(
    "kept", ["۳۱٫۶ درصد", "مهرماه ۱۴۰۳", "ماه پیش", "۲٬۵۰۰ تومان", "۱۲ فروردین", "سال ۱۳۵۷"]
)
@pytest.mark.parametrize("before", range(28, 46, 3))
def test_a_number_and_what_it_counts_stay_on_one_line(kept: str, before: int) -> None:
    first, second = kept.split(" ")
    text = f"{' '.join(['واژه'] * (before // 5))} {kept} {' '.join(['واژه'] * 6)}"
    for cue in cues_of(text):
        for start, end in cue.lines:
            assert not text[start:end].endswith(first)
            assert not text[start:end].startswith(second)
