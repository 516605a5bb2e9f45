"""The walk over all kept faces finds what is broken, repairs it, and says what it could not."""

import redis as redis_client
from faces import face, registered, same

from avatars.face_check import Check
from avatars.face_levels import FaceName
from avatars.face_redis import RedisFaces
from avatars.face_stored import StoredFaces, made_key, name_of
from avatars.facecache import CacheLimits, FaceCache
from avatars.storage_memory import MemoryStorage

LIMITS = CacheLimits(process_bytes=1 << 20, redis_bytes=1 << 20)


def _shared(client: redis_client.Redis) -> RedisFaces:
    return RedisFaces(client, 1 << 20, 3600.0, lambda _level, _event, _count: None)


def test_whole_faces_are_left_alone(redis: redis_client.Redis) -> None:
    storage = MemoryStorage()
    row = registered(storage, "a", seed=1)
    FaceCache(storage, limits=LIMITS, client=redis).get(row)
    told: list[int] = []
    check = Check([row], storage, _shared(redis), told.append)
    checked = check.run()
    assert checked.storage == {"checked": 1, "poisoned": 0, "rebuilt": 0, "strays": 0}
    assert checked.redis == {"checked": 1, "poisoned": 0, "rebuilt": 0, "strays": 0}
    assert (checked.lines_set_right, checked.unrepaired) == (0, [])
    assert told[-1] == check.steps


def test_poisoned_faces_are_made_again_at_both_levels(redis: redis_client.Redis) -> None:
    storage = MemoryStorage()
    row = registered(storage, "a", seed=1)
    FaceCache(storage, limits=LIMITS, client=redis).get(row)
    storage.put(made_key(row), b"junk")
    redis.hset("{faces}:e:a", "d", b"junk")
    checked = Check([row], storage, _shared(redis)).run()
    assert checked.storage == {"checked": 1, "poisoned": 1, "rebuilt": 1, "strays": 0}
    assert (checked.redis["poisoned"], checked.redis["rebuilt"]) == (1, 1)
    assert checked.to_json()["good"] is True
    track, _ = _shared(redis).get(name_of(row))
    assert track is not None
    assert same(track, face(1))
    again = Check([row], storage, _shared(redis)).run()
    assert (again.storage["poisoned"], again.redis["poisoned"], again.lines_set_right) == (0, 0, 0)


def test_a_face_file_that_was_never_made_is_made() -> None:
    storage = MemoryStorage()
    row = registered(storage, "a")
    checked = Check([row], storage, None).run()
    assert (checked.storage["poisoned"], checked.storage["rebuilt"]) == (0, 1)
    assert storage.exists(made_key(row))


def test_faces_of_no_version_are_removed(redis: redis_client.Redis) -> None:
    storage = MemoryStorage()
    row, gone = registered(storage, "a"), registered(storage, "gone")
    cache = FaceCache(storage, limits=LIMITS, client=redis)
    cache.get(row)
    cache.get(gone)
    checked = Check([row], storage, _shared(redis)).run()
    assert (checked.storage["strays"], checked.redis["strays"]) == (1, 1)
    assert not storage.exists(made_key(gone))
    assert [name for name, _ in _shared(redis).entries()] == [name_of(row)]


def test_an_avatar_whose_own_picture_is_broken_is_named() -> None:
    storage = MemoryStorage()
    good, bad = registered(storage, "good"), registered(storage, "bad")
    storage.put(bad.picture_key, b"junk")
    checked = Check([good, bad], storage, None).run()
    assert len(checked.unrepaired) == 1
    assert "avatar bad version 1" in checked.unrepaired[0]
    assert checked.to_json()["good"] is False
    assert storage.exists(made_key(good))


def test_an_entry_without_fields_is_a_stray(redis: redis_client.Redis) -> None:
    redis.hset("{faces}:e:odd", "x", "y")
    assert Check([], MemoryStorage(), _shared(redis)).run().redis["strays"] == 1
    assert list(_shared(redis).entries()) == []


def test_what_storage_holds_is_counted() -> None:
    storage = MemoryStorage()
    row = registered(storage, "a")
    Check([row], storage, None).run()
    state = StoredFaces(storage, lambda _level, _event, _count: None).state()
    assert (state.entries, state.kept_bytes) == (1, storage.size_bytes(made_key(row)))
    assert FaceName("a", 2, "x").replaces(name_of(row))
