"""The small files of the house: run.json, logs, the table of verbs."""

import os
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import settings
from cli import run_file
from cli.doctor import check_captions
from cli.folder_lock import AlreadyRunning, in_use, only_one
from cli.log_file import LogFile, tail
from cli.main import COMMANDS, main

RUN = run_file.RunFile(
    address="http://127.0.0.1:1234", key="ak_1_2", pid=os.getpid(), started="2026-01-01T00:00:00+00:00",
    login="http://127.0.0.1:1234/login?code=x", redis_url="redis://x", ports={"web": 1234},
)  # fmt: skip


def test_a_run_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    run_file.write(tmp_path, RUN)
    assert run_file.read(tmp_path) == RUN


def test_nobody_but_its_owner_may_read_a_run_file(tmp_path: Path) -> None:
    run_file.write(tmp_path, RUN)
    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"address": "x"}', '{"unknown": 1}'])
def test_a_run_file_that_is_not_ours_means_that_nothing_runs(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(run_file.NotRunning, match="make up"):
        run_file.read(tmp_path)


def test_a_run_file_that_is_not_there_says_how_to_start(tmp_path: Path) -> None:
    run_file.remove(tmp_path)
    with pytest.raises(run_file.NotRunning, match="AVATAR_URL"):
        run_file.read(tmp_path)


def test_one_folder_holds_one_service(tmp_path: Path) -> None:
    assert not in_use(tmp_path)
    with only_one(tmp_path):
        assert in_use(tmp_path)
        with pytest.raises(AlreadyRunning, match="still starting"), only_one(tmp_path):
            pytest.fail("two services in one folder")
        run_file.write(tmp_path, RUN)
        with pytest.raises(AlreadyRunning, match=r"http://127\.0\.0\.1:1234"), only_one(tmp_path):
            pytest.fail("two services in one folder")
    assert not in_use(tmp_path)


def test_a_log_never_holds_more_than_two_files_of_its_limit(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log", limit_bytes=100)
    for number in range(100):
        log.write(f"line {number}\n".encode())
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.log.1"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    both = (tmp_path / "x.log.1").read_text() + (tmp_path / "x.log").read_text()
    numbers = [int(line.split()[1]) for line in both.splitlines()]
    assert numbers == list(range(numbers[0], 100))


def test_a_log_that_is_there_is_added_to(tmp_path: Path) -> None:
    for text in (b"first\n", b"second\n"):
        log = LogFile(tmp_path / "x.log")
        log.write(text)
        log.close()
    assert (tmp_path / "x.log").read_text() == "first\nsecond\n"


def test_what_is_larger_than_the_limit_alone_is_still_kept(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "x.log", limit_bytes=10)
    log.write(b"x" * 50)
    log.close()
    assert (tmp_path / "x.log").read_bytes() == b"x" * 50


def test_the_last_lines_of_a_log_are_its_tail(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("".join(f"{n}\n" for n in range(50_000)))
    assert tail(tmp_path / "x.log", 3) == "49997\n49998\n49999"
    assert tail(tmp_path / "absent.log") == ""


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_verb_has_its_room_and_explains_itself(verb: str) -> None:
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    assert CliRunner().invoke(main, [verb, "--help"]).exit_code == 0
    # The table's line and the command's own must not drift apart in kind: both are sentences.
    assert COMMANDS[verb][2].endswith(".")


def test_help_names_every_verb() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    assert all(f"  {verb} " in shown for verb in COMMANDS)


def test_a_verb_that_is_not_there_is_an_error() -> None:
    done = CliRunner().invoke(main, ["sing"])
    assert done.exit_code == 2
    assert "sing" in done.output


def test_a_client_without_a_service_is_told_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    for name in ("AVATAR_URL", "AVATAR_KEY"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(main, ["say", "سلام"])
    assert done.exit_code == 1
    assert "make up" in done.output


def test_a_service_that_is_gone_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    monkeypatch.setenv("AVATAR_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AVATAR_KEY", "ak_1_2")
    done = CliRunner().invoke(main, ["say", "سلام"])
    assert done.exit_code == 1
    assert "nobody answers at http://127.0.0.1:9" in done.output


def test_a_key_is_made_and_printed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert CliRunner().invoke(main, ["migrate"]).exit_code == 0
    first, second = (
        CliRunner().invoke(main, ["key", "create", "--name", "me"]).output.strip() for _ in range(2)
    )
    assert first.startswith("ak_")
    assert first != second
    assert first.rpartition("_")[2].encode() not in (tmp_path / "avatar.db").read_bytes()


def test_a_key_of_an_unknown_role_is_refused_with_the_known_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    done = CliRunner().invoke(main, ["key", "create", "--name", "me", "--role", "king"])
    assert done.exit_code == 2
    assert "admin" in done.output


def test_the_doctor_finds_a_var_folder_it_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 0, done.output
    assert "libx264 and libopus" in done.output


def test_the_doctor_fails_where_redis_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1
    assert "does not answer" in done.output


def test_down_takes_away_what_a_dead_service_left_and_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The number is this very process's: after a reboot a stranger may have it.
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    run_file.write(tmp_path, RUN)
    assert "died already" in CliRunner().invoke(main, ["down"]).output
    assert not (tmp_path / "run.json").exists()
    assert "no service runs" in CliRunner().invoke(main, ["down"]).output


def test_the_doctor_looks_at_the_font_of_captions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vazirmatn: bytes
) -> None:
    monkeypatch.setenv("AVATAR_ASSETS", str(tmp_path))
    configured = settings.load()
    assert "Vazirmatn" in check_captions(configured).text
    own = tmp_path / "fonts" / "persian.ttf"
    own.parent.mkdir()
    own.write_bytes(b"no font")
    assert check_captions(configured).verdict == "note"
    assert str(own) in check_captions(configured).text
    own.write_bytes(vazirmatn)
    assert "Vazirmatn" in check_captions(configured).text
