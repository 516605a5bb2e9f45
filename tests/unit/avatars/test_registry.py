"""Avatars are added once, change by version, and are found by name or not at all."""

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from avatars.database import Database
from avatars.errors import BadAvatarId, BadKey, UnknownAvatar
from avatars.registry import Asked, AvatarFiles, AvatarRow, Registry, Titles
from avatars.storage import Storage
from avatars.storage_memory import MemoryStorage

FILES = AvatarFiles(picture=b"picture", points=b"points", preview=b"preview")


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def registry(database: Database, storage: MemoryStorage) -> Registry:
    return Registry(database, storage)


def _register(registry: Registry, avatar_id: str = "samira", files: AvatarFiles = FILES) -> AvatarRow:
    titles = Titles(fa="سمیرا", en="Samira")
    return registry.register(avatar_id, titles=titles, voice="fa-woman", files=files, owner="house")


def test_a_registered_avatar_is_ready_with_its_files_kept(registry: Registry, storage: Storage) -> None:
    before = datetime.now(UTC)
    row = _register(registry)
    assert registry.get("samira") == row
    assert (row.state, row.version, row.title_fa, row.voice) == ("ready", 1, "سمیرا", "fa-woman")
    assert row.picture_key == "avatars/samira/v1/picture.png"
    assert row.points_key == "avatars/samira/v1/points.json"
    assert storage.get(row.picture_key) == b"picture"
    assert storage.get(row.points_key) == b"points"
    assert storage.get(row.preview_key) == b"preview"
    assert row.picture_sha256 == hashlib.sha256(b"picture").hexdigest()
    assert before <= row.created_at <= row.updated_at <= datetime.now(UTC)


def test_registering_the_same_again_changes_nothing(registry: Registry, storage: Storage) -> None:
    first = _register(registry)
    assert _register(registry) == first
    assert len(list(storage.keys("avatars/"))) == 3


@pytest.mark.parametrize("changed", [{"picture": b"another"}, {"points": b"corrected"}])
def test_another_face_is_another_version_and_the_old_one_stays(
    registry: Registry, storage: Storage, changed: dict[str, bytes]
) -> None:
    first = _register(registry)
    second = _register(registry, files=replace(FILES, **changed))
    assert second.version == 2
    assert registry.get("samira") == second
    old = registry.get_version("samira", 1)
    assert (old.picture_key, old.picture_sha256) == (first.picture_key, first.picture_sha256)
    assert storage.get(first.picture_key) == b"picture"
    assert storage.get(second.points_key) == changed.get("points", b"points")


def test_another_title_or_preview_is_no_other_version(registry: Registry, storage: Storage) -> None:
    first = _register(registry)
    files = replace(FILES, preview=b"smaller")
    row = registry.register("samira", titles=Titles(fa="س", en="S"), voice="en", files=files, owner="house")
    assert (row.version, row.title_en, row.voice) == (1, "S", "en")
    assert storage.get(row.preview_key) == b"smaller"
    assert row.updated_at > first.updated_at


def test_files_that_storage_has_lost_are_put_back(registry: Registry, storage: Storage) -> None:
    row = _register(registry)
    assert registry.has_files(row)
    storage.delete(row.picture_key)
    assert not registry.has_files(row)
    _register(registry)
    assert storage.get(row.picture_key) == b"picture"


def test_files_of_somebody_who_died_before_committing_are_replaced(
    registry: Registry, storage: Storage
) -> None:
    _register(registry)
    storage.put("avatars/samira/v2/picture.png", b"half a registration")
    row = _register(registry, files=replace(FILES, points=b"corrected"))
    assert storage.get(row.picture_key) == b"picture"


class FullStorage(MemoryStorage):
    """A storage that takes points and nothing else."""

    def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
        if not key.endswith("points.json"):
            raise BadKey(key, "full")
        super().put(key, data, durable=durable)


def test_a_registration_whose_files_cannot_be_kept_leaves_no_row(database: Database) -> None:
    registry = Registry(database, FullStorage())
    with pytest.raises(BadKey):
        _register(registry)
    assert registry.find("samira") is None
    assert registry.list() == []


def test_an_unknown_avatar_is_refused_with_those_that_are_known(registry: Registry) -> None:
    with pytest.raises(UnknownAvatar, match="none yet"):
        registry.get("nobody")
    _register(registry, "samira")
    _register(registry, "kian")
    with pytest.raises(UnknownAvatar) as caught:
        registry.get("Samira")
    assert caught.value.known == ("kian", "samira")
    assert caught.value.asked == "Samira"


def test_a_version_that_never_was_is_unknown(registry: Registry) -> None:
    _register(registry)
    for version in (0, 2, -1):
        with pytest.raises(UnknownAvatar):
            registry.get_version("samira", version)


def test_avatars_are_listed_oldest_first(registry: Registry) -> None:
    for name in ("samira", "kian", "ahu"):
        _register(registry, name)
    assert [row.id for row in registry.list()] == ["samira", "kian", "ahu"]


def test_a_retired_avatar_takes_no_new_work_and_finishes_the_old(registry: Registry) -> None:
    row = _register(registry)
    assert registry.retire("samira")
    assert not registry.retire("samira")
    assert registry.list() == []
    with pytest.raises(UnknownAvatar):
        registry.get("samira")
    assert registry.get_version("samira", row.version).picture_key == row.picture_key
    found = registry.find("samira")
    assert found is not None
    assert found.state == "retired"
    assert found.retired_at is not None


def test_registering_a_retired_avatar_brings_it_back(registry: Registry) -> None:
    _register(registry)
    registry.retire("samira")
    row = _register(registry)
    assert (row.state, row.version, row.retired_at) == ("ready", 1, None)


def test_retiring_an_unknown_avatar_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownAvatar):
        registry.retire("nobody")


@pytest.mark.parametrize("name", ["", "Samira", "a/b", "..", "-a", "a b", "سمیرا", "a" * 65, "a\n"])
def test_a_name_that_is_none_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(BadAvatarId):
        _register(registry, name)


def test_many_that_register_one_name_at_once_agree(registry: Registry, storage: Storage) -> None:
    rows: list[AvatarRow] = []
    faces = [replace(FILES, picture=f"picture {n}".encode()) for n in range(4)]
    threads = [
        threading.Thread(target=lambda files=files: rows.append(_register(registry, files=files)))
        for files in faces
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row.version for row in rows) == [1, 2, 3, 4]
    for row in rows:
        assert hashlib.sha256(storage.get(row.picture_key)).hexdigest() == row.picture_sha256
    assert registry.get("samira").version == 4


def test_avatars_are_found_by_their_titles_and_ids(registry: Registry) -> None:
    _register(registry, "samira")
    registry.register("kian-2", titles=Titles("کیان", "Kian"), voice="fa", files=FILES, owner="house")
    found = {
        text: [row.id for row in registry.list(Asked(text=text))]
        for text in ("سميرا", "kian 2", "KIAN", "i", "%", "nobody", "samira kian")
    }
    assert found == {
        "سميرا": ["samira"], "kian 2": ["kian-2"], "KIAN": ["kian-2"], "i": ["samira", "kian-2"],
        "%": ["samira", "kian-2"], "nobody": [], "samira kian": [],
    }  # fmt: skip


def test_a_page_begins_behind_the_last_one(registry: Registry) -> None:
    names = ["e", "d", "c", "b", "a"]
    for name in names:
        _register(registry, name)
    first = registry.list(Asked(limit=2))
    second = registry.list(Asked(limit=2, after=first[-1].id))
    third = registry.list(Asked(limit=2, after=second[-1].id))
    assert [row.id for row in (*first, *second, *third)] == names
    assert registry.list(Asked(after="gone")) == []


def test_an_avatar_is_seen_by_its_owner_and_the_houses_by_all(registry: Registry) -> None:
    titles = Titles("م", "M")
    _register(registry, "samira")
    registry.register("mine", titles=titles, voice="fa", files=FILES, owner="me")
    assert [row.id for row in registry.list(Asked(seen_by="me"))] == ["samira", "mine"]
    assert [row.id for row in registry.list(Asked(seen_by="another"))] == ["samira"]
    assert registry.get("mine", seen_by="me").owner == "me"
    with pytest.raises(UnknownAvatar) as caught:
        registry.get("mine", seen_by="another")
    assert caught.value.known == ("samira",)
    assert registry.find("mine", seen_by="another") is None


def test_further_files_and_the_report_belong_to_the_version(registry: Registry, storage: Storage) -> None:
    files = replace(FILES, others={"idle.mp4": b"idle"}, report={"verdict": "good"}, kind="video")
    row = _register(registry, files=files)
    assert storage.get(row.key("idle.mp4")) == b"idle"
    assert (row.kind, row.report) == ("video", {"verdict": "good"})
    assert [each.version for each in registry.versions("samira")] == [1]


def test_files_are_streamed_from_a_folder(registry: Registry, storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "idle.mp4").write_bytes(b"a long film")
    row = _register(registry, files=replace(FILES, others={"idle.mp4": tmp_path / "idle.mp4"}))
    assert storage.get(row.key("idle.mp4")) == b"a long film"
    assert row.files["idle.mp4"] == hashlib.sha256(b"a long film").hexdigest()


def test_a_pinned_avatar_stays_pinned_when_it_changes(registry: Registry) -> None:
    _register(registry)
    assert registry.pin("samira", True)
    assert _register(registry, files=replace(FILES, points=b"moved")).pinned
    assert not registry.pin("nobody", True)
