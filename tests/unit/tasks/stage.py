"""A worker without a machine under it: a voice of tones, an engine of one colour, all in memory.

The rooms under test are the true ones; what stands in for eSpeak and for a face is small
and exact, so that every sample and every picture of a stream is known beforehand.
"""

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatars.database import Avatar, Database
from avatars.storage_memory import MemoryStorage
from lipsync import clock
from lipsync.engines.contract import WHENEVER, Drive, Frame, Size
from lipsync.face.track import FaceTrack
from lipsync.speech.errors import UnknownVoice
from lipsync.speech.sentence import one_run
from lipsync.speech.spans import PhonemeSpan, SpeechBuffer, Voice, WordSpan
from lipsync.text.prosody import PLAIN, Prosody
from monitoring.metrics_collector import WorkerMetrics
from tasks.chunks import Chunk
from tasks.jobs import SynthesisJob
from tasks.leases import Leases
from tasks.parts import Parts
from tasks.plan import Plan
from tasks.speaking import RunsOf
from tasks.station import Station, open_station
from tasks.stream import ChunkStream
from tasks.stream_memory import MemoryChunkStream
from tasks.synthesis import synthesise
from tasks.utterances import NewUtterance, UtteranceRow, Utterances
from workers.engine import Engine
from workers.gate import DeadlineGate

SIZE = Size(256, 256)
TEXT = "one two three four five. six seven eight nine ten. eleven twelve thirteen fourteen."
WORDS = TEXT.split()
WORD_SAMPLES = clock.ms_to_samples(330)
EPOCH = "epoch-of-this-row"


class ProcessDeath(BaseException):
    """As a SIGKILL is to a process: no handler of the code under test may run after it."""


@dataclass
class ToneVoice:
    """Says every word as a gliding tone of 330 ms, one buffer a word; the same every time."""

    name: str = "tone"
    language: str = "en"
    gain_db: float = 0.0
    spoken: list[str] = field(default_factory=list)
    """The sentences asked for, in order."""
    ways: list[Prosody] = field(default_factory=list)
    """How each of them was asked for."""
    before_buffer: Callable[[int], None] = lambda _: None
    """Called with the number of the buffer, over all sentences, before it is given."""
    buffers: int = 0

    def gain_at_db(self, prosody: Prosody) -> float:
        """See Voice."""
        return self.gain_db

    def speak(self, text: str, seed: int, prosody: Prosody = PLAIN) -> Iterator[SpeechBuffer]:
        """See Voice."""
        self.spoken.append(text)
        self.ways.append(prosody)
        words = text.split()
        at = 0
        for number, word in enumerate(words):
            self.buffers += 1
            self.before_buffer(self.buffers)
            start = text.index(word, at)
            at = start + len(word)
            low, high = number * WORD_SAMPLES, (number + 1) * WORD_SAMPLES
            middle = (low + high) // 2
            yield SpeechBuffer(
                self._tone(low, seed),
                (PhonemeSpan("b", low, middle), PhonemeSpan("a", middle, high)),
                (WordSpan(start, at, low, high),),
                last=number == len(words) - 1,
            )

    def _tone(self, low: int, seed: int) -> NDArray[np.int16]:
        t = np.arange(low, low + WORD_SAMPLES) / clock.SAMPLE_RATE
        return (8000 * np.sin(2 * np.pi * ((170 + seed % 7) * t + 20 * np.sin(2.1 * t)))).astype(np.int16)


class WanderingVoice(ToneVoice):
    """Says the same sentence otherwise each time, as some voices do."""

    def _tone(self, low: int, seed: int) -> NDArray[np.int16]:
        return super()._tone(low, seed + len(self.spoken))


def in_one_run(voice: Voice) -> RunsOf:
    """Let a voice say every sentence whole."""
    return lambda sentence: (one_run(voice, sentence),)


class OneVoice:
    """The voices of a worker that has one."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def get(self, name: str) -> Voice:
        """Return it. Raises UnknownVoice."""
        if name != self._voice.name:
            raise UnknownVoice(name, [self._voice.name])
        return self._voice

    def beside(self, voice: Voice, language: str) -> Voice:
        """Return it for its own language. Raises UnknownVoice."""
        if language != voice.language:
            raise UnknownVoice(language, [voice.language])
        return voice


def brightness(frame: int) -> int:
    """Return the brightness of a frame that `ColourEngine` paints."""
    return 40 + frame * 7 % 160


@dataclass
class ColourEngine:
    """Paints each frame in one brightness that tells its number."""

    name: str = "colour"
    before_frame: Callable[[int], None] = lambda _: None

    def prepare(self, face: FaceTrack, size: Size) -> "ColourPainter":
        """See Engine."""
        return ColourPainter(self, size)


@dataclass
class ColourPainter:
    """See Painter."""

    engine: ColourEngine
    size: Size
    memory_bytes: int = 1

    def start(self, seed: int) -> "ColourPainter":
        """Return itself as the brush: it holds nothing of a stream."""
        return self

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        """See Brush."""

    def paint(self, drive: Drive) -> Iterator[Frame]:
        """See Brush."""
        picture = np.full((self.size.height_px * 3 // 2, self.size.width_px), 128, np.uint8)
        for number in range(drive.first_frame, drive.first_frame + drive.frames):
            self.engine.before_frame(number)
            picture[: self.size.height_px] = brightness(number)
            yield picture


class FaultyStream:
    """A stream whose calls may be struck, before or after they have done their work."""

    def __init__(self, stream: ChunkStream) -> None:
        self._stream = stream
        self.before: Callable[[str, tuple[Any, ...]], None] = lambda *_: None
        self.after: Callable[[str, tuple[Any, ...]], None] = lambda *_: None
        self.published: list[Chunk] = []
        """Chunks that were sent here, however they were answered."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._stream, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.before(name, args)
            if name == "publish":
                self.published.append(args[1])
            answer = method(*args, **kwargs)
            self.after(name, args)
            return answer

        return call

    def dies_after(self, seq: int) -> None:
        """From when chunk `seq` has been appended, nothing is heard of this process."""
        dead = threading.Event()

        def before(_: str, __: tuple[Any, ...]) -> None:
            if dead.is_set():
                raise ProcessDeath

        def after(name: str, args: tuple[Any, ...]) -> None:
            if name == "publish" and args[1].seq == seq:
                dead.set()
                raise ProcessDeath

        self.before, self.after = before, after


class Stage:
    """Rows, storage and a stream; workers come and go."""

    def __init__(self, database: Database) -> None:
        now = datetime.now(UTC)
        with database.transaction() as db:
            db.add(
                Avatar(
                    id="grey", owner="house", title_fa="-", title_en="-", voice="tone", engine="colour",
                    state="ready", version=1, created_at=now, updated_at=now,
                )
            )  # fmt: skip
        self.utterances = Utterances(database)
        self.storage = MemoryStorage()
        self.stream = MemoryChunkStream()

    def post(self, text: str = TEXT, **changed: Any) -> UtteranceRow:
        """Write a row and make its stream, as the front door does."""
        asked: dict[str, Any] = {
            "owner": "ali", "avatar_id": "grey", "avatar_version": 1, "voice": "tone", "engine": "colour",
            "text": text, "width_px": 256, "height_px": 256, "fps": 25, "captions": True, "seed": 5,
            "epoch": EPOCH, **changed,
        }  # fmt: skip
        row = self.utterances.create(NewUtterance(**asked))
        self.stream.create(row.id, EPOCH)
        return row

    def worker(
        self,
        name: str = "worker-1",
        *,
        stream: Any = None,
        voice: Voice | None = None,
        engine: ColourEngine | None = None,
        ahead_s: float = 1000.0,
        **others: Any,
    ) -> Station:
        """Return a warm worker; one that is `ahead_s` ahead waits for the playhead."""
        owner = f"{name}:1-boot"
        drawing = engine or ColourEngine()
        warm = Engine(
            owner, OneVoice(voice or ToneVoice()), {drawing.name: drawing},
            lambda *_: FaceTrack((), ()), DeadlineGate(),
        )  # fmt: skip
        chosen = stream or self.stream
        return Station(
            engine=warm, stream=chosen, utterances=self.utterances, storage=self.storage,
            leases=Leases(chosen, owner, lambda _: None), metrics=WorkerMetrics(), ahead_s=ahead_s,
            begun_s=0.0, **others,
        )  # fmt: skip

    def perform(self, station: Station, row: UtteranceRow) -> None:
        """Let a worker answer the doorbell."""
        open_station(station)
        synthesise(SynthesisJob(row.id).to_json())

    def killed(self, row: UtteranceRow, after: int, name: str = "worker-1", **parts: Any) -> None:
        """Let a worker begin and die after a chunk; what it held is given back by the supervisor."""
        faulty = FaultyStream(self.stream)
        faulty.dies_after(after)
        try:
            self.perform(self.worker(name, stream=faulty, **parts), row)
        except ProcessDeath:
            self.stream.release_owner(f"{name}:")
            return
        raise AssertionError(f"chunk {after} was never published")

    def chunks(self, row: UtteranceRow) -> list[Chunk]:
        """Return everything a viewer from the start would have been sent."""
        return [Chunk.from_message(message) for _, message in self.stream.read(row.id, 0, count=10_000)]

    def media(self, row: UtteranceRow) -> list[Chunk]:
        """Return the media among it."""
        return [chunk for chunk in self.chunks(row) if chunk.kind == "media"]

    def row(self, row: UtteranceRow) -> UtteranceRow:
        """Return a row as it is now."""
        found = self.utterances.get(row.id)
        assert found is not None
        return found

    def parts(self) -> Parts:
        """Return the stored chunks."""
        return Parts(self.storage)

    def plan(self, row: UtteranceRow) -> Plan:
        """Return the kept speech."""
        return Plan(self.storage, row.id)

    def film(self, row: UtteranceRow) -> bytes:
        """Return what a player is fed: the init segment and all media."""
        meta = self.stream.meta(row.id)
        assert meta is not None
        assert meta.init is not None
        return meta.init + b"".join(chunk.payload for chunk in self.media(row))

    def loses_last(self, row: UtteranceRow, chunks: int) -> None:
        """As when Redis comes back without its last writes."""
        kept = self.stream._streams[row.id]
        for _ in range(chunks):
            kept.next -= 1
            del kept.log[kept.next]

    def loses_all(self, row: UtteranceRow) -> None:
        """As when Redis comes back without this stream."""
        del self.stream._streams[row.id]


def sound_of(film: bytes) -> NDArray[np.float32]:
    """Return the decoded sound, -1 to 1."""
    with av.open(io.BytesIO(film)) as container:
        return np.concatenate([piece.to_ndarray().reshape(-1) for piece in container.decode(audio=0)])


def brightness_of(film: bytes) -> list[int]:
    """Return the brightness of each decoded picture."""
    with av.open(io.BytesIO(film)) as container:
        return [
            round(float(picture.to_ndarray()[: picture.height].mean()))
            for picture in container.decode(video=0)
        ]


def largest_step(sound: NDArray[np.float32]) -> float:
    """Return the largest jump between two neighbouring samples."""
    return float(np.abs(np.diff(sound)).max())
