"""What an utterance will sound like, kept before any of it is shown.

A voice need not say the same thing the same way twice, so the sound of a sentence and
its spans go to storage before the first chunk drawn from them is published; a worker
that takes the stream over uses them as they are. Arrays are .npz without pickle, with a
version and a checksum.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np

from avatars.storage import Storage
from lipsync.speech.spans import Mark, PhonemeSpan, SpeechBuffer, WordSpan

PLAN_VERSION: Final = 1


class PlanBroken(Exception):
    """A kept stretch of speech does not read back as it was written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands: in the text, and in the stream."""

    text_start: int
    text_end: int
    first_frame: int


@dataclass(frozen=True, slots=True)
class KeptBuffer:
    """One stretch of one sentence's speech, as it was kept."""

    sentence: int
    part: int
    buffer: SpeechBuffer
    place: Place | None = None
    """None where a build that split whole texts alone has kept it."""


class Plan:
    """The kept speech of one utterance.

    Args:
        storage: where it is kept.
        sid: the utterance.
        gen: of the claim under which this worker keeps.
    """

    def __init__(self, storage: Storage, sid: str, gen: int = 0) -> None:
        self._storage = storage
        self._prefix = f"utterances/{sid}/plan/"
        self._gen = gen

    def keep(self, sentence: int, part: int, buffer: SpeechBuffer, place: Place | None = None) -> None:
        """Keep a stretch; must return before a chunk drawn from it is published.

        Not fsynced: a power cut takes the log with it, and the speech is made again.
        """
        key = f"{self._prefix}{sentence:05d}-{part:03d}-{self._gen}.npz"
        self._storage.put(key, _pack(sentence, part, buffer, place), durable=False)

    def kept(self) -> Iterator[KeptBuffer]:
        """Yield what is kept, in order of sentence and part.

        A worker that was taken for dead may keep something after its successor has gone on
        otherwise: of one stretch the latest claim's counts, and nothing of an earlier claim
        follows what a later one has kept.

        Raises:
            PlanBroken: a stretch has another version, or its checksum does not fit.
        """
        latest: dict[tuple[int, int], tuple[int, str]] = {}
        for key in self._storage.keys(self._prefix):
            sentence, part, gen = _numbers(key)
            latest[sentence, part] = max(latest.get((sentence, part), (-1, "")), (gen, key))
        newest = -1
        for _, (gen, key) in sorted(latest.items()):
            if gen < newest:
                return
            newest = gen
            yield _unpack(self._storage.get(key))

    def forget(self) -> None:
        """Remove what was kept; called once the finished file is in place."""
        self._storage.delete_all(self._prefix)


def _numbers(key: str) -> tuple[int, int, int]:
    """Return sentence, part and generation; before text could be appended, keys had no third."""
    name = key.rpartition("/")[2].partition(".")[0]
    sentence, part, *gen = (int(number) for number in name.split("-"))
    return sentence, part, gen[0] if gen else 0


def _pack(sentence: int, part: int, buffer: SpeechBuffer, place: Place | None) -> bytes:
    spans = json.dumps(
        {
            "place": None if place is None else astuple(place),
            "sentence": sentence,
            "part": part,
            "last": buffer.last,
            "phonemes": [[p.symbol, p.start_samples, p.end_samples] for p in buffer.phonemes],
            "words": [[w.text_start, w.text_end, w.start_samples, w.end_samples] for w in buffer.words],
            "marks": [[m.name, m.at_samples] for m in buffer.marks],
        }
    ).encode()
    digest = hashlib.sha256(buffer.sound.tobytes() + spans).digest()
    out = io.BytesIO()
    np.savez(
        out,
        version=np.int64(PLAN_VERSION),
        sound=buffer.sound,
        spans=np.frombuffer(spans, np.uint8),
        sha256=np.frombuffer(digest, np.uint8),
    )
    return out.getvalue()


def _unpack(data: bytes) -> KeptBuffer:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            version, sound = int(arrays["version"]), arrays["sound"]
            spans, digest = arrays["spans"].tobytes(), arrays["sha256"].tobytes()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise PlanBroken("kept speech cannot be read") from error
    if version != PLAN_VERSION:
        raise PlanBroken(f"kept speech of version {version}; known: {PLAN_VERSION}")
    if hashlib.sha256(sound.tobytes() + spans).digest() != digest:
        raise PlanBroken("kept speech does not fit its checksum")
    read = json.loads(spans)
    buffer = SpeechBuffer(
        sound=sound,
        phonemes=tuple(PhonemeSpan(*row) for row in read["phonemes"]),
        words=tuple(WordSpan(*row) for row in read["words"]),
        last=read["last"],
        # Speech that an older build kept has none.
        marks=tuple(Mark(*row) for row in read.get("marks", ())),
    )
    place = read.get("place")
    return KeptBuffer(read["sentence"], read["part"], buffer, None if place is None else Place(*place))
