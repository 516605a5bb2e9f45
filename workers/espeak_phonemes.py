"""A sentence in, how eSpeak NG reads it out: phonemes in IPA, the marks between, the words.

Between the eSpeak process (`workers/espeak_voice.py`), which answers for a voice that speaks
elsewhere, and `workers.piper_phonemes`. Speaks nothing itself.
"""

import re
from dataclasses import asdict, dataclass
from typing import Final

from lipsync.text.letters import PHONEMES_CLOSE, PHONEMES_OPEN
from workers.espeak_prosody import EspeakSettings
from workers.espeak_spelling import respellings
from workers.voice_process import VoiceProcess
from workers.voice_wire import ask

_LATIN_DIGITS: Final = {zero + digit: str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
"""Only eSpeak's Persian reads Persian digits; its other languages leave them out."""

_DAMMA: Final = "\u064f"
_COUNTED: Final = (
    "یک|چ\u064e?هار|پنج|شش|هفت|هشت|ده|یازده|دوازده|سیزده|چهار\u0652?د\u064e?ه|پانزده|شانزده|هفده|هجده|نوزده|"
    "بیست|سی|چهل|پنجاه|شصت|هفتاد|هشتاد|نود|صد|دویست|سیصد|چ\u064e?هارصد|پانصد|ششصد|هفتصد|هشتصد|نهصد|هزار|میلیون|"
    "میلیارد|تریلیون|بیلیون|بیلیارد"
)
"""With the marks that `workers.espeak_words` puts on some."""
_AND_IN_NUMBER: Final = re.compile(
    rf"\b({_COUNTED}) و (?=(?:(?:{_COUNTED}|دو|ن{_DAMMA}?ه){_DAMMA}?(?:م|مین)?|سه|سوم|سومین|نیم|ربع)\b)"
)
"""«و» in a number is -o (hezār-o čahārsad), which eSpeak NG says as "va" unless it is a damma on the
word before. After دو، سه and نُه, whose last letters carry no such mark, it stays."""

_VOWEL_BEFORE_SHADDA: Final = re.compile("([\u064b-\u0650])(\u0651)")
"""Unicode's canonical order. In it eSpeak NG says the sign's name: معلِّم (mo'allem) as "mo'ale tašdid m"."""

_MARKS: Final = {
    ".": ".", "\u06d4": ".", "\u3002": ".", "?": "?", "\u061f": "?", "!": "!",
    ",": ",", "\u060c": ",", ":": ":", ";": ";", "\u061b": ";",
    "\u2026": ";", "\u2013": ";", "\u2014": ";",
}  # fmt: skip
"""What ended a clause, as the voices were taught it: ellipsis and dashes count as a semicolon."""

_CLOSERS: Final = "\"'\u00bb\u201d\u2019)]}\u203a"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause as it is read."""

    ipa: str
    """Phonemes, a space between words, with marks of stress."""
    mark: str
    """"." "?" "!" "," ":" ";", or empty where the text just ends."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence as it is read."""

    clauses: tuple[Clause, ...]
    words: tuple[int, ...]
    """Where in the text each word of `ipa` begins, in the same order."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """A text as eSpeak takes it."""

    text: str
    phonemes: bool
    """Whether stretches in brackets are phonemes."""
    places: tuple[int, ...] | None
    """For each character of `text` its place in the text that was given; None where that is the same."""

    def request(self) -> dict[str, object]:
        """Return what a request says of it."""
        return {"text": self.text, "phonemes": self.phonemes}

    def place(self, position: int) -> int:
        """Return where in the text that was given a position of `text` lies."""
        if self.places is None or not self.places:
            return position
        return self.places[min(position, len(self.places) - 1)]


def adapted(text: str, language: str) -> Adapted:
    """Return a text as eSpeak takes it."""
    places: tuple[int, ...] | None = None
    if language.partition("-")[0] == "fa":
        text, places = _respelled(_VOWEL_BEFORE_SHADDA.sub(r"\2\1", text))
        text = _AND_IN_NUMBER.sub(rf"\1{_DAMMA}  ", text)
    else:
        text = text.translate(_LATIN_DIGITS)
    if PHONEMES_OPEN not in text:
        return Adapted(text, phonemes=False, places=places)
    # What the writer put into such brackets is text; all of these are as long as what they stand for.
    text = text.replace("[[", "[ ").replace(PHONEMES_OPEN, "[[").replace(PHONEMES_CLOSE, "]]")
    return Adapted(text, phonemes=True, places=places)


def _respelled(text: str) -> tuple[str, tuple[int, ...] | None]:
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for start, end, said in respellings(text):
        parts += text[at:start], said
        places += range(at, start)
        places += [start] * len(said)
        at = end
    if not parts:
        return text, None
    return "".join((*parts, text[at:])), (*places, *range(at, len(text)))


def read_aloud(process: VoiceProcess, voice: str, text: str) -> Reading:
    """Return how eSpeak reads a sentence.

    Args:
        process: eSpeak's.
        voice: eSpeak's name of the language, such as "fa" or "en-us".
        text: the sentence.

    Raises:
        VoiceError: as every voice's `speak`.
    """
    settings = EspeakSettings(voice, 170, 50)
    taken = adapted(text, voice)
    request = {"want": "phonemes", **asdict(settings), **taken.request(), "seed": 0}
    with process.connect() as connection:
        (_, body), *_ = ask(connection, request)
    clauses = tuple(Clause(ipa, mark_of(source)) for source, ipa in body["clauses"])
    return Reading(clauses, tuple(taken.place(position) for position, _ in body["words"]))


def mark_of(source: str) -> str:
    """Return the mark that ended a clause, given its text and at most one letter behind it."""
    rest = source.rstrip()
    if rest[-1:] not in _MARKS and rest[-2:-1].isspace():
        rest = rest[:-1].rstrip()
    return _MARKS.get(rest.rstrip(_CLOSERS).rstrip()[-1:], "")
