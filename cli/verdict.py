"""A finished film in, what is wrong with it out: whether it is a face that speaks.

Decodes the file; a player's point of view, not the maker's. Judges only what must hold of
every film of this service, whoever speaks in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from lipsync.face.points import FacePoints
from lipsync.media.probe import MediaReport, probe

_BLACK_MEAN: Final = 24.0
"""Mean luma, of 16 (black) to 235 (white), below which a picture counts as black."""
_SILENT_PEAK: Final = 0.02
"""Peak of a full scale of 1 below which the sound counts as silence."""
_MOUTH_SPREAD: Final = 3.0
"""Standard deviation over time of the luma between the lips, below which a mouth rests."""

_CUE_END: Final = re.compile(r"--> (\d{2,}):(\d{2}):(\d{2})\.(\d{3})")

Luma = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a film holds, and every reason to refuse it."""

    media: MediaReport
    peak: float
    """Loudest sample, of a full scale of 1."""
    mouth_spread: float
    """How much the luma between the lips varies over the film."""
    faults: tuple[str, ...]


def judge(film: Path, points: FacePoints, frame_ms: int = 40) -> Verdict:
    """Decode a film and say what is wrong with it.

    Args:
        film: an MP4.
        points: where the face is in the avatar's picture; scaled to the film's size.
        frame_ms: how far the ends of sound and picture may lie apart.
    """
    media = probe(film)
    faults = [f"does not decode: {error}" for error in media.errors]
    faults += [f"times jump: {gap}" for gap in media.gaps]
    if media.errors:
        return Verdict(media, 0.0, 0.0, tuple(faults))
    if abs(media.video_end_ms - media.audio_ms) > frame_ms:
        faults.append(f"the picture ends at {media.video_end_ms} ms, the sound at {media.audio_ms} ms")
    black, spread = _look(film, points)
    if black:
        faults.append(f"{black} of {media.frames} frames are black")
    if spread < _MOUTH_SPREAD:
        faults.append(f"the mouth does not move (luma between the lips varies by {spread:.1f})")
    peak = _loudest(film)
    if peak < _SILENT_PEAK:
        faults.append(f"the sound is silent (peak {peak:.4f})")
    return Verdict(media, peak, spread, tuple(faults))


def captions_end_ms(captions: Path) -> int:
    """Return when the last cue of a WebVTT file ends; 0 when it has none."""
    ends = (map(int, found) for found in _CUE_END.findall(captions.read_text("utf-8")))
    return max((((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in ends), default=0)


def _look(film: Path, points: FacePoints) -> tuple[int, float]:
    black = 0
    lips: list[float] = []
    for luma in _pictures(film):
        black += float(luma.mean()) < _BLACK_MEAN
        lips.append(float(_between_lips(luma, points).mean()))
    return black, float(np.std(lips)) if lips else 0.0


def _pictures(film: Path) -> Iterator[Luma]:
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="gray8").astype(np.uint8, copy=False)


def _between_lips(luma: Luma, points: FacePoints) -> Luma:
    """Return the middle of the mouth: half its width, from the upper lip into the lower one."""
    height_px, width_px = luma.shape
    # Output of another shape than the avatar's picture is cut from its middle.
    scale = max(width_px / points.width_px, height_px / points.height_px)
    shift = (np.array([width_px, height_px]) - scale * np.array([points.width_px, points.height_px])) / 2
    upper = points["lip_upper_outer"] * scale + shift
    lower = points["lip_lower_outer"] * scale + shift
    left, right = float(upper[0, 0]), float(upper[-1, 0])
    x0, x1 = round(left + (right - left) / 4), round(right - (right - left) / 4)
    y0, y1 = round(float(upper[3, 1])), round(float(lower[3, 1]))
    return luma[max(y0, 0) : max(y1, y0 + 2), max(x0, 0) : max(x1, x0 + 2)]


def _loudest(film: Path) -> float:
    peak = 0.0
    with av.open(str(film)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=48000)
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                peak = max(peak, float(np.abs(piece.to_ndarray()).max(initial=0.0)))
    return peak
