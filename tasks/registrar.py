"""What a registrar process starts: `celery -A tasks.registrar worker -P threads`.

A light sibling of tasks.worker: it holds no engine and no stream, stands behind every live
stream in the line for the processor, and takes the registration queue alone.
"""

import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from celery import signals
from sqlalchemy.exc import SQLAlchemyError

import settings as environment
from avatars.database import open_database
from avatars.errors import StorageError
from avatars.face_levels import LevelState
from avatars.recordings import Recordings
from avatars.registrations import Registrations
from avatars.registry import Registry
from avatars.storage_homes import open_storage
from avatars.uploads import Uploads
from monitoring.avatar_cache_monitor import CacheMetrics
from monitoring.logs import configure_logging
from monitoring.metrics_collector import serve_metrics
from monitoring.registrar_metrics import RegistrarMetrics
from tasks import recording, registration
from tasks.app import app
from tasks.desk import Desk, Scratch, current_desk, open_desk
from tasks.faces import open_faces
from tasks.queue import ring_recording, ring_registration
from workers.assets import face_model_paths

BODIES: Final[Sequence[Any]] = (registration.register, recording.read)
"""The tasks this process runs; naming them is what registers them."""

NICE: Final = 10
"""Live streams come first: they have deadlines, and a person who registers sees progress."""

LOOK_EVERY_S: Final = 600.0
"""How old the count of what storage keeps may be."""

log = structlog.get_logger(__name__)

__all__ = ["BODIES", "app"]


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def set_up(**_: object) -> None:
    """Open the desk before the process takes a job; go on with what an earlier boot of it held."""
    chosen = environment.load()
    configure_logging(chosen.log_level)
    os.nice(NICE)
    storage = open_storage(chosen.storage, endpoint=chosen.s3_endpoint)
    database = open_database(chosen.database_url, pool_size=chosen.pool_size)
    registry = Registry(database, storage)
    metrics = RegistrarMetrics()
    desk = Desk(
        registrations=Registrations(database, registry),
        registry=registry,
        recordings=Recordings(database),
        uploads=Uploads(database, storage, limit_bytes=chosen.upload_bytes),
        storage=storage,
        faces=open_faces(chosen, storage),
        metrics=metrics,
        scratch=Scratch(chosen.var / "run" / "registration", chosen.worker_name),
        models=partial(face_model_paths, chosen),
        holder=f"{chosen.worker_name}:{os.getpid()}-{secrets.token_hex(4)}",
    )
    desk.scratch.clear()
    open_desk(desk)
    for registration_id in desk.registrations.release_all(f"{chosen.worker_name}:"):
        log.warning("stale_hold_released", registration=registration_id)
        ring_registration(registration_id)
    for recording_id in desk.recordings.release_all(f"{chosen.worker_name}:"):
        log.warning("stale_hold_released", recording=recording_id)
        ring_recording(recording_id)
    _sweep(desk)
    log.info("registrar_ready", holder=desk.holder)


def _sweep(desk: Desk) -> None:
    """Remove the uploads of attempts that ended as an earlier boot was killed, before it did."""
    try:
        swept = desk.uploads.sweep(datetime.now(UTC))
    except (StorageError, SQLAlchemyError) as trouble:
        log.warning("quarantine_not_cleared", error=str(trouble))
    else:
        log.info("quarantine_swept", uploads=swept)


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def serve_dials(**_: object) -> None:
    """Serve what this process counts, and what storage keeps of faces, which it alone looks at."""
    chosen, desk = environment.load(), current_desk()
    shelf = StoredShelf(desk)
    threading.Thread(target=shelf.keep_looking, name="shelf", daemon=True).start()
    CacheMetrics(desk.metrics.registry).watch("storage", shelf.state)
    port = serve_metrics(desk.metrics.registry, chosen.worker_metrics_port, chosen.metrics_host)
    log.info("registrar_dials", metrics_port=port)


class StoredShelf:
    """What storage keeps of faces, looked at now and then: too long a walk for every scrape."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state: LevelState | None = None

    def state(self) -> LevelState | None:
        """Return what was found last, None before the first look."""
        return self._state

    def look(self) -> None:
        """Look now; what was found before stays where storage or the database do not answer."""
        try:
            kept = self._desk.faces.stored.state()
            oldest_s = self._desk.registry.longest_unused_s(datetime.now(UTC))
            self._state = replace(kept, oldest_s=oldest_s)
        except (StorageError, SQLAlchemyError) as trouble:
            log.warning("stored_faces_not_counted", error=str(trouble))

    def keep_looking(self) -> None:
        """Look every ten minutes, for as long as the process lives."""
        while True:
            self.look()
            time.sleep(LOOK_EVERY_S)
