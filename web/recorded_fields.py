"""Which fields of an utterance go together: a text and how it is read, or a recording and what is said in it.

Used by `web.bodies` before it looks at types. Names only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from web.refusals import NotForRecordings, TextOrRecording, TranscriptAlone

OF_VOICES: Final = ("text", "voice", "ssml", "rate", "pitch", "volume", "open")
"""Fields that tell what a voice says, and how."""


def asks_for_recording(body: Mapping[str, Any], allowed: Sequence[str]) -> bool:
    """Return whether a body asks for a recording and not for a text.

    Args:
        body: as it came.
        allowed: names of all fields there are.

    Raises:
        TextOrRecording: it has both, or neither.
        TranscriptAlone: it has a transcript and no recording.
        NotForRecordings: it has a recording, and says how a voice is to speak.
    """
    if "recording" not in body:
        if "text" not in body:
            raise TextOrRecording
        if "transcript" in body:
            raise TranscriptAlone
        return False
    if "text" in body:
        raise TextOrRecording
    given = [name for name in OF_VOICES if name in body]
    if given:
        raise NotForRecordings(given, [name for name in allowed if name not in OF_VOICES])
    return True
