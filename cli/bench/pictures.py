"""Frames become pictures that a person looks at: I420 in, RGB out."""

from av.video.frame import VideoFrame
from PIL import Image

from lipsync.engines.contract import Frame


def coloured(frame: Frame) -> Image.Image:
    """Return a frame (BT.709) as a picture of the same size."""
    made = VideoFrame.from_ndarray(frame, "yuv420p")
    # The library guesses the matrix from the size where it is not told.
    return Image.fromarray(made.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray())
