"""A small moving scene with a voice-like sound, and the decoding of what became of it."""

import io
from collections.abc import Iterator, Sequence

import av
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.contract import Size
from lipsync.media.encoder import SegmentEncoder

SIZE = Size(256, 256)
FRAME_SAMPLES = 1920


def scene(first: int, frames: int, size: Size = SIZE) -> Iterator[NDArray[np.uint8]]:
    """Yield a still textured picture with a bar that moves, in one reused array, as a brush does."""
    w, h = size.width_px, size.height_px
    y, x = np.mgrid[0:h, 0:w]
    still = np.full((h * 3 // 2, w), 128, np.uint8)
    still[:h] = 110 + 40 * np.sin(x / 9) * np.cos(y / 13)
    frame = still.copy()
    for number in range(first, first + frames):
        frame[...] = still
        top = h * 5 // 8 + round(8 * np.sin(number * 0.7))
        frame[top : top + 16, w // 3 : w // 2] = 220
        yield frame


def voice(frames: int) -> NDArray[np.int16]:
    """Return a sound whose pitch and loudness glide, so that no two moments of it are alike."""
    t = np.arange(frames * FRAME_SAMPLES) / 48_000
    pitch = 2 * np.pi * (140 * t + 30 * np.sin(1.7 * t))
    loud = 0.6 + 0.4 * np.sin(2 * np.pi * 2.3 * t)
    return (9000 * loud * (np.sin(pitch) + 0.4 * np.sin(7 * pitch))).astype(np.int16)


def chunk_lengths(frames: int) -> list[int]:
    """Return a short first chunk, then chunks of eight frames, and the rest."""
    lengths = [min(5, frames)]
    while sum(lengths) < frames:
        lengths.append(min(8, frames - sum(lengths)))
    return lengths


def encoded(
    sound: NDArray[np.int16], *, takeover: int | None = None, warm_up_frames: int = 2, size: Size = SIZE
) -> tuple[bytes, list[bytes]]:
    """Encode the scene under a sound; from frame `takeover` on, by another encoder."""
    frames = len(sound) // FRAME_SAMPLES
    encoder = SegmentEncoder(size)
    init, segments, at = encoder.init_segment, [], 0
    for length in chunk_lengths(frames):
        if takeover is not None and at >= takeover:
            encoder.close()
            encoder = SegmentEncoder(size, first_frame=at)
            encoder.warm_up(sound[(at - warm_up_frames) * FRAME_SAMPLES : at * FRAME_SAMPLES])
            takeover = None
        under = sound[at * FRAME_SAMPLES : (at + length) * FRAME_SAMPLES]
        segments.append(encoder.encode(scene(at, length, size), under).data)
        at += length
    encoder.close()
    return init, segments


def decoded_pictures(data: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


def decoded_sound(data: bytes) -> tuple[float, NDArray[np.float32]]:
    """Return the time of the first sample in seconds, and the samples from -1 to 1."""
    with av.open(io.BytesIO(data)) as container:
        pieces: Sequence[av.AudioFrame] = list(container.decode(audio=0))
    return pieces[0].time, np.concatenate([piece.to_ndarray().reshape(-1) for piece in pieces])


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    error = np.mean((a.astype(np.float64) - b) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
