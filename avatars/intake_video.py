"""An uploaded video becomes plain pictures: upright, sRGB, square pixels, at our own rate.

An open file of a known kind in, BGR pictures out, one at a time. The container's format is
forced and the bytes come from an open file, so the decoder library has no name to open.
A video of high dynamic range or wide colour is brought to sRGB by `avatars.intake_colour`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, Final

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from avatars.intake_colour import Recolour, Rgb, recolour_for
from avatars.intake_format import Kind
from avatars.intake_photo import SHORTEST_PX
from avatars.intake_refusals import Refusal
from lipsync import clock
from lipsync.face.track import Picture

CODECS: Final = frozenset(
    {"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores", "h263"}
)
"""Decoders that are used; the library has hundreds, and few are as well tried."""

_SMALL_HEIGHT_PX: Final = 720
MATRICES: Final = {1: Colorspace.ITU709, 5: Colorspace.ITU601, 6: Colorspace.ITU601, 4: Colorspace.FCC,
    7: Colorspace.SMPTE240M, 9: Colorspace.BT2020, 10: Colorspace.BT2020}  # fmt: skip
"""By `matrix_coefficients` of H.273."""
FULL_RANGE: Final = 2
"""`color_range` of a decoded frame whose codes are all used."""
_TOLERANCE_FRAMES: Final = 2


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What a video may have."""

    pixels: int
    """Of one picture."""
    seconds: int
    frames: int
    streams: int


class Video:
    """One uploaded video, read from front to back as often as is asked for.

    Args:
        file: open and seekable; belongs to the video from now on.
        kind: what `recognise` said.
        limits: what it may have.

    Raises:
        Refusal: too large, too long, too many tracks, no picture, an unknown codec, or broken.
    """

    def __init__(self, file: BinaryIO, kind: Kind, limits: VideoLimits) -> None:
        self._file, self._kind, self._limits = file, kind, limits
        with self._open() as container:
            stream = self._picture_stream(container)
            self._check_size(stream)
            seconds = _seconds(container, stream)
            if seconds > limits.seconds:
                raise Refusal("too_long", limit=limits.seconds)
            if stream.frames > limits.frames:
                raise Refusal("too_many_frames", limit=limits.frames)
            self.frames_promised = stream.frames
            self.pictures_promised = round(seconds * clock.FPS) or stream.frames
            self._aspect = stream.sample_aspect_ratio

    def pictures(
        self, longest_px: int, fps: int = clock.FPS, *, first: int = 0, most: int | None = None
    ) -> Iterator[Picture]:
        """Yield the video's pictures at an even rate, upright, sRGB, never enlarged.

        The video is read to its end, so that damage anywhere in it is met, unless whoever
        asks stops asking.

        Args:
            longest_px: longest side of a picture, at most.
            fps: pictures a second; a frame is shown until the next one's time.
            first: number of the first picture that is wanted.
            most: pictures that are wanted; None wants all.

        Raises:
            Refusal: it is damaged, ends too early, or is longer than it said.
        """
        for number, frame in enumerate(self._even(fps)):
            if number >= first and (most is None or number < first + most):
                yield _plain(frame, longest_px, self._aspect)

    def _even(self, fps: int) -> Iterator[VideoFrame]:
        """Yield the frame that is shown at each even time."""
        shown: VideoFrame | None = None
        number = 0
        for at, frame in self._timed():
            while shown is not None and Fraction(number, fps) < at:
                yield shown
                number += 1
            shown = frame
        if shown is None:
            raise Refusal("truncated", kind=self._kind.name)
        yield shown

    def _timed(self) -> Iterator[tuple[Fraction, VideoFrame]]:
        """Yield every frame with its time since the first, in seconds."""
        with self._open() as container:
            stream = self._picture_stream(container)
            stream.codec_context.options = {"err_detect": "explode"}
            start: Fraction | None = None
            count = 0
            for frame in self._decoded(container, stream):
                count += 1
                at = Fraction(0) if frame.pts is None or not frame.time_base else frame.pts * frame.time_base
                start = at if start is None else start
                if frame.width * frame.height > self._limits.pixels:
                    raise Refusal("too_many_pixels", width=frame.width, height=frame.height,
                        limit=self._limits.pixels // 1_000_000)  # fmt: skip
                if count > self._limits.frames:
                    raise Refusal("too_many_frames", limit=self._limits.frames)
                if at - start > self._limits.seconds:
                    raise Refusal("too_long", limit=self._limits.seconds)
                yield at - start, frame
            if count + _TOLERANCE_FRAMES < self.frames_promised:
                raise Refusal("truncated", kind=self._kind.name)

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        try:
            for packet in container.demux(stream):
                if packet.is_corrupt:
                    raise Refusal("truncated", kind=self._kind.name)
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        yield frame
        except (av.FFmpegError, ValueError) as error:
            raise Refusal("broken", kind=self._kind.name) from error

    def _open(self) -> InputContainer:
        self._file.seek(0)
        # Nothing is named, so nothing is opened; and were a name found, no protocol would open it.
        options = {"protocol_whitelist": "none"}
        if self._kind.decoder == "mov":
            options |= {"enable_drefs": "0", "use_absolute_path": "0"}
        try:
            return av.open(self._file, "r", format=self._kind.decoder, options=options)
        except (av.FFmpegError, ValueError) as error:
            raise Refusal("broken", kind=self._kind.name) from error

    def _picture_stream(self, container: InputContainer) -> VideoStream:
        if len(container.streams) > self._limits.streams:
            raise Refusal("too_many_streams", count=len(container.streams), limit=self._limits.streams)
        films = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        if len(films) != 1:
            raise Refusal("no_picture", count=len(films))
        stream = films[0]
        name = stream.codec_context.name if stream.codec_context else "unknown"
        if name not in CODECS:
            raise Refusal("codec", codec=name)
        # Threads cannot be started where this runs.
        stream.codec_context.thread_count = 1
        stream.thread_type = "NONE"
        return stream

    def _check_size(self, stream: VideoStream) -> None:
        width_px, height_px = stream.codec_context.width, stream.codec_context.height
        if width_px * height_px > self._limits.pixels:
            limit = self._limits.pixels // 1_000_000
            raise Refusal("too_many_pixels", width=width_px, height=height_px, limit=limit)
        if min(width_px, height_px) < SHORTEST_PX:
            raise Refusal("too_small", width=width_px, height=height_px, limit=SHORTEST_PX)


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    """Return how long a video says it is; 0 where it does not say."""
    said = [0.0]
    if stream.duration and stream.time_base:
        said.append(float(stream.duration * stream.time_base))
    if container.duration:
        said.append(container.duration / av.time_base)
    return max(said)


def _plain(frame: VideoFrame, longest_px: int, aspect: Fraction | None) -> Picture:
    """Return a frame as an upright BGR picture in sRGB with square pixels.

    Args:
        frame: as decoded.
        longest_px: longest side, at most.
        aspect: width of a pixel over its height; None is square.
    """
    stretch = float(aspect) if aspect and 0.25 <= aspect <= 4 else 1.0
    width_px, height_px = frame.width * stretch, float(frame.height)
    scale = min(1.0, longest_px / max(width_px, height_px))
    matrix = MATRICES.get(int(frame.colorspace))
    if matrix is None:
        matrix = Colorspace.ITU601 if frame.height < _SMALL_HEIGHT_PX else Colorspace.ITU709
    is_full = int(frame.color_range) == FULL_RANGE or frame.format.name.startswith("yuvj")
    plain: Rgb = frame.reformat(
        max(2, round(width_px * scale)),
        max(2, round(height_px * scale)),
        "rgb24",
        src_colorspace=matrix,
        src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation="AREA" if scale < 1 else "BICUBIC",
        threads=1,
    ).to_ndarray().astype(np.uint8, copy=False)
    recolour: Recolour | None = recolour_for(int(frame.color_primaries), int(frame.color_trc))
    if recolour is not None:
        plain = recolour(plain)
    return _turned(np.asarray(cv2.cvtColor(plain, cv2.COLOR_RGB2BGR), np.uint8), _matrix_of(frame))


def _matrix_of(frame: VideoFrame) -> tuple[int, int, int, int]:
    """Return the signs of a frame's display matrix (a, b, c, d of ISO/IEC 14496-12, 8.2.2)."""
    side = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(side, SideData):
        return 1, 0, 0, 1
    numbers = np.frombuffer(bytes(side), "=i4")[:9]
    signs = np.sign(np.where(np.abs(numbers) < 1 << 12, 0, numbers))
    return int(signs[0]), int(signs[1]), int(signs[3]), int(signs[4])


def _turned(picture: Picture, matrix: tuple[int, int, int, int]) -> Picture:
    """Return a picture the way its display matrix shows it, mirrored ones too."""
    a, b, c, d = matrix
    if a == 0 and d == 0 and b and c:
        # Rows become columns: (x, y) is shown at (c * y, b * x).
        picture = np.asarray(cv2.transpose(picture), np.uint8)
        a, d = c, b
    if a < 0:
        picture = np.asarray(cv2.flip(picture, 1), np.uint8)
    if d < 0:
        picture = np.asarray(cv2.flip(picture, 0), np.uint8)
    return np.ascontiguousarray(picture)
