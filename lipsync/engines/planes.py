"""The Y, U and V planes of an I420 picture, as views into it."""

from lipsync.engines.contract import Frame, Size
from lipsync.engines.framing import Plane

Parts = tuple[Plane, Plane, Plane]
"""Y, U and V of one picture."""


def split_i420(frame: Frame, size: Size) -> Parts:
    """Return views of the Y, U and V planes of an I420 picture."""
    luma = size.width_px * size.height_px
    chroma = luma // 4
    flat = frame.reshape(-1)
    half = (size.height_px // 2, size.width_px // 2)
    return (
        flat[:luma].reshape(size.height_px, size.width_px),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    )
