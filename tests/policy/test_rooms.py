"""Every room has a name that says something, a length one can read, and a docstring."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "web", "tasks", "workers", "avatars", "lipsync", "monitoring", "migrations")
MEANINGLESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base"}
LONGEST_ROOM_LINES = 450


def rooms() -> list[Path]:
    found = [ROOT / "settings.py", ROOT / "celeryconfig.py"]
    for folder in (*PACKAGES, "scripts"):
        found += sorted((ROOT / folder).rglob("*.py"))
    return found


def tracked() -> list[Path]:
    """Return the files of the repository, those not yet committed too."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def named(room: Path) -> str:
    return str(room.relative_to(ROOT))


@pytest.mark.parametrize("room", rooms(), ids=named)
def test_a_room_is_named_for_what_is_in_it(room: Path) -> None:
    words = set(room.relative_to(ROOT).with_suffix("").parts)
    assert not words & MEANINGLESS


@pytest.mark.parametrize("room", rooms(), ids=named)
def test_a_room_can_be_read_in_one_sitting(room: Path) -> None:
    assert len(room.read_text("utf-8").splitlines()) <= LONGEST_ROOM_LINES


@pytest.mark.parametrize("room", rooms(), ids=named)
def test_a_room_says_what_it_is_for(room: Path) -> None:
    assert ast.get_docstring(ast.parse(room.read_text("utf-8")))


def text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


# Spelt in pieces, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"), ("cdn", "jsdelivr", "net"), ("unpkg", "com"),
        ("fonts", "googleapis", "com"),
    )
)  # fmt: skip
MACHINE_PATHS = tuple("/" + name + "/" for name in ("work", "root", "home"))


@pytest.mark.parametrize("path", tracked(), ids=named)
def test_no_file_names_a_package_registry_or_a_place_on_one_machine(path: Path) -> None:
    text = text_of(path)
    found = [word for word in (*REGISTRIES, *MACHINE_PATHS) if text is not None and word in text]
    assert found == []


@pytest.mark.parametrize("path", tracked(), ids=named)
def test_no_work_is_left_for_later_in_a_comment(path: Path) -> None:
    if path.suffix not in {".py", ".js", ".sh", ".css", ".lua"}:
        return
    marks = [mark[0] + mark[1] for mark in (("TO", "DO"), ("FIX", "ME"), ("XX", "X:"))]
    assert [mark for mark in marks if mark in (text_of(path) or "")] == []
