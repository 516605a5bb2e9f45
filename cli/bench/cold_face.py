"""New and cold faces: from a photo to an avatar that is ready, and its first chunk from no cache.

Photos of twelve megapixels are made here of the sample presenters and registered over HTTP.
What this machine's processes and Redis hold of an avatar is then let go, and the time of its
first chunk is counted only where the worker says that it had to prepare the face.
"""

import io
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from statistics import median
from time import perf_counter
from typing import IO, Any, Final

import cv2
import httpx
import numpy as np
import redis

import settings
from avatars.database import open_database
from avatars.face_redis import RedisFaces, faces_client
from avatars.face_stored import StoredFaces, made_key, name_of
from avatars.registry import AvatarRow, Registry
from avatars.seeding import SAMPLES, sample_face
from avatars.storage import Storage
from avatars.storage_homes import open_storage
from cli.bench.figures import p50_p95, percentile
from cli.bench.texts import spoken_text
from cli.bench.together import BenchmarkFailed, Tell
from cli.client import Service, speak
from cli.run_file import RunFile
from lipsync.engines.catalogue import get_engine
from lipsync.engines.contract import Size
from tasks.stream_redis import plain_url

PHOTO_PX: Final = (4000, 3000)
"""Twelve megapixels, width and height."""
LOADS_PER_FACE: Final = 5
TEXT_S: Final = 2.0

_QUALITY: Final = 92
_KEPT_PX: Final = (1536, 1152)
"""Of the picture that is kept; what it takes to make it of the photo is the floor."""
_SIZE: Final = Size(512, 512)
_LOOK_EVERY_S: Final = 0.02
_LIMIT_S: Final = 120.0
_CONSENT: Final = "A drawn presenter of this house; nobody is shown."
_COLD: Final = 'avatar_first_faces_total{face="cold"}'


def cold_face(service: Service, run: RunFile, count: int, tell: Tell) -> dict[str, Any]:
    """Register `count` photos, one after another, and let each speak from no cache.

    Raises:
        BenchmarkFailed: one was refused, or no face was cold when it spoke.
    """
    with _levels(run) as levels:
        ready_ms, cold_ms, rows = [], [], []
        for turn in range(count):
            avatar = _register(service, photo(turn))
            ready_ms.append(_milliseconds(avatar["registration"]))
            row = levels.registry.get(avatar["id"])
            rows.append(row)
            cold_ms += _speak_cold(service, run, levels, row, turn)
            tell(turn + 1)
        if not cold_ms:
            raise BenchmarkFailed("no face was cold when it was asked for")
        figures = {
            "bench": "cold-face", "n": count,
            **_named("ready", ready_ms), **_named("cold", cold_ms), "cold_n": len(cold_ms),
            **levels.loads(rows),
            "floor_photo_ms": round(_photo_floor_ms(photo(0)), 1),
            "floor_prepare_ms": round(_prepare_floor_ms(), 1),
        }  # fmt: skip
        for row in rows:
            service.request("DELETE", f"/v1/avatars/{row.id}")
        return figures


def photo(turn: int) -> bytes:
    """Return a JPEG of twelve megapixels with a presenter's face, another one for every turn."""
    face = sample_face(SAMPLES[turn % len(SAMPLES)].id).pictures[0]
    width_px, height_px = PHOTO_PX
    large = cv2.resize(face, (height_px, height_px), interpolation=cv2.INTER_CUBIC)
    side_px = (width_px - height_px) // 2
    whole = cv2.copyMakeBorder(large, 0, 0, side_px, side_px, cv2.BORDER_REPLICATE)
    # Grain, as a camera has it: a smooth picture is read and written faster than any photo.
    grain = np.random.default_rng(turn).normal(0, 3, (height_px // 2, width_px // 2)).astype(np.float32)
    noisy = np.clip(whole + cv2.resize(grain, (width_px, height_px))[..., None], 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


class _Levels:
    """The registry and the caches of the stack that is measured, as its processes see them."""

    def __init__(self, registry: Registry, storage: Storage, client: redis.Redis, shared: RedisFaces) -> None:
        self.registry = registry
        self._storage = storage
        self._client = client
        self._shared = shared
        self._stored = StoredFaces(storage, _untold)

    def forget(self, row: AvatarRow) -> None:
        """Let Redis go of a face."""
        self._shared.remove(row.id)

    def loads(self, rows: Sequence[AvatarRow]) -> dict[str, float]:
        """Return how long faces take from Redis and from storage, and their bytes alone."""
        tracks = [(row, self._stored.get(row)) for row in rows]
        held = [(row, track) for row, track in tracks if track is not None]
        for row, track in held:
            self._shared.put(name_of(row), track)
        told: dict[str, float] = {}
        for level, load in {
            "redis": lambda row: self._shared.get(name_of(row))[0],
            "storage": self._stored.get,
            "redis_bytes": lambda row: self._client.hget(f"{{faces}}:e:{row.id}", "d"),
            "storage_bytes": lambda row: self._storage.get(made_key(row)),
        }.items():
            times = [_timed(load, row) for row, _ in held for _ in range(LOADS_PER_FACE)]
            found = [ms for ms in times if ms is not None]
            if not found:
                raise BenchmarkFailed(f"no face could be had from {level}")
            told |= _named(level, found)
        return told


def _timed(load: Callable[[AvatarRow], object], row: AvatarRow) -> float | None:
    """Return the milliseconds of a load, None where nothing was there."""
    begun = perf_counter()
    found = load(row)
    return None if found is None else (perf_counter() - begun) * 1000


@contextmanager
def _levels(run: RunFile) -> Iterator[_Levels]:
    configured = settings.load()
    storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
    database = open_database(configured.database_url, pool_size=1)
    client = faces_client(plain_url(run.redis_url))
    shared = RedisFaces(client, configured.face_redis_bytes, configured.face_idle_s, _untold)
    try:
        yield _Levels(Registry(database, storage), storage, client, shared)
    finally:
        client.close()
        database.close()


def _untold(level: str, event: str, count: int) -> None:
    """Count nothing: the benchmark's own requests are nobody's."""
    del level, event, count


def _register(service: Service, jpeg: bytes) -> dict[str, Any]:
    fields = {
        "title_en": "bench", "voice": "fa", "consent_who": "bench", "consent_statement": _CONSENT,
    }  # fmt: skip
    files: dict[str, IO[bytes]] = {"file": io.BytesIO(jpeg)}
    avatar: dict[str, Any] = service.send_form("/v1/avatars", fields, files, key=uuid.uuid4().hex)
    until_s = time.monotonic() + _LIMIT_S
    while avatar["registration"]["state"] == "pending":
        if time.monotonic() > until_s:
            raise BenchmarkFailed(f"{avatar['id']} is not registered within {_LIMIT_S:.0f} s")
        time.sleep(_LOOK_EVERY_S)
        avatar = service.request("GET", avatar["links"]["self"])
    if avatar["registration"]["state"] != "ready":
        raise BenchmarkFailed(f"a presenter's photo was refused: {avatar['registration']['refusal']}")
    return avatar


def _milliseconds(registration: dict[str, Any]) -> float:
    begun, ended = (datetime.fromisoformat(registration[name]) for name in ("created_at", "finished_at"))
    return (ended - begun).total_seconds() * 1000


def _speak_cold(service: Service, run: RunFile, levels: _Levels, row: AvatarRow, turn: int) -> list[float]:
    """Return the time of a first chunk whose face no cache had; none if a worker had it ready."""
    before = _cold_faces(run)
    levels.forget(row)
    seed = time.time_ns() % 1_000_000_000 + turn
    report = speak(service, spoken_text(seed, TEXT_S), avatar=row.id)
    if report.ending != "end" or report.first_chunk_ms is None:
        raise BenchmarkFailed(f"{report.utterance}: {report.ending}")
    return [report.first_chunk_ms] if _cold_faces(run) > before else []


def _cold_faces(run: RunFile) -> float:
    """Return how many faces were cold when they were asked for, of all workers."""
    total = 0.0
    for program, port in run.ports.items():
        if program.startswith("worker-"):
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
            total += sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(_COLD))
    return total


def _photo_floor_ms(jpeg: bytes) -> float:
    """Return what reading a photo and writing the picture that is kept of it takes, and nothing else."""
    times_ms = []
    for _ in range(3):
        begun = perf_counter()
        whole = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert whole is not None  # noqa: S101 - it was written here
        cv2.imencode(".png", cv2.resize(whole, _KEPT_PX, interpolation=cv2.INTER_AREA))
        times_ms.append((perf_counter() - begun) * 1000)
    return median(times_ms)


def _prepare_floor_ms() -> float:
    """Return what making a face ready to paint takes in a process that does nothing else."""
    times_ms = []
    for sample in SAMPLES:
        face = sample_face(sample.id)
        begun = perf_counter()
        get_engine("warp").prepare(face, _SIZE)
        times_ms.append((perf_counter() - begun) * 1000)
    return percentile(times_ms, 0.5)


def _named(name: str, times_ms: Sequence[float]) -> dict[str, float]:
    return {f"{name}_{figure}": value for figure, value in p50_p95(times_ms).items()}
