"""Uses are noted in bulk, and tell which faces are likely to be asked for next."""

from datetime import UTC, datetime, timedelta

import pytest

from avatars.database import Database
from avatars.registry import AvatarFiles, Registry, Titles
from avatars.storage_memory import MemoryStorage
from avatars.usage import Usage


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, MemoryStorage())


@pytest.fixture
def usage(database: Database) -> Usage:
    return Usage(database)


def _register(registry: Registry, avatar_id: str = "samira") -> None:
    files = AvatarFiles(picture=b"picture", points=b"points", preview=b"preview")
    titles = Titles(fa="سمیرا", en="Samira")
    registry.register(avatar_id, titles=titles, voice="fa", files=files, owner="house")


def test_uses_are_noted_together_and_only_ever_later(registry: Registry, usage: Usage) -> None:
    _register(registry)
    _register(registry, "kian")
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    usage.note({"samira": noon, "kian": noon, "nobody": noon})
    usage.note({"samira": noon - timedelta(hours=1), "kian": noon + timedelta(hours=1)})
    assert registry.get("samira").last_used_at == noon
    assert registry.get("kian").last_used_at == noon + timedelta(hours=1)


def test_pinned_faces_are_the_likeliest_then_those_used_or_made_last(
    registry: Registry, usage: Usage
) -> None:
    for name in ("first", "second", "pinned", "gone", "newest"):
        _register(registry, name)
    registry.pin("pinned", True)
    registry.retire("gone")
    future = datetime.now(UTC) + timedelta(minutes=1)
    usage.note({"first": future, "pinned": future - timedelta(days=9)})
    likely = usage.likeliest(3)
    assert [(one.avatar_id, one.pinned) for one in likely] == [
        ("pinned", True), ("first", False), ("newest", False),
    ]  # fmt: skip
    assert likely[0][1:3] == (1, "warp")
    assert [one.avatar_id for one in usage.likeliest(9)] == ["pinned", "first", "newest", "second"]
