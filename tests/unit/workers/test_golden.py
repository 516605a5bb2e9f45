"""A net is measured against its own file, painted once the plain way and kept under its checksum."""

from pathlib import Path

import numpy as np
import pytest
from mouth_nets import NetOf, tiny_net, tiny_paints

from lipsync.engines.net import Net, NetPaintedNoNumbers
from workers.golden import Golden, GoldenDiffers, golden_input, golden_of
from workers.tiny_wav2lip import write_tiny


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(write_tiny(96))
    return path


def not_asked() -> Net:
    raise AssertionError("what is right was kept")


def test_the_input_is_one_that_a_net_may_get_and_the_same_every_time() -> None:
    for side_px in (96, 288):
        mel, face = golden_input(side_px)
        assert (mel.shape, face.shape) == ((2, 1, 80, 16), (2, 6, side_px, side_px))
        assert np.abs(mel).max() <= 4
        assert face.min() >= 0
        assert face.max() <= 1
        assert not face[:, :3, side_px // 2 :].any()
        np.testing.assert_array_equal(face[:, :3, : side_px // 2], face[:, 3:, : side_px // 2])
        np.testing.assert_array_equal(mel, golden_input(side_px)[0])


def test_what_is_right_is_painted_once_and_kept_beside_the_model(model: Path) -> None:
    golden = golden_of(model, tiny_net)
    np.testing.assert_allclose(golden.mouths, tiny_paints(*golden_input(96)), atol=1e-5)
    again = golden_of(model, not_asked)
    np.testing.assert_array_equal(again.mouths, golden.mouths)
    assert again.measure(tiny_net()) == float("inf")


def test_another_file_of_the_same_name_is_painted_anew(model: Path) -> None:
    golden_of(model, tiny_net)
    model.write_bytes(write_tiny(192))
    assert golden_of(model, lambda: tiny_net(192)).mouths.shape == (2, 3, 192, 192)


@pytest.mark.parametrize("harm", ["cut", "changed", "empty"])
def test_what_was_kept_and_harmed_is_painted_anew(model: Path, harm: str) -> None:
    golden = golden_of(model, tiny_net)
    path = model.with_name("tiny.onnx.golden.npz")
    whole = path.read_bytes()
    at = whole.index(golden.mouths.tobytes()[:64])
    harmed = {"cut": whole[:900], "changed": whole[:at] + bytes(64) + whole[at + 64 :], "empty": b""}
    path.write_bytes(harmed[harm])
    np.testing.assert_array_equal(golden_of(model, tiny_net).mouths, golden.mouths)


def test_a_folder_that_cannot_be_written_costs_the_painting_alone(model: Path) -> None:
    path = model.with_name("tiny.onnx.golden.npz")
    path.mkdir()
    np.testing.assert_allclose(golden_of(model, tiny_net).mouths, tiny_paints(*golden_input(96)), atol=1e-5)
    assert sorted(model.parent.iterdir()) == [model, path]


def test_a_net_that_is_a_little_off_passes_and_says_how_far(model: Path) -> None:
    golden = golden_of(model, tiny_net)
    near = NetOf(lambda mel, face: tiny_paints(mel, face) + np.float32(0.01))
    assert golden.measure(near) == pytest.approx(40, abs=0.1)


def test_a_net_that_paints_something_else_is_refused(model: Path) -> None:
    golden: Golden = golden_of(model, tiny_net)
    with pytest.raises(GoldenDiffers, match=r"20\.0 dB"):
        golden.measure(NetOf(lambda mel, face: tiny_paints(mel, face) + np.float32(0.1)))
    with pytest.raises(NetPaintedNoNumbers):
        golden.measure(NetOf(lambda mel, face: tiny_paints(mel, face) * np.float32(np.nan)))
    swapped = NetOf(lambda mel, face: tiny_paints(mel[::-1], face[::-1] * np.float32(0.2)))
    with pytest.raises(GoldenDiffers):
        golden.measure(swapped)
