"""A front door on twins in memory, SQLite and a real Redis for what workers announce."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
from flask import Flask
from flask.testing import FlaskClient

import settings
from avatars.batches import Batches
from avatars.database import Database
from avatars.keys import ApiKeys
from avatars.lexicons import Lexicons
from avatars.recordings import Recordings
from avatars.registrations import Registrations
from avatars.registry import AvatarFiles, Registry, Titles
from avatars.storage_memory import MemoryStorage
from avatars.uploads import Uploads
from monitoring.metrics_collector import WebMetrics
from tasks.catalogue import Catalogue, LanguageCard, VoiceCard, WorkerAnnouncement
from tasks.parts import Parts
from tasks.stream_memory import MemoryChunkStream
from tasks.utterances import Utterances
from web import create_app
from web.auth import FailureLimit, Origins
from web.relay import Relay
from web.services import Services
from web.tokens import API_AUDIENCE, Caller, Signer
from web.uploading import Places
from web.writing import Writing

VOICES = (
    VoiceCard(name="fa", language="fa", title_fa="مرد", title_en="Man"),
    VoiceCard(name="fa-woman", language="fa", title_fa="زن", title_en="Woman"),
    VoiceCard(name="en", language="en", title_fa="انگلیسی", title_en="English"),
)
WORKER = WorkerAnnouncement(
    name="worker-1", owner="worker-1:boot:1", streams=4, voices=VOICES, engines=("warp",), metrics_port=9,
    languages=(
        LanguageCard(tag="de", title_fa="آلمانی", title_en="German"),
        LanguageCard(tag="cmn", title_fa="چینی", title_en="Chinese", aliases=("zh",)),
        LanguageCard(tag="en", title_fa="انگلیسی", title_en="English"),
        LanguageCard(tag="fa", title_fa="فارسی", title_en="Persian"),
    ),
)  # fmt: skip


@pytest.fixture
def rung() -> list[str]:
    """The utterances whose doorbell was rung."""
    return []


@pytest.fixture
def rung_registrars() -> list[str]:
    """The registrations whose doorbell was rung."""
    return []


@pytest.fixture
def rung_recordings() -> list[str]:
    """The recordings whose doorbell was rung."""
    return []


@pytest.fixture
def rung_batches() -> list[list[str]]:
    """The registrations of each group whose doorbells were rung."""
    return []


@pytest.fixture
def house(
    sqlite_database: Database, redis: redis_client.Redis, tmp_path: Path, rung: list[str],
    rung_registrars: list[str], rung_recordings: list[str], rung_batches: list[list[str]],
) -> Services:  # fmt: skip
    chosen = settings.load({"AVATAR_VAR": str(tmp_path), "AVATAR_ORIGINS": "https://app.example"})
    utterances = Utterances(sqlite_database)
    storage, stream, metrics = MemoryStorage(), MemoryChunkStream(), WebMetrics()
    registry = Registry(sqlite_database, storage)
    files = AvatarFiles(picture=b"png", points=b"{}", preview=b"\xff\xd8jpeg")
    registrations = Registrations(sqlite_database, registry)
    titles = Titles("سمیرا", "Samira")
    registry.register("samira", titles=titles, voice="fa-woman", files=files, owner="house")
    catalogue = Catalogue(redis)
    catalogue.announce(WORKER)
    return Services(
        settings=replace(chosen, queue_limit=3),
        database=sqlite_database,
        registry=registry,
        utterances=utterances,
        keys=ApiKeys(sqlite_database),
        storage=storage,
        stream=stream,
        catalogue=catalogue,
        logins=redis,
        ring=lambda sid, _: rung.append(sid),
        registrations=registrations,
        recordings=Recordings(sqlite_database),
        ring_recording=rung_recordings.append,
        uploads=Uploads(sqlite_database, storage, limit_bytes=100_000),
        upload_places=Places(),
        ring_registration=rung_registrars.append,
        batches=Batches(sqlite_database, registrations),
        ring_batch=lambda ids: rung_batches.append(list(ids)),
        lexicons=Lexicons(sqlite_database),
        metrics=metrics,
        relay=Relay(stream, Parts(storage), metrics, places=2),
        writing=Writing(utterances, stream, Lexicons(sqlite_database)),
        signer=Signer(b"s" * 32),
        origins=Origins(chosen.host, chosen.origins),
        failures=FailureLimit(),
    )


@pytest.fixture
def app(house: Services) -> Flask:
    return create_app(house.settings, house)


def token_of(house: Services, owner: str = "key:a", role: str = "user") -> str:
    return house.signer.issue(Caller(owner, role), API_AUDIENCE, 900)


class Door:
    """A caller with a token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def send(self, method: str, path: str, **options: Any) -> Any:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.send("POST", path, **options)

    def speak(self, **fields: Any) -> Any:
        body = json.dumps({"avatar": "samira", "text": "سلام دنیا", **fields})
        return self.post("/v1/utterances", data=body, content_type="application/json")


@pytest.fixture
def door(app: Flask, house: Services) -> Door:
    return Door(app.test_client(), token_of(house))


@pytest.fixture
def stranger(app: Flask, house: Services) -> Door:
    """Another caller with a good token."""
    return Door(app.test_client(), token_of(house, "key:b"))


@pytest.fixture
def admin(app: Flask, house: Services) -> Door:
    """A caller who may do what is the house's."""
    return Door(app.test_client(), token_of(house, "key:c", "admin"))


@pytest.fixture
def nobody(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client
