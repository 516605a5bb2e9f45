"""A session is run at places that stay, and paints what it paints without them."""

import numpy as np
import pytest
from mouth_nets import tiny_paints

from workers.bound_run import MOST_SIZES, BoundRun
from workers.device import CPU, open_session
from workers.tiny_wav2lip import NAMES, write_tiny

CHANCE = np.random.default_rng(5)


@pytest.fixture
def run() -> BoundRun:
    session = open_session(write_tiny(96))
    return BoundRun(session, NAMES, session.get_outputs()[0].name, (3, 96, 96), CPU)


def asked(frames: int) -> tuple[np.ndarray, np.ndarray]:
    mel = CHANCE.uniform(-4, 4, (frames, 1, 80, 16)).astype(np.float32)
    return mel, CHANCE.random((frames, 6, 96, 96), dtype=np.float32)


def test_calls_of_any_size_in_any_order_give_their_own_answers(run: BoundRun) -> None:
    given = [asked(frames) for frames in (2, 5, 2, 1, 5)]
    painted = [run(*each) for each in given]
    for each, found in zip(given, painted, strict=True):
        assert np.allclose(found, tiny_paints(*each), atol=1e-5)


def test_what_was_given_is_neither_kept_nor_changed(run: BoundRun) -> None:
    mel, face = asked(3)
    before = mel.copy(), face.copy()
    first = run(mel, face)
    kept = first.copy()
    run(*asked(3))
    assert np.array_equal(first, kept)
    assert np.array_equal(mel, before[0])
    assert np.array_equal(face, before[1])


def test_only_so_many_sizes_have_places(run: BoundRun) -> None:
    for frames in range(1, MOST_SIZES + 4):
        run(*asked(frames))
    assert list(run._places) == list(range(4, MOST_SIZES + 4))
    mel, face = asked(1)
    assert np.allclose(run(mel, face), tiny_paints(mel, face), atol=1e-5)
