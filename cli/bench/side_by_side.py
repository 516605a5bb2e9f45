"""The same sentence drawn by the warp engine and painted by a network, frame beside frame.

Faces and a net in, a PNG for a person to look at out: at the mask's border, and at all that lies
outside of it, there is to be nothing to see. In the third row of a face everything that differs from the
face at rest is marked: only what the mask covers may be.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from avatars.seeding import SAMPLES, sample_face
from cli.bench.pictures import coloured
from cli.bench.together import BenchmarkFailed, Tell
from lipsync.engines.contract import Drive, Engine, Frame, Size
from lipsync.engines.framing import BadFace
from lipsync.engines.net import Net
from lipsync.engines.planes import split_i420
from lipsync.engines.warp import WarpEngine
from lipsync.engines.wav2lip import Wav2LipEngine
from lipsync.face.finder import FaceFinder
from lipsync.face.models import FaceModels
from lipsync.face.track import FaceTrack
from lipsync.pipeline import FrameRange
from workers.calibration import speak_text
from workers.voices import open_voices

SENTENCE: Final = "باران آرام روی برگ‌ها می‌ریزد و مادر پنجره را می‌بندد."
SIZE: Final = Size(512, 512)
COLUMNS: Final = 8
_EVERY: Final = 5
"""Frames from one column to the next."""
_MARKED: Final = 8
"""What a difference is multiplied by, so that one level is seen."""


def photo_face(path: Path, models: FaceModels) -> FaceTrack:
    """Return the first face of a photo.

    Raises:
        BenchmarkFailed: it is no picture, or shows no face.
    """
    try:
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            rgb = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, ValueError) as error:
        raise BenchmarkFailed(f"{path} is no picture that can be read: {error}") from error
    plain = np.ascontiguousarray(rgb[:, :, ::-1])
    faces = FaceFinder(models).find(plain)
    if not faces:
        raise BenchmarkFailed(f"{path} shows no face")
    return FaceTrack((plain,), (faces[0].points,))


def side_by_side(
    net: Net, faces: Sequence[FaceTrack], target: Path, tell: Tell = lambda _: None
) -> dict[str, int]:
    """Draw faces saying a sentence, three rows each: warped, painted, and where painting changes anything.

    Args:
        net: paints.
        faces: whose; the house's presenters where there are none.
        target: the PNG.
        tell: told of each face that is done.

    Returns:
        How many faces, and in how many pixels outside the mask a painted frame differs: 0 is right.

    Raises:
        VoiceError: the embedded voice does not work here.
        BenchmarkFailed: a face cannot be drawn, or the picture not written.
    """
    cv2.setNumThreads(1)
    faces = faces or [sample_face(sample.id) for sample in SAMPLES]
    drive = _spoken()
    sheet = Image.new("RGB", (COLUMNS * SIZE.width_px // 2, 3 * len(faces) * SIZE.height_px // 2))
    outside = 0
    for number, face in enumerate(faces):
        try:
            outside += _draw(net, face, drive, sheet, number)
        except BadFace as error:
            raise BenchmarkFailed(f"face {number + 1} cannot be drawn: {error}") from error
        tell(number + 1)
    try:
        sheet.save(target, "PNG")
    except OSError as error:
        raise BenchmarkFailed(f"{target} cannot be written: {error}") from error
    return {"faces": len(faces), "outside_px": outside}


def _spoken() -> Drive:
    with tempfile.TemporaryDirectory() as folder, open_voices(Path(folder)) as voices:
        timeline = speak_text(SENTENCE, voices.get("fa"), "fa")
    return timeline.drive(FrameRange(0, _EVERY * COLUMNS))


def _draw(net: Net, face: FaceTrack, drive: Drive, sheet: Image.Image, number: int) -> int:
    engine = Wav2LipEngine(net)
    warped, painted = (_frames(each, face, drive) for each in (WarpEngine(), engine))
    ground = engine.prepare(face, SIZE).ground.start(1)
    outside, cell = 0, (SIZE.width_px // 2, SIZE.height_px // 2)
    for at, (under, spot) in enumerate(ground.paint(drive)):
        if at % _EVERY:
            continue
        column = at // _EVERY
        apart = _apart(painted[column], under)
        mask, box = np.zeros(apart.shape, np.uint8), spot.grid.box
        mask[box.top : box.bottom, box.left : box.right] = spot.mask
        outside += int(np.count_nonzero(apart[mask == 0]))
        marked = Image.fromarray(cv2.multiply(apart, np.ones_like(apart), scale=_MARKED))
        for row, picture in enumerate((coloured(warped[column]), coloured(painted[column]), marked)):
            place = (column * cell[0], (3 * number + row) * cell[1])
            sheet.paste(picture.resize(cell, Image.Resampling.BOX), place)
    return outside


def _frames(engine: Engine, face: FaceTrack, drive: Drive) -> list[Frame]:
    brush = engine.prepare(face, SIZE).start(1)
    return [frame.copy() for at, frame in enumerate(brush.paint(drive)) if at % _EVERY == 0]


def _apart(one: Frame, other: Frame) -> NDArray[np.uint8]:
    return np.asarray(cv2.absdiff(split_i420(one, SIZE)[0], split_i420(other, SIZE)[0]), np.uint8)
