"""What is wrong around a command is one sentence with a setting's name, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from services import fresh_postgres_database

import settings
from cli import troubles, up
from cli.main import main

SILENT = "127.0.0.1:9"


def run(env: dict[str, str], *arguments: str) -> Result:
    cleared = dict.fromkeys(("REDIS_URL", "MEDIA_REDIS_URL", "DATABASE_URL", "AVATAR_VAR"), "")
    return CliRunner().invoke(main, list(arguments), env={**cleared, **env})


def check_told(result: Result, *words: str) -> None:
    """One sentence on stderr that holds the words, a status, no password."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "s3cret" not in result.output
    assert [word for word in words if word not in line] == []


POSTGRES = f"postgresql+psycopg2://me:s3cret@{SILENT}/avatar"


@pytest.mark.parametrize(
    ("env", "arguments", "words"),
    [
        ({"AVATAR_LOG_LEVEL": "LOUD"}, ["up"], ["AVATAR_LOG_LEVEL", "DEBUG, INFO, WARNING, ERROR"]),
        ({"REDIS_URL": "http://me:s3cret@h/0"}, ["up"], ["REDIS_URL", "rediss://"]),
        ({"REDIS_URL": "http://me:s3cret@h/0"}, ["doctor"], ["REDIS_URL", "redis://"]),
        ({"AVATAR_WORKER_METRICS_PORT": "http"}, ["up"], ["AVATAR_WORKER_METRICS_PORT", "65535"]),
        ({"DATABASE_URL": POSTGRES}, ["migrate"], ["DATABASE_URL", SILENT, "refused", "start the server"]),
        ({"DATABASE_URL": POSTGRES}, ["key", "create", "--name", "a"], ["DATABASE_URL", SILENT]),
        ({"REDIS_URL": f"redis://me:s3cret@{SILENT}/0"}, ["workers"], ["REDIS_URL", SILENT, "refused"]),
    ],
)
def test_a_setting_that_names_nothing_usable_is_told_in_one_sentence(
    tmp_path: Path, env: dict[str, str], arguments: list[str], words: list[str]
) -> None:
    check_told(run({"AVATAR_VAR": str(tmp_path / "var"), **env}, *arguments), *words)


@pytest.mark.parametrize("arguments", [["up"], ["up", "--detach"], ["migrate"]])
def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "file").write_text("")
    check_told(run({"AVATAR_VAR": str(tmp_path / "file" / "var")}, *arguments), "AVATAR_VAR", "file/var")


def test_the_doctor_finds_each_of_them_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"AVATAR_VAR": str(tmp_path / "file" / "var"), "DATABASE_URL": POSTGRES, "COLUMNS": "200"}
    result = run({**env, "REDIS_URL": f"redis://me:s3cret@{SILENT}/0"}, "doctor")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    bad = [line.split()[1] for line in result.stdout.splitlines() if line.startswith(" bad")]
    assert bad == ["redis", "database", "storage", "disk"]
    assert "service" in result.stdout
    assert "s3cret" not in result.output


def test_a_password_that_is_wrong_is_told_without_telling_it(postgres_url: str) -> None:
    with fresh_postgres_database(postgres_url) as url:
        wrong = url.replace("avatar@", "nobody:s3cret@")
        check_told(run({"DATABASE_URL": wrong}, "migrate"), "DATABASE_URL", "nobody")


def test_what_prepares_a_service_ends_with_the_sentence_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.prepare"], capture_output=True, text=True, check=False,
        env={**os.environ, "AVATAR_VAR": str(tmp_path), "DATABASE_URL": POSTGRES, "REDIS_URL": ""},
    )  # fmt: skip
    assert done.returncode == troubles.TROUBLE_STATUS
    assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)
    assert done.stderr.startswith("DATABASE_URL: ")
    assert "s3cret" not in done.stderr


def test_a_fault_of_our_own_is_no_trouble_around() -> None:
    assert troubles.told(FileNotFoundError(2, "No such file", "x")) is None
    assert not isinstance(ValueError("x"), troubles.known())


def test_a_failed_start_shows_each_step_once_and_then_the_error_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = tmp_path / "up.log"
    said = "starting: redis\nstarting: tables and avatars\nredis is killed\nError: DATABASE_URL: no\n"
    words.write_text(said)
    dead = subprocess.Popen(["true"])
    dead.wait()
    with pytest.raises(Exception, match=r"^the service did not start: DATABASE_URL: no$"):
        up.wait_until_ready(tmp_path, dead, words)
    assert capsys.readouterr().err == "starting: redis\nstarting: tables and avatars\n"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://me:s3cret@h:1/0", "redis://h:1/0"),
        ("redis://:p@s3cret@h/0", "redis://h/0"),
        ("http://me:s3://cret@h", "http://h"),
        ("postgresql+psycopg2://h/db?password=s3cret", "postgresql+psycopg2://h/db"),
        ("postgresql+psycopg2://h/db?password=a@s3cret", "postgresql+psycopg2://..."),
        ("postgresql+psycopg2://me:s3?cret@h/db", "postgresql+psycopg2://..."),
        ("me:s3cret@h", "h"),
        ("sqlite:////srv/avatar.db", "sqlite:////srv/avatar.db"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(url: str, shown: str) -> None:
    assert settings.without_secrets(url) == shown
