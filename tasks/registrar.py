"""What a registrar process starts: `celery -A tasks.registrar worker -P threads`.

A light sibling of tasks.worker: it holds no engine and no stream, stands behind every live
stream in the line for the processor, and takes the registration queue alone.
"""

import os
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import structlog
from celery import signals

import settings as environment
from avatars.database import open_database
from avatars.registrations import Registrations
from avatars.registry import Registry
from avatars.storage_homes import open_storage
from avatars.uploads import Uploads
from monitoring.logs import configure_logging
from tasks import registration
from tasks.app import app
from tasks.desk import Desk, Scratch, open_desk
from tasks.faces import open_faces
from tasks.queue import ring_registration
from workers.assets import face_model_paths

BODIES: Final[Sequence[Any]] = (registration.register,)
"""The tasks this process runs; naming them is what registers them."""

NICE: Final = 10
"""Live streams come first: they have deadlines, and a person who registers sees progress."""

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
    desk = Desk(
        registrations=Registrations(database, registry),
        registry=registry,
        uploads=Uploads(database, storage, limit_bytes=chosen.upload_bytes),
        storage=storage,
        faces=open_faces(chosen, storage),
        scratch=Scratch(chosen.var / "run" / "registration", chosen.worker_name),
        models=partial(face_model_paths, chosen),
        holder=f"{chosen.worker_name}:{os.getpid()}-{secrets.token_hex(4)}",
    )
    desk.scratch.clear()
    open_desk(desk)
    for registration_id in desk.registrations.release_all(f"{chosen.worker_name}:"):
        log.warning("stale_hold_released", registration=registration_id)
        ring_registration(registration_id)
    log.info("registrar_ready", holder=desk.holder)
