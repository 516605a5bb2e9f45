"""Every sound a voice can make has a mouth."""

import struct
from pathlib import Path

import espeakng_loader
import pytest

from lipsync.mouth.phonemes import BILABIAL, LABIODENTAL, is_known, visemes_of

STRESS = 1
"""The kind of an entry that marks another and has no sound of its own."""


def phoneme_tables() -> dict[str, tuple[int, dict[int, tuple[str, int]]]]:
    """Return eSpeak's compiled tables: name to (the table it builds on, code to symbol and type)."""
    data = (Path(espeakng_loader.get_data_path()) / "phontab").read_bytes()
    tables, position = {}, 4
    for _ in range(data[0]):
        count, included = data[position], data[position + 1]
        name = data[position + 4 : position + 36].split(b"\0")[0].decode()
        position += 36
        phonemes = {}
        for _ in range(count):
            symbol = data[position : position + 4].rstrip(b"\0").decode("latin1")
            code, kind = struct.unpack("BB", data[position + 10 : position + 12])
            phonemes[code] = (symbol, kind)
            position += 16
        tables[name] = (included, phonemes)
    return tables


def symbols_of(language: str) -> dict[str, int]:
    tables = phoneme_tables()
    names = list(tables)
    chain = [language]
    while (included := tables[chain[-1]][0]) != 0:
        chain.append(names[included - 1])
    merged: dict[int, tuple[str, int]] = {}
    for name in reversed(chain):
        merged.update(tables[name][1])
    return dict(merged.values())


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_table_covers_all_that_espeak_can_say(language: str) -> None:
    symbols = symbols_of(language)
    assert len(symbols) > 100
    said = {symbol for symbol, kind in symbols.items() if symbol and kind != STRESS}
    missing = {symbol for symbol in said if not is_known(symbol)}
    assert missing == set()


def test_every_other_language_of_espeak_gives_a_mouth_too() -> None:
    for _, phonemes in phoneme_tables().values():
        for symbol, _ in phonemes.values():
            assert visemes_of(symbol).visemes


@pytest.mark.parametrize("symbol", ["p", "b", "m", "p#", "bh", "m^", "b'"])
def test_a_bilabial_of_any_language_closes_the_lips(symbol: str) -> None:
    assert visemes_of(symbol).visemes == (BILABIAL,)


@pytest.mark.parametrize("symbol", ["f", "v", "v#", "v2", "f'"])
def test_a_labiodental_of_any_language_tucks_the_lip(symbol: str) -> None:
    assert visemes_of(symbol).visemes == (LABIODENTAL,)


def test_a_stressed_vowel_is_the_same_vowel_and_wider() -> None:
    assert visemes_of("'A").visemes == visemes_of("A").visemes == visemes_of(",A").visemes
    assert visemes_of("'A").stress > visemes_of(",A").stress > visemes_of("A").stress


def test_a_diphthong_has_two_ends() -> None:
    assert len(visemes_of("'aU").visemes) == 2


def test_an_empty_symbol_is_no_crash() -> None:
    assert visemes_of("").visemes
    assert not is_known("")
