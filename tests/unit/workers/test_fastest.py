"""The fastest way to run a model is measured once; a way that paints something else is none."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mouth_nets import NetOf, tiny_net, tiny_paints

from lipsync.engines.net import Faces, Mels, Mouths, Net, NetFailed
from workers.fastest import Way, fastest, ways
from workers.golden import Golden, golden_of
from workers.nets import INT8, MODEL
from workers.tiny_wav2lip import write_tiny


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "wav2lip").mkdir()
    (tmp_path / MODEL).write_bytes(write_tiny(96))
    return tmp_path


@pytest.fixture
def golden(assets: Path) -> Golden:
    return golden_of(assets / MODEL, tiny_net)


def slowed(seconds: float) -> Callable[[Mels, Faces], Mouths]:
    def paint(mel: Mels, face: Faces) -> Mouths:
        time.sleep(seconds)
        return tiny_paints(mel, face)

    return paint


def way(assets: Path, name: str, opened: Callable[[], Net]) -> Way:
    return Way(name, assets / MODEL, opened)


def never() -> Net:
    raise AssertionError("which is the fastest was known")


def test_the_fastest_is_chosen_and_the_next_start_opens_it_alone(assets: Path, golden: Golden) -> None:
    names = ("slow", "quick", "middling")
    nets = [NetOf(slowed(seconds)) for seconds in (0.2, 0.0, 0.1)]
    found = [way(assets, name, lambda net=net: net) for name, net in zip(names, nets, strict=True)]
    assert fastest(found, golden, assets / "cache").way.name == "quick"
    later = [found[1] if each.name == "quick" else way(assets, each.name, never) for each in found]
    ready = fastest(later, golden, assets / "cache")
    assert (ready.way.name, ready.net) == ("quick", nets[1])


def test_what_paints_something_else_is_left_out_however_fast(assets: Path, golden: Golden) -> None:
    wrong = NetOf(lambda mel, face: tiny_paints(mel, face) * np.float32(0.3))
    found = [
        way(assets, "wrong", lambda: wrong), way(assets, "right", lambda: NetOf(slowed(0.02))),
    ]  # fmt: skip
    assert fastest(found, golden, assets / "cache").way.name == "right"
    with pytest.raises(NetFailed, match="no way"):
        fastest([found[0], way(assets, "wrong too", lambda: wrong)], golden, assets / "other")


def test_a_file_that_has_changed_is_measured_anew(assets: Path, golden: Golden) -> None:
    first = [way(assets, "a", NetOf), way(assets, "b", lambda: NetOf(slowed(0.1)))]
    assert fastest(first, golden, assets / "cache").way.name == "a"
    (assets / MODEL).write_bytes(write_tiny(96, ("sound", "face")))
    second = [way(assets, "a", lambda: NetOf(slowed(0.1))), way(assets, "b", NetOf)]
    assert fastest(second, golden, assets / "cache").way.name == "b"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"way": "gone"}'])
def test_an_answer_that_cannot_be_read_is_asked_for_again(
    assets: Path, golden: Golden, content: bytes
) -> None:
    found = [way(assets, "a", NetOf), way(assets, "b", lambda: NetOf(slowed(0.1)))]
    fastest(found, golden, assets / "cache")
    (kept,) = (assets / "cache").glob("fastest-*.json")
    kept.write_bytes(content)
    assert fastest(found, golden, assets / "cache").way.name == "a"


def test_every_file_is_a_way_in_every_runtime_that_is_installed(assets: Path, golden: Golden) -> None:
    pytest.importorskip("openvino")
    (assets / INT8).write_bytes(write_tiny(96))
    found = ways(assets, assets / "cache", 1)
    assert [each.name for each in found] == [
        "onnxruntime-single", "openvino-single", "onnxruntime-int8", "openvino-int8",
    ]  # fmt: skip
    for each in found:
        net = each.opened()
        assert net.side_px == 96
        np.testing.assert_allclose(net.paint(golden.mel, golden.face), golden.mouths, atol=1e-5)
