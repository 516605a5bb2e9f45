"""A graph gets its durations out and its noise in, and stays what it was otherwise."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_piper import FLOAT, IDS, INT64, graph_bytes, model_bytes, tensor, value

from workers.onnx_graph import (
    NOISE_SAMPLES,
    NotAnOnnxModel,
    OpenedGraph,
    field_bytes,
    fields,
    node_bytes,
    open_graph,
)

PHONEMES = [IDS[symbol] for symbol in "^_s_ˈ_a_l_ɑ_m_$"]


USUAL = (0.667, 1.0, 0.8)


def run(opened: OpenedGraph, noise: float = 0.0, scales: tuple[float, ...] = USUAL) -> list[np.ndarray]:
    net = onnxruntime.InferenceSession(opened.model, providers=["CPUExecutionProvider"])
    feeds = {
        "input": np.array([PHONEMES], np.int64),
        "input_lengths": np.array([len(PHONEMES)], np.int64),
        "scales": np.array(scales, np.float32),
    }
    feeds |= {name: np.full(NOISE_SAMPLES, noise, np.float32) for name in opened.noise}
    return list(net.run(["output", *opened.durations], feeds))


def test_the_durations_become_an_output() -> None:
    opened = open_graph(model_bytes())
    assert opened.durations == ("w_ceil",)
    sound, durations = run(opened)
    assert durations.size == len(PHONEMES)
    assert durations.sum() * 256 == sound.size


def test_a_model_that_tells_its_durations_already_is_left_to() -> None:
    told = graph_bytes() + value(12, "w_ceil", FLOAT, [1, 1, "phonemes"])
    opened = open_graph(model_bytes(told))
    assert opened.durations == ("w_ceil",)
    assert len(run(opened)) == 2


def test_a_graph_without_a_ceil_has_no_durations() -> None:
    assert open_graph(model_bytes(graph_bytes(ceil="Floor"))).durations == ()


def test_noise_comes_from_outside_and_means_what_it_meant() -> None:
    opened = open_graph(model_bytes())
    assert len(opened.noise) == 2
    assert opened.repeatable
    (quiet, short), (_, long) = run(opened, 0.0), run(opened, 1.0)
    assert np.array_equal(quiet, run(opened, 0.0)[0])
    assert np.array_equal(quiet, run(opened, 1.0, (0.0, 1.0, 0.0))[0])
    assert (long >= short).all()
    assert long.sum() > short.sum()


def test_a_tensor_longer_than_the_noise_repeats_it() -> None:
    shape = tensor("size", [2 * NOISE_SAMPLES], INT64)
    graph = b"".join([
        node_bytes("ConstantOfShape", ["size"], ["like"]),
        node_bytes("RandomNormalLike", ["like"], ["output"]),
        shape, field_bytes(2, b"long"), value(12, "output", FLOAT, ["n"]),
    ])  # fmt: skip
    opened = open_graph(model_bytes(graph))
    net = onnxruntime.InferenceSession(opened.model, providers=["CPUExecutionProvider"])
    given_noise = np.arange(NOISE_SAMPLES, dtype=np.float32)
    (laid_out,) = net.run(None, {opened.noise[0]: given_noise})
    assert laid_out.shape == (2 * NOISE_SAMPLES,)
    assert np.array_equal(laid_out, np.tile(given_noise, 2))


@pytest.mark.parametrize("operator", ["RandomUniformLike", "Bernoulli"])
def test_other_randomness_is_told_of(operator: str) -> None:
    opened = open_graph(model_bytes(graph_bytes(noise=operator)))
    assert opened.noise == ()
    assert not opened.repeatable


def test_noise_of_another_width_or_with_a_seed_is_not_taken_for_the_plain_kind() -> None:
    seed = field_bytes(5, field_bytes(1, b"seed") + field_bytes(20, 1) + b"\x15\x00\x00\x80\x3f")
    graph = graph_bytes() + node_bytes("RandomNormalLike", ["scales"], ["unused"], seed)
    assert not open_graph(model_bytes(graph)).repeatable


def test_an_old_graph_keeps_its_noise_and_says_so() -> None:
    opened = open_graph(model_bytes(opset=9))
    assert opened.noise == ()
    assert not opened.repeatable


@pytest.mark.parametrize("cut", [1, 100, 1_000, -1, -40])
def test_a_file_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(NotAnOnnxModel):
        open_graph(model_bytes()[:cut])


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"version https://git-lfs\n", bytes(64)])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    with pytest.raises(NotAnOnnxModel):
        open_graph(content)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_a_graph_or_refused(content: bytes) -> None:
    try:
        open_graph(content)
    except NotAnOnnxModel:
        return
    assert b":" in content


@given(st.lists(st.tuples(st.integers(1, 2_000), st.one_of(st.integers(0, 2**63), st.binary(max_size=200)))))
def test_what_is_written_as_fields_reads_back(written: list[tuple[int, int | bytes]]) -> None:
    message = memoryview(b"".join(field_bytes(*each) for each in written))
    values = [each.value if isinstance(each.value, int) else bytes(each.value) for each in fields(message)]
    assert values == [value for _, value in written]
    assert [each.number for each in fields(message)] == [number for number, _ in written]
