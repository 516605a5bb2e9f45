"""The finished files of an utterance: an MP4 with moov in front, and WebVTT.

Built from the parts in storage, never from a worker's memory, so they are whole after
any takeover, and can be built again by any worker if the one that ended the stream dies
before it has built them.
"""

from collections.abc import Iterator

import structlog

from avatars.storage import Storage
from lipsync.media.captions import webvtt
from lipsync.media.mp4 import write_mp4
from tasks.app import app
from tasks.chunks import CaptionWord, Chunk
from tasks.errors import TaskError
from tasks.jobs import SynthesisJob
from tasks.manner import Manner
from tasks.parts import Parts
from tasks.plan import Plan
from tasks.queue import FINISH_FILE
from tasks.station import current_station
from tasks.utterances import Utterances

log = structlog.get_logger(__name__)


class FileIncomplete(TaskError):
    """The parts of this utterance do not reach to its end; its file cannot be built."""

    def __init__(self, sid: str, chunks: int, stored: int) -> None:
        super().__init__(f"utterance {sid} has {chunks} chunks, {stored} of them in storage")
        self.chunks = chunks
        self.stored = stored


@app.task(name=FINISH_FILE, ignore_result=True)  # type: ignore[untyped-decorator]
def finish_file(body: dict[str, object]) -> None:
    """Build the files of an utterance that ended and has none yet."""
    station = current_station()
    finish(SynthesisJob.from_json(body).utterance_id, station.utterances, station.storage)


def finish(sid: str, utterances: Utterances, storage: Storage) -> None:
    """Write the MP4 and the captions, and note them in the row.

    Raises:
        FileIncomplete: the init segment or a chunk is not in storage.
        StorageError: storage does not take them.
    """
    row = utterances.get(sid)
    if row is None or row.chunks is None or row.video_key is not None:
        return
    parts = Parts(storage)
    init = parts.init(sid)
    words, stored = _survey(parts, sid)
    if init is None or stored != row.chunks:
        raise FileIncomplete(sid, row.chunks, stored)
    video_key, captions_key = f"utterances/{sid}/video.mp4", f"utterances/{sid}/captions.vtt"
    with storage.writer(video_key) as out:
        write_mp4(init, lambda: _segments(parts, sid), out)
    manner = Manner.from_json(row.manner)
    shown = manner.script(row.text).shown
    storage.put(captions_key, webvtt(words, shown, row.duration_ms, manner.language).encode())
    utterances.set_files(sid, video_key, captions_key, storage.size_bytes(video_key))
    Plan(storage, sid).forget()
    log.info("files_finished", utterance=sid, chunks=row.chunks)


def _survey(parts: Parts, sid: str) -> tuple[list[CaptionWord], int]:
    """Return the words of the stored media, and the number of its last chunk."""
    words: list[CaptionWord] = []
    last = 0
    for chunk in _media(parts, sid):
        words.extend(chunk.words)
        last = chunk.seq
    return words, last


def _segments(parts: Parts, sid: str) -> Iterator[bytes]:
    return (chunk.payload for chunk in _media(parts, sid))


def _media(parts: Parts, sid: str) -> Iterator[Chunk]:
    for _, message in parts.read_after(sid, 0):
        chunk = Chunk.from_message(message)
        if chunk.kind == "media":
            yield chunk
