"""Code, .env.example and docs/settings.md name the same settings, and one room reads them."""

import ast
import re
from pathlib import Path

import pytest

import settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "web", "tasks", "workers", "avatars", "lipsync", "monitoring", "migrations")
NAME = re.compile(r"(?:AVATAR_[A-Z0-9_]+|[A-Z_]*REDIS_URL|DATABASE_URL)")


class Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        self.names.add(key)
        return default


def asked_for() -> set[str]:
    asked = Asked()
    settings.load(asked)
    return asked.names


def test_the_example_file_names_every_setting_and_no_other() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(names) == sorted(asked_for())


def test_the_defaults_in_the_example_file_are_those_of_the_code() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert settings.load(given) == settings.load({})


def test_the_page_of_settings_names_every_setting_and_no_other() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(asked_for())
    assert set(NAME.findall(page)) <= asked_for()


def rooms() -> list[Path]:
    found = [ROOT / "celeryconfig.py"]
    for package in PACKAGES:
        found += sorted((ROOT / package).rglob("*.py"))
    return found


def reads_environment(tree: ast.AST) -> list[int]:
    """Return the lines that name os.environ or os.getenv, however os was imported."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv"}
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            lines += [node.lineno for alias in node.names if alias.name in names]
    return lines


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(ROOT)))
def test_only_settings_reads_the_environment(room: Path) -> None:
    assert reads_environment(ast.parse(room.read_text("utf-8"))) == []


def test_a_room_that_reads_the_environment_is_found() -> None:
    assert reads_environment(ast.parse("import os\nos.environ['A']\nos.getenv('B')")) == [2, 3]
    assert reads_environment(ast.parse("from os import environ")) == [1]
