"""What the levels of the face cache have in common: their names, what they count, their state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from avatars.registry import AvatarRow

Level = Literal["process", "redis", "storage"]
LEVELS: Final[tuple[Level, ...]] = ("process", "redis", "storage")
"""In the order they are asked."""

Event = Literal["hits", "misses", "evictions", "expired", "poisoned", "troubles"]
EVENTS: Final[tuple[Event, ...]] = ("hits", "misses", "evictions", "expired", "poisoned", "troubles")
"""What is counted at each level; troubles are answers that did not come."""

Note = Callable[[str, str, int], None]
"""Called with a level, an event and how often it has happened just now."""


@dataclass(frozen=True, slots=True)
class LevelState:
    """What one level holds."""

    entries: int
    kept_bytes: int
    limit_bytes: int | None
    """None where nothing is evicted."""
    oldest_s: float | None
    """Since the face that has gone longest without being asked for was; None where it is not kept."""


@dataclass(frozen=True, slots=True)
class FaceName:
    """Which face of which avatar: the avatar's version and what it was made from."""

    avatar: str
    version: int
    source: str
    """SHA-256 (hex) over the checksums of the files that the face is made from."""

    def replaces(self, other: "FaceName") -> bool:
        """Return whether a level that keeps one face an avatar would keep this one for the other."""
        return self.version >= other.version


def face_name(avatar: AvatarRow, source: str) -> FaceName:
    """Return the name of a registered avatar's face."""
    return FaceName(avatar.id, avatar.version, source)


def rates(counts: Mapping[Level, Mapping[Event, int]]) -> Mapping[str, float]:
    """Return which part of all requests the process, and which any of the first two levels, answered."""
    asked = counts["process"]["hits"] + counts["process"]["misses"]
    if not asked:
        return {"process": 0.0, "memory": 0.0}
    process = counts["process"]["hits"]
    return {"process": process / asked, "memory": (process + counts["redis"]["hits"]) / asked}
