"""A model in half precision takes and gives what the original does, and paints nearly the same."""

from pathlib import Path

import numpy as np
import pytest

from lipsync.engines.net import NetFailed
from workers.golden import golden_input
from workers.nets import HALF, MODEL, plain_net
from workers.tiny_wav2lip import write_tiny

pytest.importorskip("onnx")

from workers import wav2lip_half


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / MODEL).parent.mkdir()
    (tmp_path / MODEL).write_bytes(write_tiny(96))
    return tmp_path


def test_a_halved_model_is_a_net_of_its_own_and_paints_the_same_to_a_thousandth(assets: Path) -> None:
    assert wav2lip_half.halve(assets / MODEL, assets / HALF) > 60
    given = golden_input(96)
    one, other = (plain_net(assets / name).paint(*given) for name in (MODEL, HALF))
    assert 0 < np.abs(one - other).max() < 1e-3


def test_what_paints_otherwise_is_not_kept(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (assets / HALF).write_bytes(b"before")
    monkeypatch.setattr("workers.golden.LEAST_DB", 200.0)
    with pytest.raises(NetFailed):
        wav2lip_half.halve(assets / MODEL, assets / HALF)
    assert (assets / HALF).read_bytes() == b"before"
    assert not list((assets / HALF).parent.glob(".*part"))
