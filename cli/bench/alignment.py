"""Sounds that a person told and sounds that a voice made in, what differs out. Pure counting.

Under `cli.bench.pronouncing`. One notation for both: a letter a sound, A ɒ, c tʃ, j dʒ, S ʃ, Z ʒ, q ɢ and ɣ.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

_NAMED: Final = {"tS": "c", "dZ": "j", "j": "y", "R": "r", "q1": "q"}
"""eSpeak NG's mnemonics that are written otherwise here."""
_NOT_SOUNDS: Final = re.compile(r"\(\w+\)|[^A-Za-z]")
_VOWELS: Final = frozenset("aAeiou")
_EZAFE: Final = re.compile(r"(.*)-(y?e)\Z")


class Sound(NamedTuple):
    """One sound of what a person told."""

    letter: str
    word: int
    ezafe: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One sentence compared."""

    phonemes: int
    errors: int
    """Sounds put in, left out or said for another, at the fewest."""
    words: int
    wrong: tuple[tuple[int, str], ...]
    """The words with such an error, and what was heard for each."""
    ezafes: int
    ezafes_heard: int
    false_ezafes: int
    """An e put in at the end of a word that has no ezafe."""


def told_sounds(words: Sequence[str]) -> list[Sound]:
    """Return the sounds of a reading, each with the number of its word."""
    sounds: list[Sound] = []
    for place, word in enumerate(words):
        found = _EZAFE.match(word)
        stem, ezafe = found.groups() if found else (word, "")
        sounds += [Sound(letter, place) for letter in stem.replace("-", "")]
        sounds += [Sound(letter, place, ezafe=True) for letter in ezafe]
    kept = _kept([sound.letter for sound in sounds])
    return [sounds[place] for place in kept]


def heard_sounds(symbols: Sequence[str]) -> list[str]:
    """Return the sounds of a voice's phonemes; stress and pauses are none."""
    letters = []
    for symbol in symbols:
        plain = re.sub(r"[^A-Za-z1]", "", re.sub(r"\(\w+\)", "", symbol))
        letters.append(_NAMED.get(plain, _NOT_SOUNDS.sub("", plain)))
    joined = list("".join(letters))
    return [joined[place] for place in _kept(joined)]


def _kept(letters: Sequence[str]) -> list[int]:
    """Return the places of sounds that count.

    Not those that people tell one way or another of the same speech: the y of riyāl and of xodāyi,
    the w of dowlat.
    """
    kept: list[int] = []
    for place, letter in enumerate(letters):
        before = letters[kept[-1]] if kept else ""
        following = letters[place + 1] if place + 1 < len(letters) else ""
        glide = letter == "y" and (
            (before == "i" and following in _VOWELS) or (before in _VOWELS and following == "i")
        )
        half = letter == "w" and before == "o" and following not in _VOWELS
        if not (glide or half or (letter == "i" and before == "i")):
            kept.append(place)
    return kept


def compare(told: Sequence[Sound], heard: Sequence[str]) -> Heard:
    """Return what differs, by the alignment with the fewest errors."""
    steps = _alignment([sound.letter for sound in told], heard)
    wrong: dict[int, None] = {}
    said: dict[int, list[str]] = {}
    errors = ezafes_heard = false_ezafes = 0
    word, ended = 0, False
    for at, letter in steps:
        if at is not None:
            word = told[at].word
            ended = at + 1 == len(told) or told[at + 1].word != word
        said.setdefault(word, []).append(letter)
        if at is not None and told[at].letter == letter:
            ezafes_heard += told[at].ezafe and letter == "e"
            continue
        errors += 1
        wrong[word] = None
        false_ezafes += at is None and letter == "e" and ended and not told_ezafe(told, word)
    return Heard(
        phonemes=len(told),
        errors=errors,
        words=1 + max((sound.word for sound in told), default=-1),
        wrong=tuple((place, "".join(said[place])) for place in wrong),
        ezafes=sum(sound.ezafe and sound.letter == "e" for sound in told),
        ezafes_heard=ezafes_heard,
        false_ezafes=false_ezafes,
    )


def told_ezafe(told: Sequence[Sound], word: int) -> bool:
    """Tell whether a word of a reading has an ezafe."""
    return any(sound.word == word and sound.ezafe for sound in told)


def _alignment(told: Sequence[str], heard: Sequence[str]) -> list[tuple[int | None, str]]:
    """Return pairs of a place in `told`, None for a sound put in, and what was heard, "" for one left out."""
    costs = [list(range(len(heard) + 1))]
    for place, letter in enumerate(told):
        row = [place + 1]
        for at, other in enumerate(heard):
            row.append(min(costs[-1][at] + (letter != other), costs[-1][at + 1] + 1, row[at] + 1))
        costs.append(row)
    steps: list[tuple[int | None, str]] = []
    place, at = len(told), len(heard)
    while place or at:
        cost = costs[place][at]
        if place and at and cost == costs[place - 1][at - 1] + (told[place - 1] != heard[at - 1]):
            place, at = place - 1, at - 1
            steps.append((place, heard[at]))
        elif at and cost == costs[place][at - 1] + 1:
            at -= 1
            steps.append((None, heard[at]))
        else:
            place -= 1
            steps.append((place, ""))
    return steps[::-1]
