"""What a caller is told beside an answer: it was taken as asked, and may not be what was meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lipsync.text.lines import shown as plain
from lipsync.text.say_as import is_of_class
from lipsync.text.script import Script
from lipsync.text.scripts import spelling
from tasks.catalogue import VoiceCard
from web.refusals import VoiceCannotSpeak

SPEECH_LUFS: Final = -16
"""How loud whatever is said is heard; `lipsync.speech.loudness`, which needs numpy, has it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One entry of `warnings`."""

    code: str
    detail: str
    detail_fa: str
    letters: int = 0
    """How many letters of the text it is about."""
    known: tuple[str, ...] = ()
    """Voices that would do."""


NO_TRANSCRIPT: Final = Advice(
    code="no-transcript",
    detail="nobody told what is said in the recording, so there are no captions; send it as `transcript`",
    detail_fa="متن این صدا فرستاده نشد، پس زیرنویس ندارد؛ آن را در transcript بفرستید.",
)
NO_SPEECH: Final = Advice(
    code="no-speech",
    detail="no speech stands out in the recording, so the mouth stays at rest",
    detail_fa="در این صدا گفتاری به گوش نمی‌رسد و دهان بسته می‌ماند.",
)


_LONGEST_TOLD: Final = 40
"""Letters of a stretch."""
_MOST_TOLD: Final = 10
_SOFTER_BY_LU: Final = 1.0
"""What is heard so much below the others is worth telling."""


def loudness_advice(report: Mapping[str, Any]) -> list[Advice]:
    """Return what to know about a recording that stays softer than speech is here, by its report."""
    lufs, gain_db = report.get("lufs"), report.get("gain_db")
    if lufs is None or gain_db is None or lufs + gain_db >= SPEECH_LUFS - _SOFTER_BY_LU:
        return []
    heard = round(lufs + gain_db)
    return [
        Advice(
            code="recording-soft",
            detail=f"this recording is so soft ({lufs:.0f} LUFS) that {gain_db:.0f} dB, the most there is, "
            f"bring it to {heard} LUFS and not to {SPEECH_LUFS}; record it louder",
            detail_fa=f"این صدا چنان آرام است ({lufs:.0f} LUFS) که با بیشترین افزایش، {gain_db:.0f} دسی‌بل، "
            f"به {heard} می‌رسد و نه به {SPEECH_LUFS}؛ بلندتر ضبط کنید.",
        )
    ]


def reading_advice(script: Script) -> list[Advice]:
    """Return which stretches are not what their `say-as` says, and are read as they are written."""
    found = []
    for wish in script.wishes:
        reading, text = wish.reading, script.shown[wish.start : wish.end]
        if reading is not None and reading.kind == "as" and not is_of_class(text, reading.value):
            shown = plain(text)[:_LONGEST_TOLD]
            found.append(
                Advice(
                    code="say-as-unread",
                    detail=f"{shown!r} is no {reading.value}, so it is read as it is written",
                    detail_fa=f"«{shown}» برای {reading.value} نیست و همان‌گونه که نوشته شده خوانده می‌شود.",
                )
            )
    return found[:_MOST_TOLD]


def voice_advice(text: str, voice: VoiceCard, voices: Mapping[str, VoiceCard]) -> list[Advice]:
    """Return what to know about a text in a voice.

    Args:
        text: what is to be said.
        voice: who says it.
        voices: all there are, by name.

    Raises:
        VoiceCannotSpeak: the voice would only name the letters, every one of them.
    """
    spelt = spelling(text, voice.language)
    if not spelt.letters:
        return []
    known = tuple(name for name, card in voices.items() if not spelling(text, card.language).letters)
    if spelt.whole:
        raise VoiceCannotSpeak(voice.name, spelt.scripts, known)
    scripts = ", ".join(spelt.scripts)
    return [
        Advice(
            code="voice-spells",
            detail=f"voice {voice.name!r} names {spelt.letters} letters ({scripts}) one by one, "
            "because it does not read that script",
            detail_fa=f"این صدا {spelt.letters} حرف متن را نمی‌خواند و نام حرف‌ها را می‌گوید.",
            letters=spelt.letters,
            known=known,
        )
    ]
