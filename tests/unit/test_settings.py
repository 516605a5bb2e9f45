import platform
from pathlib import Path

import pytest

import settings


def test_an_empty_environment_gives_a_service_on_this_machine_alone() -> None:
    chosen = settings.load({})
    assert chosen.host == "127.0.0.1"
    assert chosen.port == 0
    assert chosen.var == Path.cwd() / "var"
    assert chosen.database_url == f"sqlite:///{Path.cwd() / 'var' / 'avatar.db'}"
    assert chosen.redis_url == f"redis+socket://{Path.cwd() / 'var' / 'run' / 'redis.sock'}"


def test_an_empty_value_means_the_default() -> None:
    names = ("AVATAR_VAR", "REDIS_URL", "AVATAR_PORT", "AVATAR_AHEAD_S", "AVATAR_KEY", "AVATAR_LOG_LEVEL")
    assert settings.load(dict.fromkeys(names, " ")) == settings.load({})


def test_everything_that_is_written_follows_the_var_folder() -> None:
    chosen = settings.load({"AVATAR_VAR": "/srv/avatar"})
    assert chosen.storage == "/srv/avatar/storage"
    assert chosen.secret_file == Path("/srv/avatar/secret")
    assert chosen.redis_socket == Path("/srv/avatar/run/redis.sock")


def test_a_path_too_long_for_a_socket_gets_a_short_one_of_its_own() -> None:
    long = [settings.load({"AVATAR_VAR": "/" + "x" * 100 + end}).redis_socket for end in ("a", "b")]
    assert all(path is not None and len(str(path)) <= 107 for path in long)
    assert long[0] != long[1]


def test_the_longest_path_a_socket_may_have_is_kept() -> None:
    fits = "/" + "x" * (107 - len("/run/redis.sock") - 1)
    assert settings.load({"AVATAR_VAR": fits}).redis_socket == Path(fits) / "run" / "redis.sock"
    assert settings.load({"AVATAR_VAR": fits + "x"}).redis_socket != Path(fits + "x") / "run" / "redis.sock"


def test_a_redis_of_ones_own_needs_no_embedded_one_and_carries_the_media_too() -> None:
    chosen = settings.load({"REDIS_URL": "redis://db.example:6379/1"})
    assert chosen.redis_socket is None
    assert chosen.media_redis_url == "redis://db.example:6379/1"


def test_the_media_can_have_a_redis_apart() -> None:
    chosen = settings.load({"REDIS_URL": "redis://a/0", "MEDIA_REDIS_URL": "redis://b/0"})
    assert (chosen.redis_url, chosen.media_redis_url) == ("redis://a/0", "redis://b/0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AVATAR_PORT", "65536"),
        ("AVATAR_PORT", "-1"),
        ("AVATAR_PORT", "http"),
        ("AVATAR_WEB_THREADS", "7"),
        ("AVATAR_WORKERS", "1.5"),
        ("AVATAR_POOL_SIZE", "0"),
        ("AVATAR_AHEAD_S", "0.4"),
        ("AVATAR_AHEAD_S", "nan"),
        ("AVATAR_AHEAD_S", "four"),
        ("AVATAR_RETENTION_HOURS", "0"),
    ],
)
def test_a_number_out_of_range_stops_with_its_name_and_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(settings.BadSetting, match=f"{name}={value!r}: must be .* from .* to") as raised:
        settings.load({name: value})
    assert raised.value.name == name


def test_the_driver_that_is_not_installed_is_refused_without_telling_the_password() -> None:
    with pytest.raises(settings.BadSetting, match=r"postgresql\+psycopg2") as raised:
        settings.load({"DATABASE_URL": "postgresql://me:s3cret@db/avatar"})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("name", ["REDIS_URL", "MEDIA_REDIS_URL"])
@pytest.mark.parametrize("value", ["http://me:s3cret@h/0", "h:6379", "redis://:s3cret@h:x/0", "redis://h:70000"])
def test_a_redis_address_of_another_kind_is_refused_without_its_password(name: str, value: str) -> None:
    with pytest.raises(settings.BadSetting, match="redis://host:port/0") as raised:
        settings.load({name: value})
    assert raised.value.name == name
    assert "s3cret" not in str(raised.value)


def test_every_kind_of_redis_address_is_taken() -> None:
    for url in ("redis://h", "rediss://me:p@h:6380/1", "redis+socket:///run/redis.sock?virtual_host=1"):
        assert settings.load({"REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize("level", settings.LOG_LEVELS)
def test_a_log_level_may_be_written_small(level: str) -> None:
    assert settings.load({"AVATAR_LOG_LEVEL": level.lower()}).log_level == level


def test_an_unknown_log_level_lists_the_known_ones() -> None:
    with pytest.raises(settings.BadSetting, match="DEBUG, INFO, WARNING, ERROR"):
        settings.load({"AVATAR_LOG_LEVEL": "LOUD"})


def test_a_database_port_that_is_no_number_is_told_without_the_password() -> None:
    with pytest.raises(settings.BadSetting, match="%40") as raised:
        settings.load({"DATABASE_URL": "postgresql+psycopg2://me:s3cret@h:five/avatar"})
    assert "s3cret" not in str(raised.value)


def test_origins_are_split_and_trimmed() -> None:
    chosen = settings.load({"AVATAR_ORIGINS": " https://a.example , ,https://b.example"})
    assert chosen.origins == ("https://a.example", "https://b.example")


def test_a_child_gets_this_environment_with_some_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_PORT", "1")
    monkeypatch.setenv("AVATAR_HOST", "::1")
    made = settings.environment({"AVATAR_PORT": "2"})
    assert (made["AVATAR_PORT"], made["AVATAR_HOST"]) == ("2", "::1")


def test_a_mirror_of_assets_is_a_folder_or_an_address() -> None:
    assert settings.load({}).asset_mirror is None
    assert settings.load({"AVATAR_ASSET_MIRROR": "models"}).asset_mirror == str(Path.cwd() / "models")
    assert settings.load({"AVATAR_ASSET_MIRROR": "https://a.example/m"}).asset_mirror == "https://a.example/m"
    with pytest.raises(settings.BadSetting, match="use a folder, http:// or https://") as raised:
        settings.load({"AVATAR_ASSET_MIRROR": "ftp://me:s3cret@a.example/m"})
    assert "s3cret" not in str(raised.value)


def test_assets_lie_in_the_var_folder_unless_they_are_told_another() -> None:
    assert settings.load({"AVATAR_VAR": "/srv/avatar"}).asset_dir == Path("/srv/avatar/assets")
    assert settings.load({"AVATAR_ASSETS": "/srv/models"}).asset_dir == Path("/srv/models")


def test_files_are_kept_in_a_folder_or_in_a_bucket() -> None:
    assert settings.load({"AVATAR_STORAGE": "here"}).storage == str(Path.cwd() / "here")
    chosen = settings.load({"AVATAR_STORAGE": "s3://house/a/b/", "AVATAR_S3_ENDPOINT": "http://minio:9000/"})
    assert (chosen.storage, chosen.s3_endpoint) == ("s3://house/a/b", "http://minio:9000")
    assert settings.load({}).s3_endpoint is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AVATAR_STORAGE", "s3://"),
        ("AVATAR_STORAGE", "s3://Ab"),
        ("AVATAR_STORAGE", "s3://house/../up"),
        ("AVATAR_STORAGE", "s3://house/a b"),
        ("AVATAR_STORAGE", "gs://house"),
        ("AVATAR_S3_ENDPOINT", "minio:9000"),
        ("AVATAR_S3_ENDPOINT", "ftp://minio"),
        ("AVATAR_S3_ENDPOINT", "http://minio:0"),
        ("AVATAR_S3_ENDPOINT", "http://"),
        ("AVATAR_S3_ENDPOINT", "http://me:s3cret@minio"),
    ],
)
def test_a_bucket_is_named_by_an_address_without_secrets(name: str, value: str) -> None:
    with pytest.raises(settings.BadSetting, match=name) as caught:
        settings.load({name: value})
    assert "s3cret" not in str(caught.value)


def test_an_avatars_own_engine_is_kept_unless_it_is_the_plain_one() -> None:
    assert settings.load({}).engine_for("warp") == "warp"
    painted = settings.load({"AVATAR_ENGINE": "wav2lip"})
    assert [painted.engine_for(own) for own in ("warp", "other")] == ["wav2lip", "other"]


def test_workers_alone_are_named_after_their_machine_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_WORKER_NAME", "")
    assert settings.load_workers().worker_name == platform.node()
    monkeypatch.setenv("AVATAR_WORKER_NAME", "left")
    assert settings.load_workers().worker_name == "left"
