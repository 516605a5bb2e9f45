"""What ends a stream as failed, and under which code.

Read by tasks.synthesis, which ends the attempt alone for anything else. Lists what other rooms
raise and raises nothing.
"""

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

FAILURES: Final[Mapping[type[Exception], str]] = {
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
"""What ends a stream as failed, and under which code: another worker would fare no better.

Anything else ends the attempt alone. The claim is given back, another worker goes on, and
three attempts in a row that publish nothing are poison.
"""


def failure_code(failure: Exception) -> str:
    """Return the code of a failure that is in the list; the first kind it is of counts."""
    return next(code for kind, code in FAILURES.items() if isinstance(failure, kind))
