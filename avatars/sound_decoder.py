"""An uploaded file's sound becomes one channel at 48 kHz, piece by piece, however it was coded.

An open file of a known kind in, float32 pieces out. As with video, the container's format is
forced and the bytes come from an open file, so the decoder library has no name to open. Channels
are mixed by FFmpeg's matrix for their layout (ITU-R BS.775: the centre whole, the sides 3 dB
down, no LFE). Pictures in the file are not decoded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from avatars.intake_refusals import Refusal
from avatars.sound_format import FLAC, MP3, WAV, SoundKind, counts_its_frames
from lipsync.clock import SAMPLE_RATE

CODECS: Final = frozenset(
    {
        "mp3", "mp3float", "aac", "vorbis", "opus", "libopus", "flac", "alac", "adpcm_ms", "adpcm_ima_wav",
        "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le",
        "pcm_f64le", "pcm_alaw", "pcm_mulaw",
    }
)  # fmt: skip
"""Decoders that are used; the library has hundreds, and few are as well tried."""

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 384_000
MOST_CHANNELS: Final = 16
_LOST_AT_ENDS: Final = 2
"""Packets at the very beginning or end that may fail: of an MP3 that was cut out of another, the
first needs bits of those before it, and what taggers write behind the last looks like one."""
_LACKING_S: Final = 1.0
"""How much less than a file says may come of it; frames at the end are counted in other ways."""

_EXACT_S: Final = 0.02
"""The same where samples are counted."""
_STRICT: Final = {"err_detect": "crccheck+explode"}
"""Damage is told; a decoder left to itself makes something up for it."""

Piece = NDArray[np.float32]
"""One channel at 48 kHz, full scale 1, shape (samples,)."""


@dataclass(frozen=True, slots=True)
class SoundLimits:
    """What a file of sound may have."""

    seconds: int
    streams: int


class SoundFile:
    """The sound of one uploaded file, read from front to back as often as is asked for.

    Args:
        file: open and seekable; belongs to the sound from now on.
        kind: what `recognise_sound` said.
        limits: what it may have.

    Raises:
        Refusal: it says that it is too long; too many tracks, no sound, an unknown codec, rate
            or layout, or broken.
    """

    def __init__(self, file: BinaryIO, kind: SoundKind, limits: SoundLimits) -> None:
        self._file, self._kind, self._limits = file, kind, limits
        is_guess = kind is MP3 and not counts_its_frames(file)
        with self._open() as container:
            stream = self._sound_stream(container)
            told_s = _told_s(container, stream)
            # A guess goes by the first frames' bit rate, which may be a quarter of the others'.
            if told_s > limits.seconds * (4 if is_guess else 1) + _LACKING_S:
                raise Refusal("too_long", limit=limits.seconds // 60)
            self.codec = stream.codec_context.name
            self.rate = stream.codec_context.sample_rate
            self.channels = stream.codec_context.channels
        self.promised_s = 0.0 if is_guess else told_s
        """How long it says it is; 0 where it does not say."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the sound.

        Raises:
            Refusal: it is damaged, ends too early, or lasts longer than it may.
        """
        most = self._limits.seconds * SAMPLE_RATE
        given = 0
        for piece in self._mixed():
            given += len(piece)
            if given > most:
                raise Refusal("too_long", limit=self._limits.seconds // 60)
            if not np.isfinite(piece).all():
                raise Refusal("broken", kind=self._kind.name)
            yield piece
        if not given:
            raise Refusal("no_length", kind=self._kind.name)
        lacking_s = _EXACT_S if self._kind in (WAV, FLAC) else _LACKING_S + 0.02 * self.promised_s
        if given / SAMPLE_RATE < self.promised_s - lacking_s:
            raise Refusal("truncated", kind=self._kind.name)

    def _mixed(self) -> Iterator[Piece]:
        mixer: AudioResampler | None = None
        shape: tuple[str, str, int] | None = None
        for frame in self._decoded():
            now = frame.format.name, frame.layout.name, frame.sample_rate
            if mixer is None or now != shape:
                if mixer is not None:
                    yield from self._through(mixer, None)
                mixer, shape = AudioResampler("flt", "mono", SAMPLE_RATE), now
            # Times are of no account: what was recorded stands behind one another.
            frame.pts = None
            yield from self._through(mixer, frame)
        if mixer is not None:
            yield from self._through(mixer, None)

    def _through(self, mixer: AudioResampler, frame: AudioFrame | None) -> Iterator[Piece]:
        try:
            for made in mixer.resample(frame):
                if made.samples:
                    yield made.to_ndarray().reshape(-1).astype(np.float32, copy=False)
        except (av.FFmpegError, ValueError) as error:
            raise Refusal("broken", kind=self._kind.name) from error

    def _decoded(self) -> Iterator[AudioFrame]:
        with self._open() as container:
            stream = self._sound_stream(container)
            heard, lost = False, 0
            for packet in self._packets(container, stream):
                try:
                    frames = packet.decode()
                except (av.FFmpegError, ValueError) as error:
                    lost += 1
                    if lost > _LOST_AT_ENDS:
                        raise Refusal("broken", kind=self._kind.name) from error
                    continue
                for frame in frames:
                    if not isinstance(frame, AudioFrame):
                        continue
                    if heard and lost:
                        raise Refusal("broken", kind=self._kind.name)
                    heard, lost = True, 0
                    self._check(frame.sample_rate, len(frame.layout.channels))
                    yield frame

    def _packets(self, container: InputContainer, stream: AudioStream) -> "Iterator[Packet[AudioStream]]":
        try:
            yield from container.demux(stream)
        except (av.FFmpegError, ValueError) as error:
            raise Refusal("broken", kind=self._kind.name) from error

    def _open(self) -> InputContainer:
        self._file.seek(0)
        # Nothing is named, so nothing is opened; and were a name found, no protocol would open it.
        options = {"protocol_whitelist": "none", **_STRICT}
        if self._kind.decoder == "mov":
            options |= {"enable_drefs": "0", "use_absolute_path": "0"}
        try:
            return av.open(self._file, "r", format=self._kind.decoder, options=options)
        except (av.FFmpegError, ValueError) as error:
            raise Refusal("broken", kind=self._kind.name) from error

    def _sound_stream(self, container: InputContainer) -> AudioStream:
        if len(container.streams) > self._limits.streams:
            raise Refusal("too_many_streams", count=len(container.streams), limit=self._limits.streams)
        if not container.streams.audio:
            raise Refusal("no_sound", kind=self._kind.name)
        stream = container.streams.audio[0]
        codec = stream.codec_context
        if codec is None or codec.name not in CODECS:
            raise Refusal("codec", codec="unknown" if codec is None else codec.name)
        self._check(codec.sample_rate, codec.channels)
        # Threads cannot be started where this runs.
        codec.thread_count = 1
        codec.thread_type = "NONE"
        codec.options = dict(_STRICT)
        return stream

    def _check(self, rate: int, channels: int) -> None:
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise Refusal("rate", rate=rate, least=LOWEST_RATE, most=HIGHEST_RATE)
        if not 1 <= channels <= MOST_CHANNELS:
            raise Refusal("channels", count=channels, limit=MOST_CHANNELS)


def _told_s(container: InputContainer, stream: AudioStream) -> float:
    """Return how long the sound is said to be; 0 where it is not said."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration and not container.streams.video else 0.0
