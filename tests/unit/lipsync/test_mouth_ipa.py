"""Every phoneme that Piper's voices are published with has a mouth of its own."""

import pytest

from lipsync.mouth import ipa
from lipsync.mouth.phonemes import (
    BILABIAL,
    CLOSE_BACK,
    LABIODENTAL,
    OPEN_BACK,
    POSTALVEOLAR,
    SIBILANT,
    is_known,
    visemes_of,
)

PUBLISHED = (
    "abcdefhijklmnopqrstuvwxyzæçðøħŋœǀǁǂǃɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢ"
    "βθχᵻⱱεgʦXɝ"
)
"""The letters of the one map of phonemes that all of Piper's eSpeak voices share."""
PUBLISHED_MODIFIERS = "ʲːˑ˞ʰˤʷ\u0327\u0303\u032a\u032f\u0329\u033a\u033b\u031d\u030a"
PUBLISHED_MARKS = " !'(),-.:;?0123456789↓↑#\"_^$"


@pytest.mark.parametrize("letter", PUBLISHED)
def test_a_letter_of_the_published_map_is_heard_and_has_a_mouth(letter: str) -> None:
    assert ipa.is_letter(letter)
    assert is_known(letter)
    assert visemes_of(letter).visemes == visemes_of(f"ˈ{letter}").visemes


@pytest.mark.parametrize("mark", PUBLISHED_MODIFIERS)
def test_a_modifier_leaves_the_mouth_of_its_letter(mark: str) -> None:
    assert ipa.is_modifier(mark)
    assert not ipa.is_letter(mark)
    assert visemes_of(f"ˈɑ{mark}").visemes == (OPEN_BACK,)


@pytest.mark.parametrize("mark", PUBLISHED_MARKS + ipa.STRESS)
def test_a_mark_is_no_sound(mark: str) -> None:
    assert not ipa.is_letter(mark)
    assert not ipa.is_modifier(mark)


@pytest.mark.parametrize(
    ("symbol", "viseme"),
    [
        ("ɑ", OPEN_BACK), ("uː", CLOSE_BACK), ("tʃ", POSTALVEOLAR), ("dʒ", POSTALVEOLAR), ("ʃ", POSTALVEOLAR),
        ("ʦ", SIBILANT), ("ɓ", BILABIAL), ("bʲ", BILABIAL), ("ɱ", LABIODENTAL),
    ],
)  # fmt: skip
def test_well_known_sounds_look_as_they_must(symbol: str, viseme: object) -> None:
    assert visemes_of(symbol).visemes == (viseme,)


def test_stress_opens_a_vowel_as_it_does_in_mnemonics() -> None:
    assert visemes_of("ˈɑ").stress == visemes_of("'A").stress > visemes_of("ˌɑ").stress
    assert visemes_of("ˌɑ").stress == visemes_of(",A").stress > visemes_of("ɑ").stress


def test_every_mnemonic_of_the_table_is_one() -> None:
    assert all(is_known(mnemonic) for mnemonic in ipa.MNEMONICS.values())
