"""Streams whose mouths a network paints: taken over, and failing, in mid-stream."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import pytest
from mouth_nets import NetOf, tiny_paints
from stage import Stage

from avatars.database import Database
from avatars.seeding import sample_face
from lipsync.engines.contract import Size
from lipsync.engines.net import Faces, Mels, Mouths, NetFailed, NetPaintedNoNumbers
from lipsync.engines.wav2lip import Wav2LipEngine, Wav2LipPainter
from lipsync.face.track import FaceTrack
from tasks.app import app
from tasks.jobs import SynthesisJob
from tasks.painted_places import PaintedPlaces
from tasks.queue import PAINTED_QUEUE, SYNTHESIS_QUEUE, ring_synthesis
from tasks.synthesis import synthesise


@pytest.fixture
def stage(sqlite_database: Database) -> Stage:
    return Stage(sqlite_database)


@pytest.fixture(autouse=True)
def _bells(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = app.conf.broker_url
    app.conf.broker_url = "memory://"
    with app.connection_for_write() as connection:
        for name in (SYNTHESIS_QUEUE, PAINTED_QUEUE):
            with connection.SimpleQueue(name) as queue:
                queue.clear()
        yield
    app.conf.broker_url = before


def rung(name: str) -> list[str]:
    """Return who is rung for in a queue, and empty it."""
    found = []
    with app.connection_for_write() as connection, connection.SimpleQueue(name) as queue:
        while queue.qsize():
            message = queue.get_nowait()
            message.ack()
            found.append(message.payload[0][0]["utterance_id"])
    return found


def test_a_ring_waits_where_those_listen_who_have_the_engine() -> None:
    ring_synthesis("painted", "wav2lip")
    ring_synthesis("warped", "warp")
    ring_synthesis("unknown")
    assert (rung(PAINTED_QUEUE), rung(SYNTHESIS_QUEUE)) == (["painted"], ["warped", "unknown"])


def test_a_worker_without_the_engine_passes_the_ring_on_and_touches_nothing(stage: Stage) -> None:
    row = stage.post(engine="wav2lip")
    stage.perform(stage.worker(), row)
    assert (rung(PAINTED_QUEUE), rung(SYNTHESIS_QUEUE)) == ([row.id], [])
    assert stage.row(row).state == "queued"
    meta = stage.stream.meta(row.id)
    assert meta is not None
    assert (meta.gen, meta.attempts, meta.owner) == (0, 0, None)


@dataclass
class SamiraOnly:
    """The engine, with one face for every avatar."""

    net: NetOf
    name: str = "wav2lip"

    def prepare(self, face: FaceTrack, size: Size) -> Wav2LipPainter:
        return Wav2LipEngine(self.net).prepare(sample_face("samira"), size)


def pictures(film: bytes) -> list[np.ndarray]:
    with av.open(io.BytesIO(film)) as container:
        return [picture.to_ndarray() for picture in container.decode(video=0)]


def worker(stage: Stage, net: NetOf, name: str = "worker-1", **parts: Any) -> Any:
    parts = {"painted": PaintedPlaces(1), **parts}
    return stage.worker(name, engine=SamiraOnly(net), **parts)  # type: ignore[arg-type]


def test_a_worker_that_takes_over_paints_the_frames_that_the_dead_one_would_have(stage: Stage) -> None:
    one, other = NetOf(), NetOf()
    whole = stage.post(engine="wav2lip", seed=3)
    stage.perform(worker(stage, one), whole)
    cut = stage.post(engine="wav2lip", seed=3)
    stage.killed(cut, 6, engine=SamiraOnly(NetOf()), painted=PaintedPlaces(1))
    stage.perform(worker(stage, other, "worker-2"), cut)
    assert stage.row(cut).state == "done"
    wanted, found = pictures(stage.film(whole)), pictures(stage.film(cut))
    assert len(found) == len(wanted)
    # The encoder is another; what it was given is not.
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(wanted, found, strict=True)) < 1.5
    heard = np.concatenate([mel for mel, _, _ in one.asked])
    again = np.concatenate([mel for mel, _, _ in other.asked])
    assert np.array_equal(heard[-len(again) + 2 :], again[2:])


def test_a_stream_beyond_what_the_network_carries_stays_where_other_workers_see_it(stage: Stage) -> None:
    held, waiting = stage.post(engine="wav2lip"), stage.post(engine="wav2lip")
    places, told, seen = PaintedPlaces(1), [], []
    places.on_change(told.append)

    def rung_meanwhile(mel: Mels, face: Faces) -> Mouths:
        if not seen:
            synthesise(SynthesisJob(waiting.id).to_json())
            meta = stage.stream.meta(waiting.id)
            assert meta is not None
            seen.append((meta.gen, rung(PAINTED_QUEUE), told[-1]))
        return tiny_paints(mel, face)

    station = worker(stage, NetOf(rung_meanwhile), painted=places)
    stage.perform(station, held)
    assert seen == [(0, [waiting.id], False)]
    assert (stage.row(held).state, stage.row(waiting).state, told[-1]) == ("done", "queued", True)
    stage.perform(station, waiting)
    assert stage.row(waiting).state == "done"


def test_frames_go_to_the_network_in_the_order_they_are_due(stage: Stage) -> None:
    net = NetOf()
    stage.perform(worker(stage, net), stage.post(engine="wav2lip"))
    due_s = [due for _, _, due in net.asked]
    assert len(due_s) > 10
    assert due_s == sorted(due_s)
    assert np.isfinite(due_s).all()


def test_nothing_is_published_of_a_chunk_whose_painting_failed_and_another_worker_goes_on(
    stage: Stage,
) -> None:
    row = stage.post(engine="wav2lip")

    def fails_later(mel: Mels, face: Faces) -> Mouths:
        return tiny_paints(mel, face) * np.float32(np.nan if len(broken.asked) == 4 else 1)

    broken, told = NetOf(fails_later), []

    def tell(trouble: NetFailed, sid: str) -> None:
        told.append((type(trouble), stage.stream.meta(sid).owner is not None))  # type: ignore[union-attr]

    stage.perform(worker(stage, broken, net_failed=tell), row)
    # Told while the stream is still held: nobody rings this process for it again.
    assert told == [(NetPaintedNoNumbers, True)]
    meta = stage.stream.meta(row.id)
    assert meta is not None
    assert (len(stage.media(row)), meta.next, meta.owner) == (3, 4, None)
    stage.perform(worker(stage, NetOf(), "worker-2"), row)
    assert stage.row(row).state == "done"


def test_a_stream_that_no_network_paints_ends_as_failed_and_says_so(stage: Stage) -> None:
    row = stage.post(engine="wav2lip")
    nothing = NetOf(lambda mel, face: np.full((len(mel), 3, 96, 96), 0.5, np.float32))
    told: list[NetFailed] = []
    for _ in range(3):
        stage.perform(worker(stage, nothing, net_failed=lambda trouble, _: told.append(trouble)), row)
    assert ["one colour" in str(trouble) for trouble in told] == [True] * 3
    stage.perform(worker(stage, nothing), row)
    assert [chunk.kind for chunk in stage.chunks(row)] == ["failed"]
    assert stage.row(row).error_code == "poison"
