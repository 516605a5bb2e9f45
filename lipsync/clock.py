"""Samples, frames and milliseconds; exact or refused.

Time inside the house is integer: samples for sound, frames for pictures. This room
is the only one that converts between them, and it imports nothing but the standard
library, so the front door may use it too.
"""

SAMPLE_RATE = 48_000
"""Samples per second of every sound after `lipsync.speech` (mono)."""

FPS = 25
"""Frames per second of every stream the service makes today."""

CHUNK_FRAMES = 8
"""Frames in a chunk after the first one: 320 ms at 25 fps."""

FIRST_CHUNK_FRAMES = 5
"""Frames in the first chunk, short so that the first picture leaves early."""


class ClockError(ValueError):
    """A time could not be converted exactly."""


class UnevenClock(ClockError):
    """The frame rate does not divide the sample rate; choose one that does."""

    def __init__(self, fps: int) -> None:
        super().__init__(f"{fps} frames per second do not divide {SAMPLE_RATE} samples per second")
        self.fps = fps


def samples_per_frame(fps: int = FPS) -> int:
    """Return the samples under one frame.

    Raises:
        UnevenClock: fps is not positive or does not divide the sample rate.
    """
    if fps <= 0 or SAMPLE_RATE % fps:
        raise UnevenClock(fps)
    return SAMPLE_RATE // fps


def frames_covering(samples: int, fps: int = FPS) -> int:
    """Return how many frames cover `samples`, the last one perhaps in part (ceil)."""
    return -(-samples // samples_per_frame(fps))


def frame_of(samples: int, fps: int = FPS) -> int:
    """Return the frame that is on screen at a sample position (floor)."""
    return samples // samples_per_frame(fps)


def frames_to_samples(frames: int, fps: int = FPS) -> int:
    """Return the first sample of a frame; also the length of that many frames."""
    return frames * samples_per_frame(fps)


def frames_to_ms(frames: int, fps: int = FPS) -> int:
    """Return a frame position in whole milliseconds, floored; for the wire only."""
    return frames * 1000 // fps


def ms_to_frames(milliseconds: int, fps: int = FPS) -> int:
    """Return how many frames cover whole milliseconds (ceil); undoes `frames_to_ms`."""
    return -(-milliseconds * fps // 1000)


def samples_to_ms(samples: int) -> int:
    """Return a sample position in whole milliseconds, floored; for the wire only."""
    return samples * 1000 // SAMPLE_RATE


def samples_to_ms_ceil(samples: int) -> int:
    """Return a sample position in whole milliseconds, ceiled; for ends on the wire."""
    return -(-samples * 1000 // SAMPLE_RATE)


def ms_to_samples(milliseconds: int) -> int:
    """Return whole milliseconds as samples; exact, since 48 samples make one."""
    return milliseconds * (SAMPLE_RATE // 1000)
