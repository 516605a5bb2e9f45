"""Importing a room does nothing, and the front door never loads what draws or speaks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cli", "web", "tasks", "workers", "avatars", "lipsync", "monitoring", "migrations")
NOT_IMPORTABLE = {"migrations.env"}
"""Alembic runs it inside a migration; it is a script by Alembic's own design."""

HEAVY = ("numpy", "cv2", "av", "onnxruntime", "PIL", "resvg_py", "espeakng_loader", "boto3", "botocore")

LOOK = """
import importlib, os, sys, threading

def opened():
    names = set()
    for fd in os.listdir("/proc/self/fd"):
        try:
            names.add(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            pass
    # Libraries that count processors or draw random bytes keep these; they are nobody's state.
    return {n for n in names if not n.startswith("/proc/") and n not in ("/dev/urandom", "/dev/null")}

for name in sys.argv[1:]:
    files, open_before = set(os.listdir(".")), opened()
    importlib.import_module(name)
    left = [str(thread) for thread in threading.enumerate() if thread is not threading.main_thread()]
    left += sorted(opened() - open_before) + sorted(set(os.listdir(".")) - files)
    left += open(f"/proc/self/task/{os.getpid()}/children").read().split()
    if left:
        print(name, "left", left)
"""


def modules(package: str) -> list[str]:
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "versions" not in parts:
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [name for name in found if name not in NOT_IMPORTABLE]


def run(script: str, *arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_room_leaves_nothing_behind(package: str, tmp_path: Path) -> None:
    done = run(LOOK, *modules(package), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == ""


def test_importing_the_rooms_at_the_top_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run(LOOK, "settings", "celeryconfig", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_room_that_opens_something_at_import_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "leaky.py").write_text("kept = open('trace', 'w')\n")
    done = run("import sys; sys.path.insert(0, '.')\n" + LOOK, "leaky", cwd=tmp_path)
    assert done.stdout.startswith("leaky left [")
    assert f"{tmp_path}/trace" in done.stdout


def test_the_front_door_loads_nothing_that_draws_or_speaks() -> None:
    script = (
        "import sys, pkgutil, importlib, web, web.wsgi\n"
        "for room in pkgutil.walk_packages(web.__path__, 'web.'): importlib.import_module(room.name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = run(script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_sender_of_tasks_imports_no_body_of_one() -> None:
    done = run("import sys, tasks.app, tasks.queue; print([m for m in sys.modules if m[:6] == 'tasks.'])")
    assert done.returncode == 0, done.stderr
    assert "synthesis" not in done.stdout
    assert "finisher" not in done.stdout


def test_help_is_printed_without_the_libraries_of_any_verb() -> None:
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom cli.main import main\n"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0\n"
        "print([n for n in ('celery', 'redis', 'sqlalchemy', 'numpy', 'httpx') if n in sys.modules])\n"
    )
    done = run(script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_child_that_reads_uploads_starts_without_databases_and_networks() -> None:
    found = run(
        "import sys, avatars.intake_tools\n"
        "print([n for n in ('sqlalchemy', 'redis', 'celery', 'boto3') if n in sys.modules])"
    )
    assert (found.stdout, found.stderr) == ("[]\n", "")
