"""A folder of photos becomes avatars on a running service, whatever breaks on the way."""

import csv
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import intake_files
import psutil
import pytest
from PIL import Image
from stacks import avatar, avatar_environment, running

WHOLE, BROKEN = 8, 4
EDITIONS = itertools.count(80)
"""Qualities of JPEG: a service knows a file again that it has met in an earlier test."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, asset_dir: Path) -> Iterator[dict[str, Any]]:
    var = tmp_path_factory.mktemp("dir") / "var"
    env = avatar_environment(var, AVATAR_ASSETS=str(asset_dir))
    with running(var, env, "--no-flower") as made:
        yield {**made, "var": var, "env": env}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight photos of a face, each its own, and four files that are none."""
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    quality = next(EDITIONS)
    face = Image.open(io.BytesIO(intake_files.sample_jpeg())).convert("RGB")
    for number in range(WHOLE):
        shown = face.point([min(255, value + 3 * number) for value in range(256)] * 3)
        shown.save(folder / ("deeper" if number > 5 else ".") / f"face-{number}.jpg", quality=quality)
    (folder / "cut.jpg").write_bytes(intake_files.sample_jpeg()[: 9000 + quality])
    (folder / "words.png").write_bytes(b"these are words" * quality)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "bomb.png").write_bytes(intake_files.png_bomb(30_000 + quality))
    return folder


def command(folder: Path, *more: str) -> list[str]:
    report = str(folder.parent / "report.jsonl")
    return ["register", "--dir", str(folder), "--consent-who", "nobody, a drawing", "--report", report, *more]


def lines_of(folder: Path) -> list[dict[str, Any]]:
    report = folder.parent / "report.jsonl"
    return [json.loads(line) for line in report.read_text().splitlines() if line] if report.exists() else []


def avatars_of(stack: dict[str, Any]) -> set[str]:
    done = avatar(stack["env"], "avatars", "list", "--json", "--state", "ready", "--state", "refused")
    return {json.loads(line)["id"] for line in done.stdout.splitlines()}


def left_over(stack: dict[str, Any]) -> list[Path]:
    return [path for path in (stack["var"] / "storage" / "quarantine").rglob("*") if path.is_file()]


def test_a_folder_is_registered_with_a_line_for_each_file_and_not_again(stack, folder: Path) -> None:
    before = avatars_of(stack)
    done = avatar(stack["env"], *command(folder, "--recursive", "--json"))
    assert done.returncode == 1, done.stderr
    lines = {line["file"]: line for line in lines_of(folder)}
    assert len(lines) == WHOLE + BROKEN
    good = {name for name, line in lines.items() if line["outcome"] in ("ready", "usable")}
    assert good == {f"face-{n}.jpg" for n in range(6)} | {"deeper/face-6.jpg", "deeper/face-7.jpg"}
    assert all(lines[name]["reason"] for name in ("cut.jpg", "words.png", "empty.jpg", "bomb.png"))
    made = avatars_of(stack)
    assert {lines[name]["avatar"] for name in good} <= made - before

    again = avatar(stack["env"], *command(folder, "--recursive"))
    assert again.returncode == 1
    assert "ready: " in again.stdout
    assert "words.png" in again.stdout
    assert len(lines_of(folder)) == WHOLE + BROKEN
    assert avatars_of(stack) == made
    assert left_over(stack) == []


def test_who_is_killed_and_started_again_repeats_nothing(stack, folder: Path) -> None:
    before = avatars_of(stack)
    running_now = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *command(folder, "--recursive", "--at-once", "2")],
        env=stack["env"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not lines_of(folder):
        time.sleep(0.02)
    registrar = next(
        child
        for child in psutil.Process(stack["pid"]).children()
        if "tasks.registrar" in " ".join(child.cmdline())
    )
    os.kill(registrar.pid, signal.SIGKILL)
    running_now.kill()
    running_now.wait()
    known = len(lines_of(folder))
    assert 1 <= known < WHOLE + BROKEN
    with (folder.parent / "report.jsonl").open("a") as report:
        report.write('{"file": "face-')  # as a line that was being written

    done = avatar(stack["env"], *command(folder, "--recursive", "--json"))
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (
        sorted(line["outcome"] in ("ready", "usable") for line in lines) == [False] * BROKEN + [True] * WHOLE
    )
    mine = {line["avatar"] for line in lines if "avatar" in line}
    assert avatars_of(stack) - before == mine
    assert left_over(stack) == []


def test_a_manifest_gives_each_file_its_own_fields(stack, folder: Path) -> None:
    manifest = folder.parent / "people.csv"
    with manifest.open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(["file", "id", "title_fa", "title_en", "voice"])
        table.writerow(["face-0.jpg", "by-manifest", "چهرهٔ نخست", "First", "fa-woman"])
    done = avatar(stack["env"], *command(folder, "--manifest", str(manifest), "--json"))
    assert done.returncode == 0, done.stderr
    (line,) = (json.loads(line) for line in done.stdout.splitlines())
    assert line["avatar"] == "by-manifest"
    listed = avatar(stack["env"], "avatars", "list", "--json").stdout.splitlines()
    (row,) = (row for row in map(json.loads, listed) if row["id"] == "by-manifest")
    assert (row["title_fa"], row["title_en"]) == ("چهرهٔ نخست", "First")
