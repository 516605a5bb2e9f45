"""What the bench of sprites measures, with a mouth that is drawn by the sound."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from cli.bench.commands import bench
from cli.bench.drawn_mouths import DrawnMouths, shape_of
from cli.bench.sprites import LEVELS, sprites, sprites_net
from cli.bench.together import BenchmarkFailed
from lipsync.engines.net import check_mouths
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny


def sound(level: float, bright: float = 0.0) -> np.ndarray:
    mel = np.full((1, 1, 80, 16), level, np.float32)
    mel[:, :, 45:70] += bright
    return mel


def test_the_drawn_mouth_opens_when_it_is_loud_and_widens_when_it_is_bright() -> None:
    assert shape_of(sound(-4))[0][0] == 0 < shape_of(sound(1))[0][0]
    assert shape_of(sound(0, 1))[1][0] > shape_of(sound(0, -1))[1][0]


def test_the_drawn_mouth_may_be_shown_and_leaves_the_rest_of_the_face_as_it_is() -> None:
    face = np.random.default_rng(1).uniform(0.3, 0.9, (2, 6, 96, 96)).astype(np.float32)
    mel = np.concatenate([sound(-4), sound(1)])
    painted = check_mouths(DrawnMouths().paint(mel, face), 2, 96)
    assert np.abs(painted[:, :, :50] - face[:, 3:, :50]).max() < 0.02
    assert painted[1, :, 75, 48].max() < 0.3


def test_the_bench_tells_error_hits_and_cost_of_each_level(tmp_path: Path) -> None:
    told: list[int] = []
    picture = tmp_path / "sheet.png"
    plain, *levels = sprites(1, DrawnMouths(), told.append, picture)
    assert told == [1, 2, 3]
    assert [row["states"] for row in levels] == list(LEVELS)
    assert 10 < plain["next_frame_psnr_db"] < 99
    for row in levels:
        assert row["frames"] == plain["frames"]
        assert 20 < row["worst_psnr_db"] <= row["psnr_db"] < 99
        assert 0 < row["worst_ssim"] <= row["ssim"] < 1
        assert row["hits_0_10"] < row["hits_30_60"] <= 1
        assert min(row["frame_ms"], row["held_ms"], row["held_mib"]) > 0
    # A finer table is asked for more, and holds more.
    assert levels[0]["hits_0_10"] > levels[-1]["hits_0_10"]
    assert levels[0]["held_mib"] <= levels[-1]["held_mib"]
    with Image.open(picture) as sheet:
        assert np.asarray(sheet.convert("L")).std() > 20


def test_a_picture_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match="cannot be written"):
        sprites(1, DrawnMouths(), picture=tmp_path / "nowhere" / "sheet.png")


def test_the_model_of_the_asset_folder_is_measured_unless_a_drawn_mouth_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / MODEL).parent.mkdir()
    (tmp_path / MODEL).write_bytes(write_tiny(192))
    net, model = sprites_net(tmp_path, drawn=False)
    assert (net.side_px, model) == (192, "asset folder")
    assert sprites_net(tmp_path, drawn=True)[1] == "drawn"


def test_the_command_prints_a_row_for_each_level() -> None:
    done = CliRunner().invoke(bench, ["sprites", "--n", "1", "--drawn", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert (figures["bench"], figures["model"]) == ("sprites", "drawn")
    assert [row.get("states") for row in figures["levels"]] == [None, *LEVELS]
