"""The face cache of one process, as settings bound it.

Workers read through it; a registrar puts a face there once it is ready, so that the first
utterance of a new avatar finds it made.
"""

from avatars.face_levels import Note
from avatars.face_redis import faces_client
from avatars.facecache import CacheLimits, FaceCache, Later
from avatars.storage import Storage
from settings import Settings
from tasks.stream_redis import plain_url


def _untold(_level: str, _event: str, _count: int) -> None:
    """Let a process without dials of its own go on."""


def open_faces(chosen: Settings, storage: Storage, note: Note = _untold) -> FaceCache:
    """Return a cache whose first level is empty.

    Args:
        chosen: limits, and the Redis of the second level.
        storage: where faces are.
        note: told what happens; called by many threads.
    """
    limits = CacheLimits(
        process_bytes=chosen.face_bytes, redis_bytes=chosen.face_redis_bytes, idle_s=chosen.face_idle_s
    )
    client = faces_client(plain_url(chosen.media_redis_url)) if chosen.face_redis_bytes else None
    return FaceCache(storage, limits=limits, client=client, note=note, later=Later())
