"""Every kept face, looked at: whole, of this build, and of a version that there is.

Faces in Redis and face files in storage can all be made again, so repairing is removing
and making. What cannot be repaired is a version whose own picture or points are broken.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from redis.exceptions import RedisError

from avatars.errors import AvatarError, FaceFileBroken, StorageError
from avatars.face_entry import unpack
from avatars.face_levels import FaceName
from avatars.face_redis import RedisFaces
from avatars.face_stored import StoredFaces, load_face, name_of
from avatars.registry import FACE, POINTS, AvatarRow
from avatars.storage import Storage

log = structlog.get_logger(__name__)

_SAME: Final = ("poisoned", "strays", "rebuilt", "checked")


@dataclass(slots=True)
class Checked:
    """What was found, level by level."""

    redis: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SAME, 0))
    storage: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SAME, 0))
    lines_set_right: int = 0
    """Lists and sums in Redis that did not fit the entries."""
    unrepaired: list[str] = field(default_factory=list)
    """What is still wrong, in words."""

    def to_json(self) -> Mapping[str, Any]:
        """Return it as a document."""
        return {
            "redis": self.redis,
            "storage": self.storage,
            "lines_set_right": self.lines_set_right,
            "unrepaired": self.unrepaired,
            "good": not self.unrepaired,
        }


class Check:
    """Walks the kept faces of an avatar list."""

    def __init__(
        self,
        versions: Sequence[AvatarRow],
        storage: Storage,
        shared: RedisFaces | None,
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Make a walk over all versions of all avatars.

        Args:
            versions: every version that there is.
            storage: where faces are.
            shared: the faces in Redis, where there is one.
            tell: told how many steps of `steps` are done.
        """
        self._rows = {name_of(row): row for row in versions if POINTS in row.files or FACE in row.files}
        self._events: Counter[str] = Counter()
        self._storage = storage
        self._stored = StoredFaces(storage, self._note)
        self._shared = shared
        self._tell = tell
        self._done = 0
        self._checked = Checked()
        self._good: dict[FaceName, bool] = {}

    @property
    def steps(self) -> int:
        """Steps of the whole walk; entries in Redis are one step together with their number unknown."""
        return len(self._rows) + 1

    def run(self) -> Checked:
        """Look at everything and repair what can be."""
        for name, row in self._rows.items():
            self._good[name] = self._check_stored(row)
            self._step()
        self._remove_strays()
        if self._shared is not None:
            self._check_shared(self._shared)
        self._step()
        return self._checked

    def _step(self) -> None:
        self._done += 1
        self._tell(self._done)

    def _check_stored(self, row: AvatarRow) -> bool:
        """Return whether a version's face can be had."""
        counts = self._checked.storage
        counts["checked"] += 1
        before = self._events["poisoned"]
        try:
            # The source first: a face file alone would be gone with the next version of its format.
            source = load_face(self._storage, row)
            if FACE not in row.files and self._stored.get(row) is None:
                counts["poisoned"] += self._events["poisoned"] - before
                self._stored.put(row, source)
                counts["rebuilt"] += self._stored.get(row) is not None
        except (AvatarError, StorageError) as error:
            self._unrepaired(f"avatar {row.id} version {row.version}: {error}")
            return False
        return True

    def _remove_strays(self) -> None:
        try:
            for key in self._stored.strays(list(self._rows.values())):
                self._stored.remove(key)
                self._checked.storage["strays"] += 1
        except StorageError as error:
            self._unrepaired(f"storage: {error}")

    def _check_shared(self, shared: RedisFaces) -> None:
        try:
            for name, entry in shared.entries():
                self._check_entry(shared, name, entry)
            self._checked.lines_set_right = shared.set_right()
        except RedisError as error:
            self._unrepaired(f"Redis: {error}")

    def _check_entry(self, shared: RedisFaces, name: FaceName, entry: bytes) -> None:
        counts = self._checked.redis
        counts["checked"] += 1
        row = self._rows.get(name)
        if row is None:
            shared.remove(name.avatar)
            counts["strays"] += 1
            return
        try:
            unpack(entry)
        except FaceFileBroken as error:
            log.warning("kept_face_poisoned", avatar=name.avatar, version=name.version, error=str(error))
            counts["poisoned"] += 1
            shared.remove(name.avatar)
            counts["rebuilt"] += self._put_again(shared, row)

    def _put_again(self, shared: RedisFaces, row: AvatarRow) -> bool:
        if not self._good[name_of(row)]:
            return False
        return shared.put(name_of(row), load_face(self._storage, row))

    def _note(self, level: str, event: str, count: int) -> None:
        del level
        self._events[event] += count

    def _unrepaired(self, what: str) -> None:
        self._checked.unrepaired.append(what)
