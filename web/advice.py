"""What a caller is told beside an answer: it was taken as asked, and may not be what was meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lipsync.text.scripts import spelling
from tasks.catalogue import VoiceCard
from web.refusals import VoiceCannotSpeak


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
