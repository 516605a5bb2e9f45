"""In Redis the faces that are asked for most stay, within the bytes allowed, whoever asks."""

import threading
from collections import Counter

import pytest
import redis as redis_client
from faces import face, same

from avatars.face_entry import pack
from avatars.face_levels import FaceName
from avatars.face_redis import RedisFaces

ENTRY_BYTES = max(len(pack(face(seed))) for seed in range(20)) + 512


class Level:
    def __init__(self, client: redis_client.Redis, limit_faces: float) -> None:
        self.now_s = 1_000_000.0
        self.events: Counter[str] = Counter()
        self.faces = RedisFaces(client, int(limit_faces * ENTRY_BYTES), 60.0, self._note, lambda: self.now_s)

    def _note(self, level: str, event: str, count: int) -> None:
        assert level == "redis"
        self.events[event] += count

    def ask(self, avatar: str, version: int = 1) -> bool:
        name = FaceName(avatar, version, "s")
        track, wanted = self.faces.get(name)
        if track is None and wanted:
            self.faces.put(name, face(1))
        return track is not None

    def kept(self) -> set[str]:
        return {name.avatar for name, _ in self.faces.entries()}


def test_a_face_comes_back(redis: redis_client.Redis) -> None:
    level = Level(redis, 3)
    name = FaceName("a", 1, "s")
    assert level.faces.get(name) == (None, True)
    assert level.faces.put(name, face(7))
    track, _ = level.faces.get(name)
    assert track is not None
    assert same(track, face(7))
    assert (level.events["hits"], level.events["misses"]) == (1, 1)
    assert level.faces.totals()["hits"] == 1


def test_a_face_that_is_asked_for_more_stays(redis: redis_client.Redis) -> None:
    level = Level(redis, 2)
    for avatar in ("often", "often", "a", "b", "c"):
        level.ask(avatar)
    assert level.kept() == {"often", "c"}
    assert level.events["evictions"] == 2
    state = level.faces.state()
    assert state is not None
    assert state.entries == 2
    assert state.kept_bytes <= 2 * ENTRY_BYTES


def test_one_that_would_not_be_kept_is_not_wanted(redis: redis_client.Redis) -> None:
    level = Level(redis, 1)
    level.ask("often")
    level.ask("often")
    assert level.faces.get(FaceName("new", 1, "s")) == (None, False)
    assert not level.faces.put(FaceName("new", 1, "s"), face())
    assert level.kept() == {"often"}


def test_nothing_is_kept_in_no_room(redis: redis_client.Redis) -> None:
    level = Level(redis, 0)
    assert not level.ask("a")
    assert not level.faces.put(FaceName("a", 1, "s"), face())
    assert level.kept() == set()


def test_a_new_version_takes_the_place_of_the_old_and_the_old_never_comes_back(
    redis: redis_client.Redis,
) -> None:
    level = Level(redis, 3)
    level.ask("a", 1)
    level.ask("a", 2)
    assert [name.version for name, _ in level.faces.entries()] == [2]
    assert not level.ask("a", 1)
    assert not level.faces.put(FaceName("a", 1, "s"), face())
    assert level.ask("a", 2)


def test_a_refused_new_version_does_not_leave_the_old(redis: redis_client.Redis) -> None:
    level = Level(redis, 1)
    level.ask("a", 1)
    assert not level.faces.put(FaceName("a", 2, "s"), face(frames=3))
    assert level.kept() == set()


def test_a_face_that_nobody_asks_for_is_let_go(redis: redis_client.Redis) -> None:
    level = Level(redis, 5)
    level.ask("a")
    level.now_s += 40
    level.ask("b")
    state = level.faces.state()
    assert state is not None
    assert state.oldest_s == pytest.approx(40)
    level.now_s += 40
    level.ask("b")
    assert level.kept() == {"b"}
    assert level.events["expired"] == 1


def test_counts_are_divided_long_before_they_overflow(redis: redis_client.Redis) -> None:
    level = Level(redis, 2)
    level.ask("often")
    level.ask("often")
    redis.hset("{faces}:sums", "requests", 10_000 * 500)
    level.ask("new")
    assert int(redis.hget("{faces}:sums", "requests") or 0) <= 1
    scores = dict(redis.zrange("{faces}:asked", 0, -1, withscores=True))
    assert 0 <= scores[b"often"] < scores[b"new"] < 10


def test_many_writers_at_once_never_exceed_the_bytes(redis: redis_client.Redis) -> None:
    level = Level(redis, 4)

    def work(seed: int) -> None:
        for n in range(40):
            level.ask(f"a{(seed * 7 + n) % 13}")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = level.faces.state()
    assert state is not None
    held = sum(len(entry) + 512 for _, entry in level.faces.entries())
    assert state.kept_bytes == held <= 4 * ENTRY_BYTES
    assert level.faces.set_right() == 0


def test_entries_that_somebody_else_removed_are_missed_and_set_right(redis: redis_client.Redis) -> None:
    level = Level(redis, 4)
    level.ask("a")
    level.ask("b")
    redis.delete("{faces}:e:a")
    assert level.faces.set_right() == 2
    state = level.faces.state()
    assert state is not None
    assert state.entries == 1
    assert not level.ask("a")


def test_only_one_has_the_right_to_build(redis: redis_client.Redis) -> None:
    faces, name = Level(redis, 1).faces, FaceName("a", 1, "s")
    give_back = faces.lock(name)
    assert give_back is not None
    assert faces.lock(name) is None
    give_back()
    assert faces.lock(name) is not None


def test_a_right_that_ran_out_is_not_taken_from_the_next(redis: redis_client.Redis) -> None:
    faces, name = Level(redis, 1).faces, FaceName("a", 1, "s")
    late = faces.lock(name)
    redis.delete(*redis.keys("{faces}:b:*"))
    assert faces.lock(name) is not None
    assert late is not None
    late()
    assert faces.lock(name) is None
