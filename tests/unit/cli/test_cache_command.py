"""`avatar cache` shows what is kept and repairs it; a face that cannot be had makes it fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import redis as redis_client
from click.testing import CliRunner, Result

from avatars.database import open_database
from avatars.face_stored import made_key
from avatars.facecache import CacheLimits, FaceCache
from avatars.registry import AvatarRow, Registry
from avatars.seeding import seed_samples
from avatars.storage_folder import FolderStorage
from cli.main import main
from migrations import run as migrations

ROOT = Path(__file__).parents[3]


@pytest.fixture
def house(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    """A service's folders with the sample avatars; the environment names them."""
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", redis_url)
    for name in ("MEDIA_REDIS_URL", "DATABASE_URL", "AVATAR_STORAGE", "AVATAR_FACE_REDIS_MB"):
        monkeypatch.setenv(name, "")
    migrations.upgrade(f"sqlite:///{tmp_path / 'avatar.db'}")
    return FolderStorage(tmp_path / "storage")


@pytest.fixture
def rows(house: FolderStorage, tmp_path: Path, redis: redis_client.Redis) -> list[AvatarRow]:
    """The samples, kept at both levels."""
    database = open_database(f"sqlite:///{tmp_path / 'avatar.db'}", pool_size=1)
    found = list(seed_samples(Registry(database, house)))
    database.close()
    cache = FaceCache(house, limits=CacheLimits(), client=redis)
    for row in found:
        cache.get(row)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["cache", *arguments])


def test_a_good_cache_is_good(rows: list[AvatarRow]) -> None:
    done = run("validate", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["good"] is True
    assert found["storage"]["checked"] == found["redis"]["checked"] == len(rows)


def test_poisoned_faces_are_repaired(
    rows: list[AvatarRow], house: FolderStorage, redis: redis_client.Redis
) -> None:
    house.put(made_key(rows[0]), b"junk")
    redis.hset("{faces}:e:" + rows[1].id, "d", b"junk")
    done = run("validate")
    assert done.exit_code == 0, done.output
    assert "1 poisoned" in done.stdout
    again = json.loads(run("validate", "--json").stdout)
    assert again["storage"]["poisoned"] == again["redis"]["poisoned"] == 0


def test_a_broken_picture_makes_it_fail_and_is_named(rows: list[AvatarRow], house: FolderStorage) -> None:
    house.put(rows[0].picture_key, b"junk")
    done = run("validate")
    assert done.exit_code == 1
    assert rows[0].id in done.stderr


def test_the_operators_script_is_the_same_door(rows: list[AvatarRow]) -> None:
    script = ROOT / "scripts" / "validate_avatar_cache.py"
    done = subprocess.run(
        [sys.executable, script, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1])["good"] is True


def test_stats_show_both_levels(rows: list[AvatarRow]) -> None:
    figures = json.loads(run("stats", "--json").stdout)
    assert figures["storage"]["entries"] == figures["redis"]["entries"] == len(rows)
    assert 0 < figures["redis"]["kept_bytes"] < figures["redis"]["limit_bytes"]
    assert figures["redis"]["misses"] == len(rows)
    assert "kept_bytes" in run("stats").stdout


def test_without_a_running_redis_storage_alone_is_looked_at(
    rows: list[AvatarRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    done = run("validate", "--json")
    assert done.exit_code == 0, done.output
    assert "only storage" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["redis"]["checked"] == 0
