"""Frames and sound in, segments out: the persistent encoders of one stream.

Between lipsync.pipeline and the chunks. One H.264 encoder (libx264) and one Opus encoder
(libopus) stay open for the whole stream: new ones for every chunk would garble the sound at
each border. Neither looks ahead in pictures, so a segment is complete the moment its frames are.
Knows nothing of chunks, positions or viewers; one thread at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from lipsync import clock
from lipsync.media.boxes import PACKET_SAMPLES, SoundTrack, VideoTrack, read_avc_configuration
from lipsync.media.segments import StreamTracks, init_segment, media_segment

CRF = 23
"""Constant rate factor of libx264; smaller is sharper and larger. Still parts keep 42 dB at 23."""

LARGE_CRF = 26
LARGE_PX = 640 * 640
"""Factor of pictures with more pixels: still parts keep 40 dB, in a third fewer bytes."""

SOUND_BITS_PER_SECOND = 64_000

WARM_UP_FRAMES = 2
"""Frames of earlier sound (80 ms at 25 fps) after which a fresh Opus encoder joins without a jump."""

_BT709 = 1
_LIMITED_RANGE = 1
_SEI = 6
"""NAL unit type of supplemental information; x264 signs its first frame with one of 600 bytes."""


class EncoderError(ValueError):
    """The encoder was given what it cannot encode."""


class WrongFrame(EncoderError):
    """A frame is not I420 of the stream's size; paint it at the size the encoder was opened with."""

    def __init__(self, frame: NDArray[np.uint8], shape: tuple[int, int]) -> None:
        super().__init__(f"frame of {frame.dtype} {frame.shape}; wanted uint8 {shape}")


class WrongSound(EncoderError):
    """The sound is not exactly as long as the frames; pad it with silence to the frame."""

    def __init__(self, sound: NDArray[np.int16], samples: int) -> None:
        super().__init__(f"sound of {sound.dtype} {sound.shape}; wanted int16 ({samples},)")


class UnevenPackets(EncoderError):
    """Opus packets of 20 ms do not fill a frame at this rate; 25 and 50 fps work."""

    def __init__(self, fps: int) -> None:
        super().__init__(f"{fps} frames per second: a frame is not a whole number of 20 ms packets")


class WarmUpLate(EncoderError):
    """Sound from before the first frame came after it; warm up before encoding."""


class EncoderClosed(EncoderError):
    """The encoder is closed; open another with the next frame's number."""


class PictureSize(Protocol):
    """Width and height in pixels, both even (`lipsync.engines.contract.Size`)."""

    @property
    def width_px(self) -> int:
        """Width in pixels."""
        ...

    @property
    def height_px(self) -> int:
        """Height in pixels."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A media segment and where it belongs."""

    data: bytes
    """One `moof` and one `mdat`."""
    first_frame: int
    """Number of its first frame since the stream began."""
    frames: int
    key: bool
    """Whether a viewer may start here: the first frame is an IDR picture."""


class SegmentEncoder:
    """The encoders of one stream.

    Args:
        size: size of the frames; even numbers.
        fps: frames per second; 20 ms packets must fill a frame.
        first_frame: number of the first frame that will be given; above 0 after a takeover.
        crf: constant rate factor of libx264; None takes `CRF` or, for large pictures, `LARGE_CRF`.

    Raises:
        UnevenClock: fps does not divide the sample rate.
        UnevenPackets: a frame is not a whole number of packets.
    """

    def __init__(
        self, size: PictureSize, fps: int = clock.FPS, first_frame: int = 0, *, crf: int | None = None
    ) -> None:
        if clock.samples_per_frame(fps) % PACKET_SAMPLES:
            raise UnevenPackets(fps)
        if crf is None:
            crf = LARGE_CRF if size.width_px * size.height_px > LARGE_PX else CRF
        self.fps = fps
        self.next_frame = first_frame
        self._fresh = True
        self._pictures: VideoCodecContext | None = _open_pictures(size, fps, crf)
        self._sound: AudioCodecContext | None = _open_sound()
        self._shape = (size.height_px * 3 // 2, size.width_px)
        self._canvas = _Canvas(size)
        self._heard_samples = 0
        sps, pps = read_avc_configuration(self._pictures.extradata or b"")
        tracks = StreamTracks(
            VideoTrack(size.width_px, size.height_px, fps, sps, pps),
            SoundTrack(_pre_skip_samples(self._sound.extradata or b"")),
        )
        self.init_segment = init_segment(tracks)
        self.mime = tracks.mime

    def warm_up(self, sound_before: NDArray[np.int16]) -> None:
        """Let the Opus encoder hear what came just before the first frame.

        A successor that starts cold puts a jump of more than the stream's peak at the seam; after
        `WARM_UP_FRAMES` frames of the earlier sound it does not.

        Args:
            sound_before: the last samples before the first frame, int16, whole packets of 960.

        Raises:
            WarmUpLate: something was encoded already.
            WrongSound: it is not int16, or not whole packets.
        """
        if not self._fresh:
            raise WarmUpLate(f"frame {self.next_frame} is next")
        whole = len(sound_before) // PACKET_SAMPLES * PACKET_SAMPLES
        self._encode_sound(sound_before, whole)

    def encode(
        self, frames: Iterable[NDArray[np.uint8]], sound: NDArray[np.int16], *, key: bool = True
    ) -> Segment:
        """Encode the next frames and the sound under them.

        After an error, its own or one of `frames`, the encoder has lost its place: open another.

        Args:
            frames: I420 pictures, uint8, shape (height * 3 // 2, width); an array may be
                reused for the next frame as soon as that one is asked for.
            sound: int16, shape (samples,), exactly as long as the frames.
            key: whether the first frame is an IDR picture, at which a viewer can join.

        Raises:
            WrongFrame: a frame has another shape or type.
            WrongSound: the sound is longer or shorter than the frames, or there are none.
            EncoderClosed: `close` was called.
        """
        if self._pictures is None:
            raise EncoderClosed(f"frame {self.next_frame} came after close")
        self._fresh = False
        coded: list[bytes] = []
        for frame in frames:
            if frame.shape != self._shape or frame.dtype != np.uint8:
                raise WrongFrame(frame, self._shape)
            picture = self._canvas.show(frame, self.next_frame + len(coded), key=key and not coded)
            coded.append(b"".join(bytes(packet) for packet in self._pictures.encode(picture)))
        packets = self._encode_sound(sound, clock.frames_to_samples(len(coded), self.fps))
        if not coded:
            raise WrongSound(sound, 0)
        first_frame = self.next_frame
        self.next_frame += len(coded)
        coded[0] = _without_sei(coded[0])
        data = media_segment(first_frame, self.fps, coded, packets, key=key)
        return Segment(data, first_frame, len(coded), key)

    def close(self) -> None:
        """Let the encoders go; what was encoded is complete already. May be called twice."""
        self._pictures = None
        self._sound = None

    def _encode_sound(self, sound: NDArray[np.int16], samples: int) -> list[bytes]:
        if self._sound is None:
            raise EncoderClosed(f"sound for frame {self.next_frame} came after close")
        if sound.dtype != np.int16 or sound.shape != (samples,):
            raise WrongSound(sound, samples)
        packets: list[bytes] = []
        for piece in np.ascontiguousarray(sound).reshape(-1, 1, PACKET_SAMPLES):
            heard = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
            heard.sample_rate = clock.SAMPLE_RATE
            heard.pts = self._heard_samples
            self._heard_samples += PACKET_SAMPLES
            packets += [bytes(packet) for packet in self._sound.encode(heard)]
        return packets


class _Canvas:
    """The one picture that is handed to the encoder again and again.

    Its planes are written row by row, since the library pads rows to its own alignment; its own
    array constructor misplaces the colours of heights that 4 does not divide.
    """

    def __init__(self, size: PictureSize) -> None:
        self._picture = av.VideoFrame(size.width_px, size.height_px, "yuv420p")
        self._picture.colorspace = _BT709
        self._picture.color_range = _LIMITED_RANGE
        planes = self._picture.planes
        rows = (np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size) for plane in planes)
        self._planes = [row[: p.height, : p.width] for row, p in zip(rows, planes, strict=True)]

    def show(self, frame: NDArray[np.uint8], number: int, *, key: bool) -> av.VideoFrame:
        """Return the picture with a frame on it; it holds until the next call."""
        flat, at = frame.reshape(-1), 0
        for plane in self._planes:
            plane[...] = flat[at : at + plane.size].reshape(plane.shape)
            at += plane.size
        self._picture.pts = number
        self._picture.pict_type = PictureType.I if key else PictureType.NONE
        return self._picture


def _open_pictures(size: PictureSize, fps: int, crf: int) -> VideoCodecContext:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = size.width_px, size.height_px, "yuv420p"
    context.framerate, context.time_base = Fraction(fps), Fraction(1, fps)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    context.thread_count = 1
    context.flags |= Flags.global_header
    context.options = {
        "preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "crf": str(crf),
        "forced-idr": "1", "x264-params": "keyint=infinite:scenecut=0:annexb=0",
    }  # fmt: skip
    context.open()
    return context


def _open_sound() -> AudioCodecContext:
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = clock.SAMPLE_RATE, "mono", "s16"
    context.bit_rate = SOUND_BITS_PER_SECOND
    # The speech mode of libopus switches coders with the sound, and a takeover at a switch is a
    # jump of three times the loudest step; without it the wave comes out truer and at half the
    # cost. Told of losses, the encoder leans less on earlier packets, so that a viewer who joins
    # late, and a successor, agree with it within a few packets.
    # The least search costs 0.4 dB and saves 0.15 ms a frame.
    context.options = {
        "application": "lowdelay", "packet_loss": "5", "frame_duration": "20", "compression_level": "0",
    }  # fmt: skip
    context.open()
    return context


def _pre_skip_samples(opus_head: bytes) -> int:
    """Return the pre-skip of an `OpusHead` (RFC 7845, 5.1)."""
    return int.from_bytes(opus_head[10:12], "little")


def _without_sei(frame: bytes) -> bytes:
    """Return a coded frame without the supplemental NAL units before its slices."""
    at = 0
    while frame[at + 4] & 31 == _SEI:
        at += 4 + int.from_bytes(frame[at : at + 4], "big")
    return frame[at:]
