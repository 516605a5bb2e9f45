"""The published network as a table of layers, and as a model that runs."""

from collections import Counter

import numpy as np
import pytest

from lipsync.engines.net import check_mouths
from workers.device import open_session
from workers.nets import OnnxNet
from workers.wav2lip_graph import layers, random_weights, write_wav2lip


def test_the_layers_are_the_published_ones() -> None:
    names = [layer.name for layer in layers()]
    assert len(names) == len(set(names)) == 51
    blocks = Counter(name.partition(".")[0] for name in names)
    assert blocks == {
        "face_encoder_blocks": 18, "audio_encoder": 13, "face_decoder_blocks": 18, "output_block": 2,
    }  # fmt: skip
    by_name = {layer.name: layer.shape for layer in layers()}
    assert by_name["face_encoder_blocks.0.0"] == (16, 6, 7, 7)
    assert by_name["audio_encoder.11"] == (512, 256, 3, 3)
    # Weights of a transposed convolution begin with what goes in.
    assert by_name["face_decoder_blocks.3.0"] == (768, 384, 3, 3)
    assert by_name["output_block.1"] == (3, 32, 1, 1)


def test_all_weights_together_are_thirty_six_million() -> None:
    assert sum(int(np.prod(layer.shape)) + layer.outputs for layer in layers()) == 36_275_283


def test_a_layer_without_weights_is_named() -> None:
    weights = {name: value for name, value in random_weights().items() if name != "audio_encoder.3.bias"}
    with pytest.raises(KeyError, match=r"audio_encoder\.3\.bias"):
        write_wav2lip(weights)


def test_the_whole_network_runs_and_paints_otherwise_for_another_sound_and_another_face() -> None:
    net = OnnxNet(open_session(write_wav2lip(random_weights(), ("source", "target"))))
    chance = np.random.default_rng(1)
    mel = chance.uniform(-4, 4, (3, 1, 80, 16)).astype(np.float32)
    face = chance.random((3, 6, 96, 96), dtype=np.float32)
    mel[1], face[1], face[2] = mel[0], face[0], face[0]
    painted = check_mouths(net.paint(mel, face), 3, 96)
    assert painted[0] == pytest.approx(painted[1], abs=1e-5)
    assert np.abs(painted[0] - painted[2]).mean() > 0.001
    assert painted.std() > 0.05
