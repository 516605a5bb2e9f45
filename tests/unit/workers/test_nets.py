"""A file of the Wav2Lip family becomes a net, however it names its inputs and large its faces are."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mouth_nets import tiny_net, tiny_paints

from lipsync.engines.net import SIDES_PX, NetFailed
from workers.device import ModelUnreadable, open_session
from workers.nets import MODEL, NotAMouthModel, OnnxNet
from workers.onnx_writing import write_model, write_node
from workers.tiny_wav2lip import write_tiny

CHANCE = np.random.default_rng(4)


def asked(frames: int, side_px: int) -> tuple[np.ndarray, np.ndarray]:
    mel = CHANCE.uniform(-4, 4, (frames, 1, 80, 16)).astype(np.float32)
    return mel, CHANCE.random((frames, 6, side_px, side_px), dtype=np.float32)


@pytest.mark.parametrize("side_px", SIDES_PX)
def test_a_net_of_any_size_of_the_family_tells_its_own_and_paints_it(side_px: int) -> None:
    net = tiny_net(side_px)
    mel, face = asked(3, side_px)
    assert net.side_px == side_px
    assert np.allclose(net.paint(mel, face), tiny_paints(mel, face), atol=1e-5)


@pytest.mark.parametrize("names", [("mel", "vid"), ("source", "target"), ("face", "sound")])
def test_inputs_are_told_apart_by_shape_and_not_by_name(names: tuple[str, str]) -> None:
    mel, face = asked(2, 96)
    net = OnnxNet(open_session(write_tiny(96, names)))
    assert np.allclose(net.paint(mel, face), tiny_paints(mel, face), atol=1e-5)


def test_one_face_for_all_frames_need_not_be_copied_by_the_caller() -> None:
    mel, face = asked(4, 96)
    shared = np.broadcast_to(face[0], face.shape)
    assert np.allclose(tiny_net().paint(mel, shared), tiny_paints(mel, shared), atol=1e-5)


def test_another_kind_of_model_is_refused_with_what_it_has_and_what_is_needed() -> None:
    doubled = write_model([write_node("Add", ["a", "a"], "b")], {}, {"a": ("N", 3)}, ("b", ("N", 3)))
    with pytest.raises(NotAMouthModel, match=r"a tensor\(float\).*\(N, 6, S, S\).*96, 192"):
        OnnxNet(open_session(doubled))


def test_faces_of_a_size_that_no_published_model_has_are_refused() -> None:
    with pytest.raises(NotAMouthModel, match="100"):
        OnnxNet(open_session(write_tiny(100)))


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(ModelUnreadable, match="export it again"):
        open_session(b"no model")


def test_a_run_that_fails_is_a_failure_of_the_net() -> None:
    with pytest.raises(NetFailed, match="did not run"):
        tiny_net(96).paint(*asked(1, 192))


def test_the_script_writes_a_model_that_is_a_net(tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[3] / "scripts" / "make_wav2lip.py"
    told = subprocess.run(
        [sys.executable, str(script), "tiny", str(tmp_path / MODEL), "--side", "288", "--names", "a,b"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert OnnxNet(open_session(tmp_path / MODEL)).side_px == 288
    assert str((tmp_path / MODEL).stat().st_size) in told.stdout
