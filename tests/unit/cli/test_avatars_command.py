"""Operators see which avatars there are, and say which of them workers have ready."""

import json
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

import migrations.run
import settings
from avatars.database import open_database
from avatars.registry import AvatarFiles, Registry, Titles
from avatars.seeding import seed_samples
from avatars.storage_homes import open_storage
from avatars.viseme_sheet import BLINK_FRAMES, SOUNDS
from cli.avatars import avatars
from cli.main import COMMANDS


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    for name in ("DATABASE_URL", "AVATAR_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    configured = settings.load()
    migrations.run.upgrade(configured.database_url)
    database = open_database(configured.database_url)
    registry = Registry(database, open_storage(configured.storage, endpoint=None))
    files = AvatarFiles(picture=b"picture", points=b"points", preview=b"preview")
    for name in ("samira", "kian", "old"):
        registry.register(name, titles=Titles(fa="س", en="S"), voice="fa", files=files, owner="house")
    registry.retire("old")
    return registry


def run(*arguments: str) -> Result:
    return CliRunner().invoke(avatars, list(arguments))


def listed(*arguments: str) -> dict[str, bool]:
    rows = [json.loads(line) for line in run("list", "--json", *arguments).stdout.splitlines()]
    return {row["id"]: row["pinned"] for row in rows}


def test_it_is_a_verb_of_the_command() -> None:
    assert COMMANDS["avatars"][:2] == ("cli.avatars", "avatars")


def test_avatars_are_pinned_and_left_again(registry: Registry) -> None:
    assert listed() == {"samira": False, "kian": False}
    done = run("pin", "kian", "samira")
    assert (done.exit_code, done.stdout) == (0, "pinned: kian, samira\n")
    assert registry.get("kian").pinned
    assert run("unpin", "samira").stdout == "not pinned any more: samira\n"
    assert listed() == {"samira": False, "kian": True}


def test_names_that_nobody_has_are_told_and_the_others_pinned_all_the_same() -> None:
    done = run("pin", "nobody", "kian")
    assert done.exit_code == 1
    assert "no avatar 'nobody'; `avatar avatars list`" in done.stderr
    assert listed()["kian"]


def test_the_list_is_of_ready_avatars_unless_other_states_are_asked_for() -> None:
    assert list(listed("--state", "retired")) == ["old"]
    table = run("list").stdout
    assert "samira" in table
    assert "old" not in table


def test_a_sheet_shows_every_mouth_and_a_blink_of_a_seeded_avatar(tmp_path: Path) -> None:
    configured = settings.load()
    database = open_database(configured.database_url)
    seed_samples(Registry(database, open_storage(configured.storage, endpoint=None)))
    done = run("sheet", "samira", "--out", str(tmp_path / "sheets"))
    assert done.exit_code == 0
    shown = cv2.imread(str(tmp_path / "sheets" / "samira.jpg"))
    cells = len(SOUNDS) + len(BLINK_FRAMES)
    assert shown.shape[0] // 262 * 5 == cells
    rest, closed = (shown[20:220, left : left + 240].astype(int) for left in (0, 240))
    wide = shown[544:744, 480:720].astype(int)
    assert abs(rest - closed).mean() < abs(rest - wide).mean()
    assert abs(rest - wide).max() > 60


def test_a_sheet_of_nobody_is_refused_with_the_known_names() -> None:
    done = run("sheet", "nobody")
    assert done.exit_code == 1
    assert "nobody" in done.stderr
    assert "kian" in done.stderr
