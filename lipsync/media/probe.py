"""A film in, a report of what a player would find in it: decoded whole, not believed.

Used by the demo and by tests. Reads anything the decoder library reads; judges nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.frame import Frame
from av.video.stream import VideoStream

GAP_MS = 1
"""Two frames or packets further apart, or nearer, than this by the clock are reported."""


@dataclass(frozen=True, slots=True)
class MediaReport:
    """What a whole film decoded to."""

    frames: int
    """Decoded pictures."""
    duration_ms: int
    """End of the longer of the two tracks."""
    audio_ms: int
    """End of the sound; 0 without sound."""
    video_end_ms: int
    """End of the last picture; 0 without pictures."""
    gaps: tuple[str, ...]
    """Where times jump or overlap, in words with the place in ms."""
    errors: tuple[str, ...]
    """What the decoders refused, and tracks that are missing."""
    width_px: int = 0
    height_px: int = 0


@dataclass(slots=True)
class _Reading:
    """What one track decoded to."""

    spans: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    """Start and end of every picture or piece of sound, in seconds."""
    errors: list[str] = field(default_factory=list)

    @property
    def end_ms(self) -> int:
        return round(max((end for _, end in self.spans), default=Fraction(0)) * 1000)


def probe(film: Path | str | BinaryIO) -> MediaReport:
    """Decode a whole film and return what is in it.

    Args:
        film: a path, or an open file that can be sought.

    Returns:
        The report; a film that cannot be opened at all is one with an error.
    """
    source = str(film) if isinstance(film, Path) else film
    try:
        with av.open(source, "r") as container:
            video = _read(container, container.streams.video[:1])
            size = container.streams.video[0] if container.streams.video else None
            width, height = (size.width, size.height) if size else (0, 0)
            container.seek(0)
            sound = _read(container, container.streams.audio[:1])
    except (av.FFmpegError, OSError) as error:
        return MediaReport(0, 0, 0, 0, (), (f"cannot be read: {error}",))
    missing = [f"no {name}" for name, track in (("pictures", video), ("sound", sound)) if not track.spans]
    return MediaReport(
        frames=len(video.spans),
        duration_ms=max(video.end_ms, sound.end_ms),
        audio_ms=sound.end_ms,
        video_end_ms=video.end_ms,
        gaps=(*_gaps("pictures", video), *_gaps("sound", sound)),
        errors=(*missing, *video.errors, *sound.errors),
        width_px=width,
        height_px=height,
    )


def _read(container: InputContainer, streams: Sequence[VideoStream | AudioStream]) -> _Reading:
    reading = _Reading()
    for stream in streams:
        # Left to itself the decoder paints over what it cannot read and says nothing.
        stream.codec_context.options = {"err_detect": "explode"}
        for frame in _decoded(container, stream, reading.errors):
            if frame.pts is None or frame.time_base is None:
                reading.errors.append(f"a frame without a time after {reading.end_ms} ms")
                continue
            start = frame.pts * frame.time_base
            reading.spans.append((start, start + _length(frame, stream)))
    return reading


def _length(frame: Frame, stream: VideoStream | AudioStream) -> Fraction:
    """Return how many seconds a frame lasts: a picture by the film's rate, sound by its samples."""
    if isinstance(frame, AudioFrame):
        return Fraction(frame.samples, frame.sample_rate)
    rate = stream.average_rate if isinstance(stream, VideoStream) else None
    return 1 / rate if rate else Fraction(0)


def _decoded(
    container: InputContainer, stream: VideoStream | AudioStream, errors: list[str]
) -> Iterator[Frame]:
    for packet in container.demux(stream):
        try:
            yield from (frame for frame in packet.decode() if isinstance(frame, Frame))
        except av.FFmpegError as error:
            errors.append(f"{stream.type} at {packet.pts}: {error}")


def _gaps(name: str, reading: _Reading) -> Iterator[str]:
    for (_, end), (start, _) in pairwise(reading.spans):
        off = round((start - end) * 1000)
        if abs(off) >= GAP_MS:
            yield f"{name} at {round(end * 1000)} ms: {'gap' if off > 0 else 'overlap'} of {abs(off)} ms"
