"""Face tracks kept in this process: bounded in bytes, least recently used out first.

Asked for one face by many threads at once, it loads it once. Between the engine room
and `avatars.facefile`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from avatars.registry import AvatarRow
from lipsync.face.track import FaceTrack

_Key = tuple[str, int, str, str]


def memory_bytes(track: FaceTrack) -> int:
    """Return how much memory a track's arrays hold."""
    pictures = sum(picture.nbytes for picture in track.pictures)
    return pictures + sum(curve.nbytes for points in track.points for curve in points.contours.values())


class FaceCache:
    """Faces of avatars, loaded when first asked for; safe to share between threads."""

    def __init__(self, load: Callable[[AvatarRow], FaceTrack], *, limit_bytes: int) -> None:
        """Make an empty cache.

        Args:
            load: reads a face, such as `avatars.facefile.load_face` with its storage.
            limit_bytes: what may be kept; a face larger than this is handed out and not kept.
        """
        self._load = load
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._faces: OrderedDict[_Key, FaceTrack] = OrderedDict()
        self._loading: dict[_Key, Future[FaceTrack]] = {}
        self._kept_bytes = 0
        self._hits = 0
        self._misses = 0

    @property
    def hits(self) -> int:
        """How often a face was there, or was being loaded for somebody else."""
        return self._hits

    @property
    def misses(self) -> int:
        """How often a face had to be loaded."""
        return self._misses

    @property
    def kept_bytes(self) -> int:
        """What the kept faces hold."""
        return self._kept_bytes

    def get(self, avatar: AvatarRow) -> FaceTrack:
        """Return an avatar's face. Raises what `load` raises, for everyone who waits for it."""
        key = (avatar.id, avatar.version, avatar.picture_sha256, avatar.points_sha256)
        with self._lock:
            kept = self._faces.get(key)
            if kept is not None:
                self._faces.move_to_end(key)
                self._hits += 1
                return kept
            future = self._loading.get(key)
            if future is None:
                mine = self._loading[key] = Future[FaceTrack]()
                self._misses += 1
            else:
                self._hits += 1
        if future is not None:
            return future.result()
        return self._load_for_all(key, avatar, mine)

    def _load_for_all(self, key: _Key, avatar: AvatarRow, future: Future[FaceTrack]) -> FaceTrack:
        try:
            track = self._load(avatar)
        except BaseException as error:
            with self._lock:
                del self._loading[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._loading[key]
            self._keep(key, track)
        future.set_result(track)
        return track

    def _keep(self, key: _Key, track: FaceTrack) -> None:
        size_bytes = memory_bytes(track)
        if size_bytes > self._limit_bytes:
            return
        self._faces[key] = track
        self._kept_bytes += size_bytes
        while self._kept_bytes > self._limit_bytes:
            _, oldest = self._faces.popitem(last=False)
            self._kept_bytes -= memory_bytes(oldest)
