"""Sound files of every kind, made by the tests themselves: bursts of a hummed vowel with pauses between.

Nothing of them is speech, but they come and go as speech does, so pauses and levels are known.
"""

import io
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

RATE = 48_000
Sound = NDArray[np.float32]


def hum(seconds: float, *, rate: int = RATE, burst_s: float = 1.0, pause_s: float = 0.4) -> Sound:
    """Return a hum that is there for `burst_s` and gone for `pause_s`, in turn, one channel."""
    at = np.arange(round(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 140 * number * at) / number for number in range(1, 20))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * at)
    there = (at % (burst_s + pause_s)) < burst_s
    return np.asarray(0.15 * voice * syllables * there, np.float32)


def coded(
    sound: Sound, container: str, codec: str, *, rate: int = RATE, layout: str = "mono",
    options: dict[str, str] | None = None,
) -> bytes:  # fmt: skip
    """Return a sound as a file; with several channels, each has it.

    Args:
        sound: one channel.
        container: name of FFmpeg's muxer.
        codec: name of FFmpeg's encoder.
        rate: samples per second of `sound` and of the file.
        layout: of the file's channels.
        options: of the muxer.
    """
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=options or {}) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout=layout)
        # FFmpeg's own encoder of Vorbis calls itself an experiment; it does well enough here.
        stream.codec_context.options = {"strict": "experimental"}
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate)
        channels = len(av.AudioLayout(layout).channels)
        for start in range(0, len(sound), rate):
            piece = np.repeat(sound[start : start + rate], channels).reshape(1, -1)
            frame = AudioFrame.from_ndarray(piece, format="flt", layout=layout)
            frame.sample_rate = rate
            frame.pts = start
            for ready in resampler.resample(frame):
                file.mux(stream.encode(ready))
        for ready in resampler.resample(None):
            file.mux(stream.encode(ready))
        file.mux(stream.encode(None))
    return out.getvalue()


def wav(sound: Sound, **how: Any) -> bytes:
    """Return a WAV, 16 bits unless told otherwise."""
    return coded(sound, "wav", how.pop("codec", "pcm_s16le"), **how)


def with_picture(sound: Sound, container: str = "mp4", codec: str = "aac") -> bytes:
    """Return a video with a sound."""
    return _film(container, codec, sound)


def silent_film() -> bytes:
    """Return a video without a track of sound."""
    return _film("mp4", None, hum(1.0))


def _film(container: str, codec: str | None, sound: Sound) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        picture: Any = file.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        heard: Any = None if codec is None else file.add_stream(codec, rate=RATE, layout="mono")
        for number in range(len(sound) * 25 // RATE):
            frame = av.VideoFrame.from_ndarray(np.full((96, 64), number % 200, np.uint8), format="yuv420p")
            frame.pts = number
            file.mux(picture.encode(frame))
        file.mux(picture.encode(None))
        if heard is not None:
            frame = AudioFrame.from_ndarray(sound.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate = RATE
            frame.pts = 0
            file.mux(heard.encode(frame))
            file.mux(heard.encode(None))
    return out.getvalue()


