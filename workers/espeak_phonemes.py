"""A sentence in, how eSpeak NG reads it out: phonemes in IPA, the marks between, the words.

Between the eSpeak process (`workers/espeak_voice.py`), which answers for a voice that speaks
elsewhere, and `workers.piper_phonemes`. Speaks nothing itself.
"""

import re
from dataclasses import asdict, dataclass
from typing import Final

from lipsync.text.letters import PHONEMES_CLOSE, PHONEMES_OPEN
from workers.espeak_prosody import EspeakSettings
from workers.voice_process import VoiceProcess
from workers.voice_wire import ask

_LATIN_DIGITS: Final = {zero + digit: str(digit) for zero in (0x0660, 0x06F0) for digit in range(10)}
"""Only eSpeak's Persian reads Persian digits; its other languages leave them out."""

_DAMMA: Final = "\u064f"
_COUNTED: Final = (
    "یک|چهار|پنج|شش|هفت|هشت|ده|یازده|دوازده|سیزده|چهارده|پانزده|شانزده|هفده|هجده|نوزده|بیست|سی|چهل|پنجاه|شصت|"
    "هفتاد|هشتاد|نود|صد|دویست|سیصد|چهارصد|پانصد|ششصد|هفتصد|هشتصد|نهصد|هزار|میلیون|میلیارد|تریلیون|بیلیون|بیلیارد"
)
_AND_IN_NUMBER: Final = re.compile(
    rf"\b({_COUNTED}) و (?=(?:(?:{_COUNTED}|دو|ن{_DAMMA}?ه)(?:م|مین)?|سه|سوم|سومین|نیم|ربع)\b)"
)
"""«و» in a number is -o (hezār-o čahārsad), which eSpeak NG says as "va" unless it is a damma on the
word before. After دو، سه and نه, whose last letters carry no such mark, it stays."""

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


def adapted(text: str, language: str) -> dict[str, object]:
    """Return a text as eSpeak takes it, as part of a request; every character stays in its place."""
    if language.partition("-")[0] == "fa":
        text = _AND_IN_NUMBER.sub(rf"\1{_DAMMA}  ", text)
    else:
        text = text.translate(_LATIN_DIGITS)
    if PHONEMES_OPEN not in text:
        return {"text": text, "phonemes": False}
    # What the writer put into such brackets is text.
    text = text.replace("[[", "[ ").replace(PHONEMES_OPEN, "[[").replace(PHONEMES_CLOSE, "]]")
    return {"text": text, "phonemes": True}


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
    request = {"want": "phonemes", **asdict(settings), **adapted(text, voice), "seed": 0}
    with process.connect() as connection:
        (_, body), *_ = ask(connection, request)
    clauses = tuple(Clause(ipa, mark_of(source)) for source, ipa in body["clauses"])
    return Reading(clauses, tuple(position for position, _ in body["words"]))


def mark_of(source: str) -> str:
    """Return the mark that ended a clause, given its text and at most one letter behind it."""
    rest = source.rstrip()
    if rest[-1:] not in _MARKS and rest[-2:-1].isspace():
        rest = rest[:-1].rstrip()
    return _MARKS.get(rest.rstrip(_CLOSERS).rstrip()[-1:], "")
