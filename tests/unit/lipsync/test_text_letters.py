"""What a voice is given, and where it came from."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipsync.text.letters import MOST_MARKS, clean

ZWNJ = "\u200c"
RLO = "\u202e"
TATWEEL = "\u0640"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("كتاب علي", "کتاب علی"),
        ("١٢٣ ٤٥٦", "۱۲۳ ۴۵۶"),
        ("۱۲ 12", "۱۲ 12"),
        (f"سـ{TATWEEL}ـلام".replace("ـ", TATWEEL), "سلام"),
        ("ﺳﻼﻡ", "سلام"),
        ("ﻻ", "لا"),
        ("５ＡＢ", "5AB"),
        ("𝐇𝐢", "Hi"),
        ("۵۰۰﷼", "۵۰۰ریال"),
        (f"a{RLO}b\u2067c\u2069\u200f", "abc"),
        ("\ufeffسلام", "سلام"),
        (f"می{ZWNJ}{ZWNJ}{ZWNJ}روم", f"می{ZWNJ}روم"),
        ("می\u200bروم", f"می{ZWNJ}روم"),
        (f"{ZWNJ}کتاب{ZWNJ} {ZWNJ}من{ZWNJ}", "کتاب من"),
        ("سلام😀خوبی", "سلام خوبی"),
        ("❤️ 👨‍👩‍👧 👍🏽 🇮🇷", ""),
        ("۱️⃣ اول", "۱ اول"),
        ("مرحلة", "مرحله"),
        ("دایرةالمعارف", "دایرتالمعارف"),
        ("صلاة", "صلات"),
        ("خانۀ", "خانه\u0654"),
        ("کتابِ من", "کتابِ من"),
        ("a \t\n\u00a0 b", "a b"),
        ("cafe\u0301", "café"),
        ("", ""),
    ],
)
def test_written_letters_become_what_a_voice_reads(written: str, spoken: str) -> None:
    assert clean(written).spoken == spoken


def test_the_written_text_is_kept_as_it_was() -> None:
    written = f"{RLO}كتاب😀"
    assert clean(written).written == written


def test_a_pile_of_marks_is_cut_down() -> None:
    spoken = clean("z" + "\u0334" * 200).spoken
    assert len(spoken) <= 1 + MOST_MARKS


def test_a_spoken_word_comes_back_to_the_letters_as_written() -> None:
    cleaned = clean(f"😀 ك{TATWEEL}{TATWEEL}تاب ﻻزم")
    start = cleaned.spoken.index("کتاب")
    assert cleaned.written[slice(*cleaned.written_range(start, start + 4))] == f"ك{TATWEEL}{TATWEEL}تاب"
    start = cleaned.spoken.index("لازم")
    assert cleaned.written[slice(*cleaned.written_range(start, start + 4))] == "ﻻزم"


@pytest.mark.parametrize("bad", [(0, 0), (2, 1), (-1, 1), (0, 99)])
def test_a_range_outside_the_spoken_text_is_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no range"):
        clean("سلام").written_range(*bad)


_ANY = st.text(
    st.one_of(st.characters(), st.sampled_from(f"سلامكيةـﻻۀ {ZWNJ}{RLO}\u200b\u0654\u064e😀\ufe0f۱٢3.؟\n")),
    max_size=60,
)


@given(_ANY)
def test_positions_are_in_order_and_inside_the_text(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.spoken_to_written) == len(cleaned.spoken)
    starts = [start for start, _ in cleaned.spoken_to_written]
    ends = [end for _, end in cleaned.spoken_to_written]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    assert all(0 <= start < end <= len(text) for start, end in cleaned.spoken_to_written)


@given(_ANY)
def test_clean_text_is_clean(text: str) -> None:
    once = clean(text).spoken
    assert "  " not in once
    assert once == once.strip(" ")
    assert ZWNJ * 2 not in once
    assert TATWEEL not in once
    assert RLO not in once
    assert clean(once).spoken == once


def test_the_front_door_may_import_text_without_numpy() -> None:
    program = (
        "import sys, lipsync.text.sentences, lipsync.text.checks;"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'av', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_shadda_stands_straight_after_its_letter() -> None:
    text = "مُعَلِّم"
    cleaned = clean(unicodedata.normalize("NFC", text))
    assert "ل\u0651\u0650م" in cleaned.spoken
    assert cleaned.spoken_to_written[-3:-1] == ((5, 7), (5, 7))


def test_marks_hang_only_on_letters_that_can_bear_them() -> None:
    assert clean("۲\u0654 A\u0651 ب\u064e é").spoken == "۲ A ب\u064e é"
