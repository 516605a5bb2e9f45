"""The child's libraries, made ready before it is shut in, and its one call after.

Everything that opens a file, starts a thread or asks the machine something at first use is
used once here; what is left for later is arithmetic.
"""

import codecs
import importlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

import av
import cv2
import numpy as np
import numpy.ma  # loaded at first use by percentiles, when nothing can be loaded any more
from PIL import AvifImagePlugin, Image, ImageCms

from avatars.intake_canonical import Finder
from avatars.intake_preview import jpeg, png
from avatars.intake_refusals import Refusal
from avatars.intake_video import VideoLimits
from avatars.intake_work import Judge, OnProgress, PutFile, WorkLimits, work
from lipsync.face.finder import FaceFinder
from lipsync.face.models import FaceModels
from lipsync.face.report import judge

_CODECS: Final = ("libx264", "libopus")
_LATE_ROOMS: Final = (
    "av.audio.stream", "av.sidedata.encparams", "av.sidedata.motionvectors", "av.sidedata.sidedata",
    "av.subtitles.codeccontext", "av.subtitles.stream", "av.subtitles.subtitle", "av.video.stream",
)  # fmt: skip
"""Rooms that PyAV loads when it meets a stream of that kind."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What finds and judges faces; both None without models."""

    finder: Finder | None
    judge: Judge | None


def prepare(models: Mapping[str, bytes]) -> Tools:
    """Load what the work needs.

    Args:
        models: bytes of the model files by the field names of `FaceModels`; empty for none.

    Raises:
        BadModel: a model file is of no known kind.
    """
    # Each thread would need its own guard, and none can be started once they hold.
    cv2.setNumThreads(1)
    cv2.ocl.setUseOpenCL(False)
    Image.init()
    Image.MAX_IMAGE_PIXELS = None
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    ImageCms.createProfile("sRGB")
    av.logging.set_level(av.logging.PANIC)
    for room in _LATE_ROOMS:
        importlib.import_module(room)
    av.CodecContext.create("hevc", "r")
    for name in _CODECS:
        av.CodecContext.create(name, "w")
    codecs.lookup("cp437")  # of the names in the archive that a face file is
    blank = np.zeros((16, 16, 3), np.uint8)
    jpeg(blank)
    png(blank)
    Image.fromarray(blank).save(io.BytesIO(), "JPEG")
    if not models:
        return Tools(None, None)
    finder = FaceFinder(FaceModels(**models))
    return Tools(finder, judge)


def take(
    upload: BinaryIO,
    request: Mapping[str, object],
    tools: Tools,
    *,
    put: PutFile,
    on_progress: OnProgress,
    say: Callable[[str, object], None],
) -> None:
    """Make an upload's files as a request asks, and say the result or the refusal."""
    limits = WorkLimits(
        int(str(request["photo_px"])),
        VideoLimits(
            pixels=int(str(request["video_px"])),
            seconds=int(str(request["video_s"])),
            frames=int(str(request["video_frames"])),
            streams=int(str(request["streams"])),
        ),
    )
    face = request.get("face")
    try:
        result = work(
            upload,
            limits=limits,
            finder=tools.finder,
            judge=tools.judge,
            face=face if isinstance(face, int) else None,
            put=put,
            on_progress=on_progress,
        )
    except Refusal as refusal:
        say("refused", [refusal.code, refusal.values])
    except (MemoryError, cv2.error) as error:
        if isinstance(error, cv2.error) and error.code != cv2.Error.STS_NO_MEM:
            raise
        say("refused", ["too_costly", {}])
    else:
        say("result", result)
