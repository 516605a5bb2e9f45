"""Sentences spoken by voices of the program `festival`, with the phonemes that they are made of.

For `scripts/train_heard.py`, beside `heard_sounds`: these voices are made of pieces of people's
recordings, so their bursts, murmurs and ways from sound to sound are those of people. Text in,
`Spoken` out; nothing of the voices is kept. docs/heard.md names the packages.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipsync.clock import SAMPLE_RATE
from lipsync.speech.spans import PhonemeSpan
from scripts.heard_sounds import ARPABET, Spoken, in_another_mouth, read_said
from scripts.heard_texts import TEXTS


@dataclass(frozen=True, slots=True)
class FestivalVoice:
    """A voice, and the language whose letters it reads."""

    name: str
    language: str
    encoding: str = "ascii"


FESTIVAL_VOICES = (
    FestivalVoice("ked_diphone", "en"),
    FestivalVoice("lp_diphone", "it", "latin-1"),
    FestivalVoice("suo_fi_lj_diphone", "fi", "latin-1"),
    FestivalVoice("msu_ru_nsh_clunits", "ru", "utf-8"),
    FestivalVoice("czech_dita", "cs", "iso8859-2"),
    FestivalVoice("ked_diphone", "en"),
    FestivalVoice("hy_fi_mv_diphone", "fi", "latin-1"),
    FestivalVoice("czech_machac", "cs", "iso8859-2"),
    FestivalVoice("czech_krb", "cs", "iso8859-2"),
)
HELD_OUT_FESTIVAL_VOICES = (
    FestivalVoice("pc_diphone", "it", "latin-1"),
    FestivalVoice("czech_ph", "cs", "iso8859-2"),
)

_TEXTS = {
    **TEXTS,
    "fi": (
        "Vanha pappi pyysi kuuman kahvin ja pullan.",
        "Banaani ja omena ovat keittiön pöydällä.",
        "Minun mummoni asuu pienessä punaisessa talossa.",
        "Hevonen juoksi pellon poikki metsään.",
        "Voisitko avata ikkunan ennen kuin lähdet?",
        "Bussi myöhästyi taas aamulla puoli tuntia.",
        "Filmi alkaa illalla kahdeksan aikaan.",
        "Kolme poikaa pelasi palloa pihalla.",
    ),
    "cs": (
        "Moje babička peče každou sobotu bílý chleba.",
        "Maminka koupila pět velkých bílých ryb.",
        "Prosím, zavřete okno, venku fouká vítr.",
        "Malý pes běžel přes most k vodě.",
        "Včera večer jsme viděli velmi dobrý film.",
        "Pod starým dubem spala bílá kočka.",
        "Proč nepijete kávu bez cukru?",
        "Bratr mi přinesl mapu a nové boty.",
    ),
}
_PARTS = {
    "ru": ("б п м ф в т д н с з л р к г х ш ж ч бр пл ст", "а э и о у ы е я", "- м п н т л"),
    "": ("b p m f v t d n s l r k g j br pl st b p m", "a e i o u", "- - - m n p t s l r k"),
}
"""Beginnings, middles and ends of syllables of made-up words; - stands for none."""
_SYMBOLS = {
    "en": ARPABET,
    "it": {"ng": "N", "a1": "'A:", "e1": "'e", "E1": "'E", "i1": "'i", "o1": "'o", "O1": "'O", "u1": "'u"},
    "fi": {"y": "U", "y:": "U", "{": "a", "{:": "a", "7": "3:", "7:": "3:", "ng": "N", "n~": "N"},
    "cs": {"ch": "x", "n*": "n", "c~": "tS", "s~": "S", "z~": "Z", "r~": "Z", "dz~": "dZ", "h": "h"},
    "ru": {
        "ae": "@", "ay": "@", "ur": "U", "aa": "'A:", "ee": "'e", "ii": "'i", "oo": "'o", "uu": "'u",
        "yy": "'I", "y": "I", "sh": "S", "zh": "Z", "ch": "tS", "sch": "S",
    },
}  # fmt: skip


def spoken_by_festival(voice: FestivalVoice, text: str, seed: int) -> Spoken:
    """Return a sentence as a voice of `festival` says it; the seed decides its rate and throat."""
    chance = np.random.default_rng(seed)
    said = text.replace('"', "").encode(voice.encoding, "ignore").decode(voice.encoding)
    with tempfile.TemporaryDirectory() as folder:
        sound, segments, asked = (Path(folder) / name for name in ("said.wav", "said.segs", "ask.scm"))
        asked.write_bytes(
            f"(voice_{voice.name})\n(Parameter.set 'Duration_Stretch {chance.uniform(0.75, 1.2):.3f})\n"
            f'(set! said (utt.synth (Utterance Text "{said}")))\n'
            f'(utt.save.wave said "{sound}" \'riff)\n(utt.save.segs said "{segments}")\n'.encode(
                voice.encoding
            )
        )
        subprocess.run(["festival", "-b", str(asked)], check=True, capture_output=True)
        whole = read_said(sound)
        lines = [line.split() for line in segments.read_text(voice.encoding).splitlines()]
    phonemes, start = [], 0
    for end_s, _, name in (line for line in lines if len(line) == 3):
        end = round(float(end_s) * SAMPLE_RATE)
        phonemes.append(PhonemeSpan(_symbol(voice.language, name), start, end))
        start = end
    return in_another_mouth(Spoken(whole, tuple(phonemes)), chance)


def _symbol(language: str, name: str) -> str:
    if name in ("#", "pau", "_"):
        return "_"
    return _SYMBOLS[language].get(name, name)


def texts_of(voice: FestivalVoice) -> tuple[str, ...]:
    """Return the sentences of a voice's language."""
    return _TEXTS[voice.language]


def words_of_no_language(voice: FestivalVoice, chance: np.random.Generator) -> str:
    """Return a sentence of words that no language has, in letters that the voice reads."""
    onsets, vowels, codas = (part.split() for part in _PARTS.get(voice.language, _PARTS[""]))
    words = []
    for _ in range(int(chance.integers(4, 8))):
        parts = [str(chance.choice(p)) for _ in range(int(chance.integers(1, 4))) for p in (onsets, vowels)]
        words.append("".join(parts) + str(chance.choice(codas)).strip("-"))
    return " ".join(words) + "."
