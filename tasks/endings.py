"""What ends a stream as failed in, the code that its viewers are told out.

For `tasks.synthesis`, which tells it, and `docs/protocol.md`, which lists the codes. Which attempts
are given back to other workers is decided there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avatars.errors import AvatarError, RecordingBroken, StorageError
from lipsync.engines.catalogue import UnknownEngine
from lipsync.mouth.heard_model import HeardModelBroken
from lipsync.speech.errors import UnknownVoice, VoiceMute, VoiceRefused
from lipsync.text.errors import TextSilent
from tasks.captioning import CAPTIONS_UNDRAWABLE
from tasks.plan import PlanBroken
from tasks.speaking import SpeechNotRepeatable

_CODES: Final[Mapping[type[Exception], str]] = {
    UnknownVoice: "voice_failed",
    VoiceRefused: "voice_failed",
    VoiceMute: "voice_failed",
    UnknownEngine: "engine_unavailable",
    RecordingBroken: "recording_lost",
    HeardModelBroken: "recording_unspeakable",
    AvatarError: "avatar_unavailable",
    StorageError: "storage_failed",
    PlanBroken: "speech_lost",
    SpeechNotRepeatable: "speech_lost",
    **dict.fromkeys(CAPTIONS_UNDRAWABLE, "captions_unavailable"),
    TextSilent: "text_silent",
}

FINAL: Final = tuple(_CODES)
"""Another worker would fare no better with these.

Anything else ends the attempt alone. The claim is given back, another worker goes on, and three
attempts in a row that publish nothing are poison, or `VOICE_UNAVAILABLE` where the last of them
ended by its voice.
"""

VOICE_UNAVAILABLE: Final = "voice_unavailable"


def code_of(failure: Exception) -> str:
    """Return the code of one of `FINAL`."""
    return next(code for kind, code in _CODES.items() if isinstance(failure, kind))
