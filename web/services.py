"""What the routes of one front door process work with, opened once.

Built by `create_app` from settings, or handed in by tests with twins in memory. Opening
connects to nothing: every part reaches its server at its first use.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import kombu.exceptions
import redis.exceptions
import sqlalchemy.exc
from flask import current_app

from avatars.batches import Batches
from avatars.database import Database, open_database
from avatars.errors import StorageError
from avatars.keys import ApiKeys
from avatars.lexicons import Lexicons
from avatars.recordings import Recordings
from avatars.registrations import Registrations
from avatars.registry import Registry
from avatars.storage import Storage
from avatars.storage_homes import open_storage
from avatars.uploads import Uploads
from monitoring.metrics_collector import WebMetrics
from settings import Settings
from tasks.catalogue import Catalogue
from tasks.errors import StreamUnreachable
from tasks.parts import Parts
from tasks.queue import connect, ring_batch, ring_recording, ring_registration, ring_synthesis
from tasks.stream import ChunkStream
from tasks.stream_redis import open_stream, redis_client
from tasks.utterances import Utterances
from web.auth import FailureLimit, Origins
from web.refusals import ServiceLeaving
from web.relay import Relay
from web.socket_writing import answer_to
from web.tokens import Signer, read_secret
from web.uploading import Places
from web.writing import Writing

RESERVED_THREADS: Final = 8
"""Threads that sockets never take, so that requests and dials are always answered."""

_KEY: Final = "avatar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a route is handed."""

    settings: Settings
    database: Database
    registry: Registry
    utterances: Utterances
    keys: ApiKeys
    storage: Storage
    stream: ChunkStream
    catalogue: Catalogue
    logins: Any
    """Redis client that holds the codes of login links."""
    ring: Callable[[str, str], None]
    """Asks some worker to take an utterance up."""
    registrations: Registrations
    recordings: Recordings
    ring_recording: Callable[[str], None]
    """Asks some registrar to read a recording."""
    uploads: Uploads
    upload_places: Places
    ring_registration: Callable[[str], None]
    """Asks some registrar to take an attempt to make an avatar up."""
    batches: Batches
    ring_batch: Callable[[Sequence[str]], None]
    """Asks registrars to take up the attempts of a batch."""
    lexicons: Lexicons
    metrics: WebMetrics
    relay: Relay
    writing: Writing
    """Appends to texts that are open."""
    signer: Signer
    origins: Origins
    failures: FailureLimit

    def refuse_if_leaving(self) -> None:
        """Let new work pass unless the service is stopping. Raises ServiceLeaving."""
        if self.settings.leaving_file.exists():
            raise ServiceLeaving

    def place(self, sid: str) -> int | None:
        """Return a stream's place in the waiting line. Raises StreamUnreachable."""
        return place_in_line(self.stream, self.catalogue, sid)

    def warm_up(self) -> None:
        """Reach every server once, so that the first person waits for none of it.

        A server that is away now is met again by the first request, which says so.
        """
        with suppress(sqlalchemy.exc.SQLAlchemyError):
            for avatar in self.registry.list():
                self.registry.get(avatar.id)
            self.utterances.list_owned("nobody", limit=1)
            self.lexicons.words_of("warm-up", "nobody")
        with suppress(StorageError):
            self.storage.exists("warm-up")
        with suppress(redis.exceptions.RedisError, StreamUnreachable):
            self.catalogue.workers()
            self.stream.meta("0" * 32)
        with suppress(kombu.exceptions.OperationalError):
            connect()


def place_in_line(stream: ChunkStream, catalogue: Catalogue, sid: str) -> int | None:
    """Return how many have to end before a stream begins, itself included; None when it need not wait.

    Raises:
        StreamUnreachable: Redis does not answer.
    """
    try:
        room, painted_room = catalogue.room(), catalogue.painted_room()
    except redis.exceptions.RedisError as error:
        raise StreamUnreachable(str(error)) from error
    return stream.place(sid, room=room, painted_room=painted_room)


def places_for(threads: int) -> int:
    """Return how many sockets a process of so many threads may carry."""
    return max(1, threads - RESERVED_THREADS)


def open_services(settings: Settings) -> Services:
    """Return the services that the settings name.

    Raises:
        SecretTooShort: the secret file is damaged.
        OSError: it can be neither read nor made.
    """
    database = open_database(settings.database_url, pool_size=settings.pool_size)
    storage = open_storage(settings.storage, endpoint=settings.s3_endpoint)
    stream = open_stream(settings.media_redis_url)
    client = redis_client(settings.media_redis_url, blocking=False)
    catalogue = Catalogue(client)
    metrics = WebMetrics()
    utterances = Utterances(database)
    lexicons = Lexicons(database)
    writing = Writing(utterances, stream, lexicons)
    relay = Relay(
        stream, Parts(storage), metrics,
        places=places_for(settings.web_threads), place=partial(place_in_line, stream, catalogue),
        write=partial(answer_to, writing.append),
    )  # fmt: skip
    registry = Registry(database, storage)
    registrations = Registrations(database, registry)
    return Services(
        settings=settings,
        database=database,
        registry=registry,
        utterances=utterances,
        keys=ApiKeys(database),
        storage=storage,
        stream=stream,
        catalogue=catalogue,
        logins=client,
        ring=ring_synthesis,
        registrations=registrations,
        recordings=Recordings(database),
        ring_recording=ring_recording,
        uploads=Uploads(database, storage, limit_bytes=settings.upload_bytes),
        upload_places=Places(),
        ring_registration=ring_registration,
        batches=Batches(database, registrations),
        ring_batch=ring_batch,
        lexicons=lexicons,
        metrics=metrics,
        relay=relay,
        writing=writing,
        signer=Signer(read_secret(settings.secret_file)),
        origins=Origins(settings.host, settings.origins),
        failures=FailureLimit(),
    )


def services() -> Services:
    """Return the services of the application that handles this request."""
    found: Services = current_app.extensions[_KEY]
    return found


def keep_services(extensions: dict[str, Any], kept: Services) -> None:
    """Make services those of an application."""
    extensions[_KEY] = kept
