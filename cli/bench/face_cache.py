"""What the face cache answers from memory, against what no cache could better; needs no service.

The cache is the workers' own, over a Redis started for this and a folder. Faces are small
patches of the sample avatars, so that they compress as pictures do. Requests follow Zipf's law
with exponent 1; half-way every avatar gets a new version, at two thirds the process is a new
one, and one in two hundred entries is written broken.
"""

import heapq
import json
import logging
import os
import struct
import subprocess
import tempfile
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any, Final

import cv2
import numpy as np
import redis
import structlog

from avatars.face_entry import pack
from avatars.face_memory import memory_bytes
from avatars.face_redis import faces_client
from avatars.face_stored import made_key
from avatars.facecache import MB, CacheLimits, FaceCache
from avatars.registry import PICTURE, POINTS, AvatarRow
from avatars.seeding import SAMPLES, sample_face
from avatars.storage import Storage
from avatars.storage_folder import FolderStorage
from cli import embedded_redis
from cli.bench.together import BenchmarkFailed, Tell
from lipsync.face.points import CONTOURS, FacePoints
from lipsync.face.track import FaceTrack, Picture

REQUESTS: Final = 200_000
PROCESS_TRACKS: Final = 100
REDIS_TRACKS: Final = 300
POISONED: Final = 0.005
COURSES: Final = ("hit_rate", "hit_rate_by_count", "unlimited_rate")
"""Ways through the requests, by the rate each of them gives."""

_PATCH_PX: Final = 128
"""Points and header of an entry are then a fiftieth of it; of a real face's they are a thousandth."""
_REDIS_OVERHEAD: Final = 512
"""What face_redis.lua counts beside an entry's own bytes."""
_PLENTY: Final = 64 * 1024 * MB
_START_S: Final = 20.0
_ENTRY_VERSION_AT: Final = 8


@dataclass(frozen=True, slots=True)
class Made:
    """One avatar of the benchmark."""

    row: AvatarRow
    track: FaceTrack
    files: Mapping[str, bytes]


def face_cache(avatars: int, seeds: Sequence[int], tell: Tell, requests: int = REQUESTS) -> dict[str, Any]:
    """Measure; each rate is the mean over the seeds.

    `hit_rate` is what process and Redis answer together when Redis has the memory that 300 tracks
    take in a process (more fit, being compressed), `hit_rate_by_count` the same with room for the bytes of
    300 entries, and `unlimited_rate` without limits. `optimum_rate`, `optimum_rate_by_count` and
    `process_optimum_rate` are Belady's, who knows the future, for as many tracks as fit;
    `best_without_foresight` is what always keeping the most asked for would answer.

    Raises:
        BenchmarkFailed: Redis does not start, or the cache handed out a wrong face.
    """
    found: dict[int, dict[str, float]] = {seed: {} for seed in seeds}
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, get_context("spawn"), _quieten) as processes:
        runs = {
            processes.submit(_run, name, seed, avatars, requests): seed for name in COURSES for seed in seeds
        }
        for done, run in enumerate(as_completed(runs), 1):
            found[runs[run]] |= run.result()
            tell(done)
    fitting = redis_tracks(avatars)
    for seed in seeds:
        found[seed] |= compared(trace(seed, avatars, requests), fitting)
    figures = {name: round(mean(one[name] for one in found.values()), 4) for name in found[seeds[0]]}
    figures |= _least(figures)
    return {"bench": "face-cache", "avatars": avatars, "requests": requests, "seeds": list(seeds), **figures}


def _quieten() -> None:
    """Say nothing of the entries that are broken on purpose."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def steps(seeds: Sequence[int]) -> int:
    """Return how many steps `face_cache` tells of."""
    return len(COURSES) * len(seeds)


def trace(seed: int, avatars: int, requests: int) -> list[int]:
    """Return which avatar each request asks for: Zipf's law, exponent 1."""
    weights = 1 / np.arange(1, avatars + 1)
    ranks = np.random.default_rng(seed).choice(avatars, requests, p=weights / weights.sum())
    return [int(rank) for rank in ranks]


def redis_tracks(avatars: int) -> int:
    """Return how many entries fit into the memory that 300 tracks take in a process."""
    sheets = _sheets()
    tracks = [_made(sheets, number, 1).track for number in range(avatars)]
    limits = _limits("hit_rate", tracks)
    return limits.redis_bytes // round(mean(len(pack(track)) + _REDIS_OVERHEAD for track in tracks))


def compared(asked: Sequence[int], fitting: int) -> dict[str, float]:
    """Return what other policies answer of the same requests, none of them disturbed by anything.

    Args:
        asked: the requests.
        fitting: entries that fit into Redis for `hit_rate`.
    """
    whole, counted = PROCESS_TRACKS + fitting, PROCESS_TRACKS + REDIS_TRACKS
    shares = np.sort(np.bincount(asked))[::-1] / len(asked)
    return {
        "redis_tracks": fitting,
        "lru_rate": lru(asked, whole),
        "optimum_rate": belady(asked, whole),
        "best_without_foresight": float(shares[:whole].sum()),
        "optimum_rate_by_count": belady(asked, counted),
        "best_without_foresight_by_count": float(shares[:counted].sum()),
        "process_lru_rate": lru(asked, PROCESS_TRACKS),
        "process_optimum_rate": belady(asked, PROCESS_TRACKS),
    }


def lru(asked: Sequence[int], room: int) -> float:
    """Return which part the least-recently-used policy answers."""
    kept: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for one in asked:
        hits += one in kept
        kept[one] = None
        kept.move_to_end(one)
        if len(kept) > room:
            kept.popitem(last=False)
    return hits / len(asked)


def belady(asked: Sequence[int], room: int) -> float:
    """Return which part is answered when always the one needed latest goes (Belady, 1966)."""
    never = len(asked)
    following, seen = [never] * len(asked), dict[int, int]()
    for at in reversed(range(len(asked))):
        following[at] = seen.get(asked[at], never)
        seen[asked[at]] = at
    kept, latest = dict[int, int](), list[tuple[int, int]]()
    hits = 0
    for at, one in enumerate(asked):
        hits += one in kept
        kept[one] = following[at]
        heapq.heappush(latest, (-following[at], one))
        while len(kept) > room:
            needed, victim = heapq.heappop(latest)
            if kept.get(victim) == -needed:
                del kept[victim]
    return hits / len(asked)


def _least(figures: Mapping[str, float]) -> dict[str, Any]:
    least = min(0.95, figures["optimum_rate"])
    process_least = 0.9 * figures["process_optimum_rate"]
    return {
        "hit_rate_least": round(least, 4),
        "hit_rate_met": figures["hit_rate"] >= least,
        "hit_rate_by_count_met": figures["hit_rate_by_count"] >= min(0.95, figures["optimum_rate_by_count"]),
        "process_rate_least": round(process_least, 4),
        "process_rate_met": figures["process_rate"] >= process_least,
        "unlimited_rate_met": figures["unlimited_rate"] > 0.999,
    }


def _limits(course: str, tracks: Sequence[FaceTrack]) -> CacheLimits:
    if course == "unlimited_rate":
        return CacheLimits(process_bytes=_PLENTY, redis_bytes=_PLENTY)
    in_memory = mean(memory_bytes(track) for track in tracks)
    in_redis = mean(len(pack(track)) + _REDIS_OVERHEAD for track in tracks)
    each = in_redis if course == "hit_rate_by_count" else in_memory
    return CacheLimits(
        process_bytes=round(PROCESS_TRACKS * in_memory), redis_bytes=round(REDIS_TRACKS * each)
    )


def _run(course: str, seed: int, avatars: int, requests: int) -> dict[str, float]:
    sheets = _sheets()
    first, second = ([_made(sheets, number, version) for number in range(avatars)] for version in (1, 2))
    limits = _limits(course, [one.track for one in first])
    with tempfile.TemporaryDirectory(prefix="avatar-faces-") as folder, _redis(Path(folder)) as client:
        house = _House(limits, client, FolderStorage(Path(folder) / "storage"), seed)
        house.register(first)
        for at, number in enumerate(trace(seed, avatars, requests)):
            if at == requests // 2:
                house.register(second)
            if at == requests * 2 // 3:
                house.restart()
            house.ask(number)
        house.count()
    rates = {course: house.memory_hits / requests}
    if course == "hit_rate":
        rates["process_rate"] = house.process_hits / requests
        rates["poisoned_entries"] = house.poisoned
        rates["poisoned_found"] = house.poisoned_found
    return rates


class _House:
    """A worker with its cache, and the registrar that makes avatars and their new versions."""

    def __init__(self, limits: CacheLimits, client: redis.Redis, storage: Storage, seed: int) -> None:
        self._limits = limits
        self._client = client
        self._storage = storage
        self._random = np.random.default_rng([seed, 7])
        self._cache = self._opened()
        self._made: Sequence[Made] = ()
        self.memory_hits = 0
        self.process_hits = 0
        self.poisoned = 0
        self.poisoned_found = 0

    def register(self, made: Sequence[Made]) -> None:
        """Register avatars as another process does; the worker's memory knows nothing of it."""
        registrar = self._opened()
        for one in made:
            for name, content in one.files.items():
                self._storage.put(one.row.key(name), content, durable=False)
            registrar.keep(one.row, one.track)
        self._made = made
        self._poison()

    def restart(self) -> None:
        """End the worker's process and start another."""
        self.count()
        self._cache = self._opened()
        self._poison()

    def count(self) -> None:
        """Add up what the worker's process has counted; once, when it ends."""
        counts = self._cache.counts()
        self.process_hits += counts["process"]["hits"]
        self.memory_hits += counts["process"]["hits"] + counts["redis"]["hits"]
        self.poisoned_found += sum(level["poisoned"] for level in counts.values())

    def ask(self, number: int) -> None:
        """Ask for an avatar's face, and look whether it is that."""
        one = self._made[number]
        face = self._cache.get(one.row)
        if face.pictures[0][0, 0].tolist() != one.track.pictures[0][0, 0].tolist():
            raise BenchmarkFailed(f"the cache handed out a wrong face for {one.row.id}")

    def _opened(self) -> FaceCache:
        return FaceCache(self._storage, limits=self._limits, client=self._client)

    def _poison(self) -> None:
        """Break one entry in two hundred: cut short, of another version, or a flipped byte."""
        for one in self._made:
            if self._random.random() < POISONED:
                self._storage.put(made_key(one.row), b"broken", durable=False)
                self.poisoned += 1
            key = "{faces}:e:" + one.row.id
            if self._random.random() < POISONED and self._client.hexists(key, "d"):
                entry: Any = self._client.hget(key, "d")
                self._client.hset(key, "d", _broken(entry, self.poisoned % 2 == 0))
                self.poisoned += 1


def _broken(entry: bytes, other_version: bool) -> bytes:
    broken = bytearray(entry)
    broken[_ENTRY_VERSION_AT] ^= 0xFF
    if other_version:
        broken[:4] = struct.pack("<I", zlib.crc32(broken[4:]))
    return bytes(broken)


@contextmanager
def _redis(folder: Path) -> Iterator[redis.Redis]:
    """Yield a client of the embedded Redis as `avatar up` starts it, in a folder of its own."""
    sock = folder / "redis.sock"
    with subprocess.Popen(embedded_redis.prepare(folder, sock), stdout=subprocess.DEVNULL) as server:
        try:
            deadline_s = time.monotonic() + _START_S
            while not embedded_redis.answers(sock):
                if server.poll() is not None or time.monotonic() > deadline_s:
                    raise BenchmarkFailed("the embedded Redis did not start")
                time.sleep(0.05)
            with faces_client(f"unix://{sock}", answer_s=_START_S) as client:
                yield client
        finally:
            server.terminate()


def _sheets() -> Sequence[Picture]:
    return [sample_face(sample.id).pictures[0] for sample in SAMPLES]


def _made(sheets: Sequence[Picture], number: int, version: int) -> Made:
    """Return an avatar whose face is a patch of a sample's, another for each number and version."""
    random = np.random.default_rng([number, version])
    picture = sheets[number % len(sheets)]
    top, left = (int(random.integers(0, length - _PATCH_PX)) for length in picture.shape[:2])
    patch = np.ascontiguousarray(picture[top : top + _PATCH_PX, left : left + _PATCH_PX])
    patch[0, 0] = (number % 256, number // 256 % 256, version)
    curves = {name: np.sort(random.random((n, 2)) * _PATCH_PX, axis=0) for name, n in CONTOURS.items()}
    points = FacePoints(
        _PATCH_PX, _PATCH_PX, {name: np.round(curve, 2).astype(np.float32) for name, curve in curves.items()}
    )
    files = {
        PICTURE: cv2.imencode(".png", patch)[1].tobytes(),
        POINTS: json.dumps(points.to_json()).encode(),
    }
    return Made(_row(number, version, files), FaceTrack((patch,), (points,)), files)


def _row(number: int, version: int, files: Mapping[str, bytes]) -> AvatarRow:
    noon = datetime(2000, 1, 1, 12, tzinfo=UTC)
    sums = {name: sha256(content).hexdigest() for name, content in files.items()}
    name, folder = f"bench-{number:05d}", f"avatars/bench-{number:05d}/v{version}"
    return AvatarRow(
        id=name, owner="house", title_fa=name, title_en=name, voice="fa", engine="warp", state="ready",
        version=version, picture_key=f"{folder}/{PICTURE}", points_key=f"{folder}/{POINTS}", preview_key="",
        picture_sha256=sums[PICTURE], points_sha256=sums[POINTS], preview_sha256="", source_sha256="",
        created_at=noon, updated_at=noon, retired_at=None, files=sums,
    )  # fmt: skip
