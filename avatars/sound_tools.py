"""The child's libraries for an upload of sound, made ready before it is shut in, and its one call after.

As `avatars.intake_tools` is for pictures: whatever opens a file or starts something at first use
is used once here.
"""

import importlib
import io
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

import av
import numpy as np

from avatars.intake_refusals import Refusal
from avatars.intake_work import OnProgress, PutFile
from avatars.sound_decoder import CODECS, SoundLimits
from avatars.sound_work import work_on_sound
from lipsync.clock import SAMPLE_RATE
from lipsync.mouth.heard_features import measure_level
from lipsync.speech.loudness import measure_loudness
from lipsync.speech.spans import Sound

_LATE_ROOMS: Final = (
    "av.audio.stream", "av.sidedata.encparams", "av.sidedata.motionvectors", "av.sidedata.sidedata",
    "av.subtitles.codeccontext", "av.subtitles.stream", "av.subtitles.subtitle", "av.video.stream",
)  # fmt: skip
"""Rooms that PyAV loads when it meets a stream of that kind."""


def prepare_for_sound() -> None:
    """Load what the work needs."""
    av.logging.set_level(av.logging.PANIC)
    for room in _LATE_ROOMS:
        importlib.import_module(room)
    for name in sorted(CODECS):
        av.CodecContext.create(name, "r")
    tone = np.rint(3000 * np.sin(np.arange(SAMPLE_RATE) * 0.06)).astype(np.int16)
    measure_loudness(tone)
    measure_level(tone)
    work_on_sound(
        io.BytesIO(_wav(tone)), limits=SoundLimits(seconds=2, streams=1),
        put=lambda _name, _data: None, on_progress=lambda _step, _share: None,
    )  # fmt: skip


def _wav(sound: Sound) -> bytes:
    size = sound.nbytes.to_bytes(4, "little")
    rates = SAMPLE_RATE.to_bytes(4, "little") + (2 * SAMPLE_RATE).to_bytes(4, "little")
    form = b"fmt \x10\x00\x00\x00\x01\x00\x01\x00" + rates + b"\x02\x00\x10\x00"
    whole = (sound.nbytes + 36).to_bytes(4, "little")
    return b"RIFF" + whole + b"WAVE" + form + b"data" + size + sound.tobytes()


def take_sound(
    upload: BinaryIO,
    request: Mapping[str, object],
    *,
    put: PutFile,
    on_progress: OnProgress,
    say: Callable[[str, object], None],
) -> None:
    """Make a recording's files as a request asks, and say the result or the refusal."""
    limits = SoundLimits(seconds=int(str(request["sound_s"])), streams=int(str(request["streams"])))
    try:
        result = work_on_sound(upload, limits=limits, put=put, on_progress=on_progress)
    except Refusal as refusal:
        say("refused", [refusal.code, refusal.values])
    except MemoryError:
        say("refused", ["too_costly", {}])
    else:
        say("result", result)
