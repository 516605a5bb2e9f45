"""What a Celery worker process starts: `celery -A tasks.worker worker -P threads`.

Hooks workers.boot and the station to Celery's signals, serves the process's own
metrics, gives back what an earlier boot of the same name still holds, and drains on the
way out. The bodies of the tasks are imported here and nowhere else.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final

import psutil
import structlog
from celery import signals
from redis.exceptions import RedisError

import settings as environment
from avatars.database import open_database
from avatars.facecache import FaceCache
from avatars.registry import Registry
from avatars.storage import Storage
from avatars.storage_homes import open_storage
from avatars.usage import Likely, Usage
from lipsync import clock
from monitoring.avatar_cache_monitor import CacheMetrics
from monitoring.logs import configure_logging
from monitoring.metrics_collector import WorkerMetrics, serve_metrics
from monitoring.model_monitor import ModelMetrics
from tasks import finisher, synthesis
from tasks.app import app
from tasks.captioning import can_draw
from tasks.catalogue import Catalogue, WorkerAnnouncement, is_painted
from tasks.faces import open_faces
from tasks.leases import Lease, Leases
from tasks.nets import NetKeeper
from tasks.painted_places import PaintedPlaces, painted_streams
from tasks.queue import PAINTED_QUEUE, SYNTHESIS_QUEUE, own_queue, ring_synthesis, ring_worker
from tasks.station import Station, current_station, open_station
from tasks.stream import ChunkStream
from tasks.stream_redis import open_stream, redis_client
from tasks.utterances import Utterances
from tasks.warmth import MOST_FACES, Router, Warmth, WarmWorker, face_key, keep_telling
from workers.boot import boot
from workers.caption_font import read_caption_font
from workers.engine import install
from workers.voice_samples import keep_samples
from workers.voices import language_catalogue
from workers.warm_net import WarmNet
from workers.warming import keep_warm

BODIES: Final[Sequence[Any]] = (
    synthesis.synthesise, synthesis.synthesise_here, synthesis.nothing, finisher.finish_file,
)  # fmt: skip
"""The tasks this process runs; naming them is what registers them."""

ANNOUNCE_S: Final = 5.0

log = structlog.get_logger(__name__)

__all__ = ["BODIES", "app"]


@contextmanager
def _or_leave(step: str) -> Iterator[None]:
    """End the process if a step of its start fails.

    Celery logs what a receiver raises and goes on. A worker left cold like this takes every
    ring it gets, spoils it, and is faster at that than the warm ones are at their work.
    """
    try:
        yield
    except Exception as error:
        log.exception("worker_not_started", step=step)
        raise SystemExit(1) from error


@signals.worker_init.connect  # type: ignore[untyped-decorator]
@_or_leave("warm_up")
def warm_up(sender: Any, **_: object) -> None:
    """Build everything before the process takes a job, and set how many it takes."""
    begun_s = time.time()
    chosen = environment.load()
    configure_logging(chosen.log_level)
    storage = open_storage(chosen.storage, endpoint=chosen.s3_endpoint)
    database = open_database(chosen.database_url, pool_size=chosen.pool_size)
    registry = Registry(database, storage)
    metrics = WorkerMetrics()
    faces = _open_faces(chosen, storage, metrics)
    draining = threading.Event()
    keeper = NetKeeper(chosen.var, ModelMetrics(metrics.registry), draining)
    warm = keeper.open(chosen.asset_dir, chosen.gpu)
    engine = boot(
        chosen.worker_name, registry, faces, chosen.var / "run", chosen.streams,
        painters_bytes=chosen.painter_bytes, voice_dir=chosen.voice_dir, storage=storage,
        net=None if warm is None else warm.net,
        sprites=keeper.keeping(chosen.sprite_states, chosen.sprite_bytes),
    )  # fmt: skip
    install(engine)
    sender.concurrency = engine.streams
    stream = open_stream(chosen.media_redis_url)
    station = Station(
        engine=engine,
        stream=stream,
        utterances=Utterances(database),
        storage=storage,
        leases=Leases(stream, engine.owner, _leave_hung),
        metrics=metrics,
        ahead_s=chosen.ahead_s,
        router=_router(chosen),
        caption_font=partial(read_caption_font, chosen.asset_dir),
        begun_s=begun_s,
        net_failed=keeper.failed,
        painted=PaintedPlaces(_painted_places(warm, engine.streams)),
        draining=draining,
    )
    open_station(station)
    _give_back(station.stream, chosen.worker_name)


def _painted_places(warm: WarmNet | None, streams: int) -> int:
    """Return how many of a worker's streams may be painted ones, logging a network that is too slow."""
    if warm is None:
        return 0
    frames_per_s = warm.readiness.frames_per_s
    if frames_per_s < clock.FPS:
        log.warning("net_slower_than_live", frames_per_s=round(frames_per_s, 1), needed=clock.FPS)
    places = min(streams, painted_streams(frames_per_s, on_gpu=warm.readiness.device.kind == "cuda"))
    log.info("net_places", places=places, frames_per_s=round(frames_per_s, 1))
    return places


@signals.celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def listen_for_own(sender: str, instance: Any, **_: object) -> None:
    """Have the worker listen where others pass on to it, and where utterances wait that it can paint."""
    del sender
    queues = instance.app.amqp.queues
    queues.select_add(own_queue(environment.load().worker_name))
    if current_station().painted.most:
        queues.select_add(queues[PAINTED_QUEUE])


def _listen_to_painted(consumer: Any, listen: bool) -> None:
    """Begin or end to listen where painted utterances wait; called on the consumer's own thread."""
    heard = consumer.task_consumer
    if heard is None or heard.consuming_from(PAINTED_QUEUE) == listen:
        return
    if not listen:
        consumer.cancel_task_queue(PAINTED_QUEUE)
    elif heard.consuming_from(SYNTHESIS_QUEUE):
        # One that was told to take nothing more (`tasks.queue.stop_taking`) stays so.
        consumer.add_task_queue(PAINTED_QUEUE)


def _router(chosen: environment.Settings) -> Router | None:
    if not chosen.pass_on_s:
        return None
    board = Warmth(redis_client(chosen.media_redis_url, blocking=False))
    return Router(chosen.worker_name, board, ring_worker, chosen.pass_on_s)


def _warm_now(name: str, station: Station) -> WarmWorker:
    """Return what this worker has ready, and how much it carries."""
    ready = station.engine.painters.ready()[-MOST_FACES:]
    return WarmWorker(
        name=name, running=station.leases.count, streams=station.engine.streams,
        faces=frozenset(face_key(key) for key in ready), paints_more=not station.painted.full,
    )  # fmt: skip


def _open_faces(chosen: environment.Settings, storage: Storage, metrics: WorkerMetrics) -> FaceCache:
    """Return the face cache of this process, its dials beside the worker's."""
    dials = CacheMetrics(metrics.registry)
    faces = open_faces(chosen, storage, dials.note)
    dials.watch("process", faces.process.state)
    if faces.redis is not None:
        dials.watch("redis", faces.redis.state)
    return faces


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
@_or_leave("take_up_work")
def take_up_work(sender: Any, **_: object) -> None:
    """Announce the worker and serve its dials."""
    chosen = environment.load()
    station = current_station()
    station.painted.on_change(lambda listen: sender.call_soon(_listen_to_painted, sender, listen))
    station.leases.start()
    now_s = time.time()
    station.metrics.warm.set(now_s - station.begun_s)
    station.metrics.ready.set(now_s - psutil.Process().create_time())
    port = serve_metrics(station.metrics.registry, chosen.worker_metrics_port, chosen.metrics_host)
    announcement = WorkerAnnouncement(
        name=chosen.worker_name,
        owner=station.engine.owner,
        streams=station.engine.streams,
        voices=station.engine.voices.catalogue(),
        languages=language_catalogue(),
        engines=station.engine.engines,
        engine_streams={each: station.painted.most for each in station.engine.engines if is_painted(each)},
        metrics_port=port,
    )
    catalogue = Catalogue(redis_client(chosen.media_redis_url, blocking=False))
    threading.Thread(
        target=_keep_announcing, args=(catalogue, lambda: _described(announcement, station), station),
        name="announcer", daemon=True,
    ).start()  # fmt: skip
    _keep_house(chosen, station)
    log.info("worker_ready", owner=station.engine.owner, streams=station.engine.streams, metrics_port=port)


def _keep_house(chosen: environment.Settings, station: Station) -> None:
    """Start what goes on beside the jobs: faces made ready and told to others, uses written."""
    usage = Usage(open_database(chosen.database_url, pool_size=1))
    engine, draining = station.engine, station.draining
    board = Warmth(redis_client(chosen.media_redis_url, blocking=False))

    def idle() -> bool:
        return station.leases.count == 0

    def likeliest(limit: int) -> list[Likely]:
        """Return the likeliest faces as they will be drawn where nobody asks for an engine."""
        faces = usage.likeliest(limit)
        drawn = [each._replace(engine=chosen.engine_for(each.engine)) for each in faces]
        # A worker without that engine is asked for them by those who do ask.
        return [one if one.engine in engine.engines else own for one, own in zip(drawn, faces, strict=True)]

    works: dict[str, tuple[Callable[..., None], tuple[object, ...]]] = {
        "warmer": (keep_warm, (engine, idle, draining, likeliest)),
        "voices": (keep_samples, (engine.voices, station.storage, idle, draining)),
        "warmth": (keep_telling, (board, lambda: _warm_now(chosen.worker_name, station), draining)),
        "uses": (station.uses.keep_writing, (usage.note, draining)),
    }
    for name, (work, arguments) in works.items():
        threading.Thread(target=work, args=arguments, name=name, daemon=True).start()


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def drain(**_: object) -> None:
    """Have every job hand its stream over at the next chunk border."""
    current_station().draining.set()


@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def leave(**_: object) -> None:
    """Stop the voices and the renewals."""
    station = current_station()
    station.leases.stop()
    station.engine.voices.close()


def _described(announcement: WorkerAnnouncement, station: Station) -> WorkerAnnouncement:
    """Return an announcement with what has become known of the voices since.

    A font for captions may be put there while the worker runs, too.
    """
    return replace(
        announcement, voices=station.engine.voices.catalogue(), draws_captions=can_draw(station.caption_font)
    )


def _keep_announcing(
    catalogue: Catalogue, described: Callable[[], WorkerAnnouncement], station: Station
) -> None:
    leaving = False
    while not leaving:
        leaving = station.draining.is_set()
        station.painted.tell()
        try:
            if leaving:
                catalogue.withdraw(described().name)
            else:
                catalogue.announce(described())
        except RedisError as trouble:
            # The announcement runs out by itself; a worker that stopped announcing would be
            # lost to everybody who looks for voices once Redis is back.
            log.warning("not_announced", error=str(trouble))
        station.draining.wait(ANNOUNCE_S)


def _give_back(stream: ChunkStream, worker_name: str) -> None:
    """Free what an earlier boot of this worker held, and ring for it again at once."""
    for sid in stream.release_owner(f"{worker_name}:"):
        log.warning("stale_lease_released", utterance=sid)
        ring_synthesis(sid)


def _leave_hung(lease: Lease) -> None:
    """End the process: a hung thread cannot be ended alone, and holds the encoder's memory."""
    log.error("renderer_hung", utterance=lease.sid)
    os.kill(os.getpid(), signal.SIGKILL)
