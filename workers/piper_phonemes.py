"""How a sentence is read in, what a Piper voice is asked in runs of phonemes, and who was when.

Between `workers.espeak_phonemes` and `workers.piper_voice`. Phonemes become numbers as
Piper's own training made them: code points in canonical decomposition, the mark that ends a
clause, a pad after each, "^" before and "$" behind. Afterwards the samples of each number
become phonemes and words again. Numbers only; no sound.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lipsync.clock import ms_to_samples
from lipsync.mouth import ipa
from lipsync.speech.events import SILENCE
from workers.espeak_phonemes import Reading

BEGIN, END, PAD = "^", "$", "_"

LONGEST_RUN: Final = 400
"""Phonemes spoken at once; a longer sentence is parted between words. What the network needs
grows with the square of this."""

SHORTEST_PAUSE_SAMPLES: Final = ms_to_samples(60)
"""Marks and spaces that last less belong to the phoneme before them: no mouth shuts so fast."""

_SENTENCE_ENDS: Final = ".?!"
_LANGUAGE: Final = re.compile(r"\([^)]*\)")
"""eSpeak tells of a change of language in brackets, which no voice was taught."""

_VOWELS: Final = frozenset("aeiouyæɑɒɔəɘɚɛɜɝɞɐɤɨɪɯɵøœɶʉʊʌʏᵻε")


@dataclass(frozen=True, slots=True)
class Phone:
    """One code point that a voice is asked for."""

    symbol: str
    word: int
    """Place of its word among those of the sentence."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a voice speaks at once."""

    phones: tuple[Phone, ...]
    ids: tuple[int, ...]
    owners: tuple[int, ...]
    """For each id the phone it is of; -1 is the beginning, len(phones) the end."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A phoneme that begins to be heard."""

    symbol: str
    """IPA with its stress and length, or a silence."""
    start: int
    """Samples from the start of the run, at the rate they were given in."""
    word: int
    """Place of its word among those of the sentence; -1 for a silence."""


def runs_of(reading: Reading, ids: Mapping[str, Sequence[int]]) -> tuple[Run, ...]:
    """Return what to ask a voice for; none when it knows no letter of the reading.

    Args:
        reading: the sentence as it is read.
        ids: the voice's numbers by phoneme. What it has no number for is left out, as Piper does.
    """
    parted = (part for phones in _sentences(reading, ids) for part in _parted(phones))
    return tuple(_run(part, ids) for part in parted if any(ipa.is_letter(phone.symbol) for phone in part))


def shared(run: Run, samples: int) -> tuple[int, ...]:
    """Return samples for each id where the voice does not tell: by what its phoneme is.

    A vowel weighs 4, a consonant 2, a mark of length as much as a consonant, a mark that ends a
    clause 4, the beginning and the end 1; stress, spaces and pads weigh nothing.
    """
    weights = []
    seen: set[int] = set()
    for owner in run.owners:
        inside = 0 <= owner < len(run.phones)
        weights.append(0 if owner in seen else _weight(run.phones[owner].symbol) if inside else 1)
        seen.add(owner)
    total, passed, given, out = sum(weights), 0, 0, []
    for weight in weights:
        passed += weight
        until = samples * passed // total
        out.append(until - given)
        given = until
    return tuple(out)


def heard(run: Run, samples: Sequence[int], rate: int) -> tuple[Heard, ...]:
    """Return the phonemes of a run and the silences between them, each from where it begins.

    Args:
        run: what was asked for.
        samples: how long each of its ids lasts.
        rate: samples per second.
    """
    lengths = [0] * (len(run.phones) + 2)
    for owner, length in zip(run.owners, samples, strict=True):
        lengths[owner + 1] += length
    found = [Heard(SILENCE, 0, -1)]
    gap_limit = SHORTEST_PAUSE_SAMPLES * rate // 48_000
    at = quiet_from = begun = lengths[0]
    stress = ""
    for phone, length in zip(run.phones, lengths[1:-1], strict=True):
        start, at = at, at + length
        if phone.symbol in ipa.STRESS:
            # Its time is the beginning of the vowel behind it.
            stress, begun = phone.symbol, start
        elif ipa.is_letter(phone.symbol):
            begun = begun if stress else start
            if begun - quiet_from >= gap_limit:
                found.append(Heard(SILENCE, quiet_from, -1))
            _add_letter(found, Heard(stress + phone.symbol, begun, phone.word))
            stress, quiet_from = "", at
        elif ipa.is_modifier(phone.symbol) and found[-1].word >= 0:
            found[-1] = Heard(found[-1].symbol + phone.symbol, found[-1].start, found[-1].word)
            quiet_from = at
    return (*found, Heard(SILENCE, quiet_from, -1))


def _add_letter(found: list[Heard], letter: Heard) -> None:
    before = found[-1]
    if before.word == letter.word and (before.symbol[-1] + letter.symbol) in ipa.AFFRICATES:
        found[-1] = Heard(before.symbol + letter.symbol, before.start, before.word)
    else:
        found.append(letter)


def _weight(symbol: str) -> int:
    if symbol in ipa.STRESS or symbol == " ":
        return 0
    if symbol in _VOWELS or not (ipa.is_letter(symbol) or ipa.is_modifier(symbol)):
        return 4
    return 2


def _sentences(reading: Reading, ids: Mapping[str, Sequence[int]]) -> Iterator[list[Phone]]:
    """Yield the phones of each of eSpeak's own sentences; a title's dot may make two of one."""
    groups = sum(len(_LANGUAGE.sub("", clause.ipa).split()) for clause in reading.clauses)
    words = len(reading.words)
    # Both count the words that are spoken as one; should they differ, words share by their place.
    group, phones = 0, list[Phone]()
    for clause in reading.clauses:
        for part in _LANGUAGE.sub("", clause.ipa).split():
            word = group * words // groups
            if phones and phones[-1].symbol != " ":
                phones.append(Phone(" ", phones[-1].word))
            phones += [Phone(char, word) for char in unicodedata.normalize("NFD", part) if char in ids]
            group += 1
        if clause.mark and phones:
            phones.append(Phone(clause.mark, phones[-1].word))
        if clause.mark and clause.mark in _SENTENCE_ENDS:
            yield phones
            phones = []
    yield phones


def _parted(phones: list[Phone]) -> Iterator[list[Phone]]:
    """Yield a sentence in parts that are not too long, cut at spaces where there are any."""
    while len(phones) > LONGEST_RUN:
        spaces = [place for place in range(LONGEST_RUN) if phones[place].symbol == " "]
        cut = spaces[-1] + 1 if spaces else LONGEST_RUN
        yield phones[:cut]
        phones = phones[cut:]
    yield phones


def _run(phones: list[Phone], ids: Mapping[str, Sequence[int]]) -> Run:
    numbers, owners = [*ids[BEGIN], *ids[PAD]], [-1] * (len(ids[BEGIN]) + len(ids[PAD]))
    for place, phone in enumerate(phones):
        own = (*ids.get(phone.symbol, ()), *ids[PAD])
        numbers += own
        owners += [place] * len(own)
    numbers += ids[END]
    owners += [len(phones)] * len(ids[END])
    return Run(tuple(phones), tuple(numbers), tuple(owners))
