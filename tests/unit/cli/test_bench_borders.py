"""Warped and painted frames beside each other: what the sheet shows, and what it refuses."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from mouth_nets import NetOf
from PIL import Image

from avatars.seeding import SAMPLES, sample_face
from cli.bench.commands import bench
from cli.bench.drawn_mouths import DrawnMouths
from cli.bench.side_by_side import COLUMNS, SIZE, side_by_side
from cli.bench.together import BenchmarkFailed


def test_a_face_has_three_rows_and_nothing_outside_the_mask_is_marked(tmp_path: Path) -> None:
    told: list[int] = []
    target = tmp_path / "sheet.png"
    figures = side_by_side(NetOf(), [sample_face(SAMPLES[0].id)], target, told.append)
    assert figures == {"faces": 1, "outside_px": 0}
    assert told == [1]
    with Image.open(target) as sheet:
        rows = np.split(np.asarray(sheet.convert("L")), 3)
        assert sheet.size == (COLUMNS * SIZE.width_px // 2, 3 * SIZE.height_px // 2)
    warped, painted, marked = rows
    # What the net paints is one colour: it is marked where the mouth is, and nowhere near the eyes.
    assert marked[: SIZE.height_px // 5].max() == 0
    assert marked.max() > 100
    assert np.abs(warped.astype(int) - painted)[marked > 100].mean() > 5


def test_without_photos_the_presenters_are_drawn_and_the_command_says_how_many(tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    done = CliRunner().invoke(bench, ["borders", "--drawn", "--picture", str(target), "--json"])
    assert done.exit_code == 0, done.output
    wanted = {"bench": "borders", "model": "drawn", "faces": len(SAMPLES), "outside_px": 0}
    assert json.loads(done.stdout) == wanted
    assert target.is_file()


def test_a_photo_without_the_models_that_find_faces_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_ASSETS", str(tmp_path / "none"))
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.zeros((300, 300, 3), np.uint8))
    asked = ["borders", "--drawn", "--picture", str(tmp_path / "sheet.png"), "--photo", str(photo)]
    done = CliRunner().invoke(bench, asked)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")


def test_a_picture_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match="cannot be written"):
        side_by_side(DrawnMouths(), [sample_face(SAMPLES[0].id)], tmp_path / "nowhere" / "sheet.png")
