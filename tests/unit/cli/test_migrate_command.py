"""Operators see what a migration of avatars would do before it does anything, by either of its names."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import settings
from avatars.database import open_database
from avatars.face_stored import made_key
from avatars.registry import Registry
from avatars.storage_homes import open_storage
from cli.migrate import migrate

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "AVATAR_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    assert run("--samples").exit_code == 0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(migrate, list(arguments))


def break_samira() -> None:
    configured = settings.load()
    storage = open_storage(configured.storage, endpoint=None)
    database = open_database(configured.database_url)
    storage.put(made_key(Registry(database, storage).get("samira")), b"nothing of the kind")
    database.close()


def test_a_house_of_this_build_has_nothing_to_do() -> None:
    done = run("--avatars")
    assert (done.exit_code, done.stdout) == (0, "2 avatars: nothing to do\n")


def test_what_is_broken_fails_the_command_and_is_named() -> None:
    break_samira()
    done = run("--avatars", "--apply", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["avatars"], told["applied"]) == (2, True)
    assert [(one["avatar"], one["outcome"]) for one in told["found"]] == [("samira", "broken")]


@pytest.mark.parametrize("option", ["--apply", "--json"])
def test_options_of_avatars_do_nothing_to_tables(option: str) -> None:
    done = run(option)
    assert done.exit_code == 2
    assert "--avatars" in done.stderr


def test_the_script_is_the_same_door() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "migrate_avatars.py"), "--json"],
        cwd=ROOT, env=settings.environment({}), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"avatars": 2, "applied": False, "found": []}
