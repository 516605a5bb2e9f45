"""The state of a frame: the nearest in a table, the same on every machine and of every coarseness."""

import numpy as np
import pytest

from lipsync.engines.sprite_states import (
    WIDTH,
    NoSuchStates,
    States,
    StatesBroken,
    read_states,
    rows_of,
)
from lipsync.mouth.controls import BROW, JAW, NOD, PRESS, rest
from workers.states_table import shipped_states


def mels(count: int, value: float = 0.0) -> np.ndarray:
    return np.full((count, 1, 80, 16), value, np.float32)


@pytest.fixture(scope="module")
def shipped() -> States:
    return shipped_states()


def test_a_state_is_whole_numbers_of_mouth_and_sound_and_knows_no_brows() -> None:
    mouth = rest(3)
    mouth[1, JAW] = 1
    mouth[2, (BROW, NOD)] = 1
    rows = rows_of(mouth, mels(3, 2.0))
    assert rows.shape == (3, WIDTH)
    assert np.array_equal(rows, np.rint(rows))
    assert rows[1, 0] - rows[0, 0] == 64
    assert np.array_equal(rows[2], rows[0])
    assert (rows[0, 8:] == 12).all()


def test_a_state_looks_at_what_was_heard_before_and_what_comes_next() -> None:
    rising, falling = mels(1, -4), mels(1, -4)
    rising[..., 8:], falling[..., :8] = 2, 2
    assert not np.array_equal(rows_of(rest(1), rising), rows_of(rest(1), falling))


def test_each_state_of_the_table_is_nearest_to_itself(shipped: States) -> None:
    near = ((shipped.rows[:, None] - shipped.rows[None]) ** 2).sum(axis=2)
    assert (near.argmin(axis=1) == np.arange(len(shipped))).all()
    assert len(shipped) == 512


def test_the_nearest_state_is_that_of_the_least_distance(shipped: States) -> None:
    chance = np.random.default_rng(3)
    mouth = chance.random((40, 10)).astype(np.float32)
    sound = np.repeat(chance.uniform(-4, 4, (40, 1, 1, 1)), 80 * 16, axis=2).reshape(40, 1, 80, 16)
    rows = rows_of(mouth, sound.astype(np.float32))
    wanted = [int(((shipped.rows - row) ** 2).sum(axis=1).argmin()) for row in rows]
    assert shipped.nearest(mouth, sound.astype(np.float32)) == wanted
    assert len(set(wanted)) > 10


def test_a_frame_finds_its_state_alone_as_among_others(shipped: States) -> None:
    chance = np.random.default_rng(4)
    mouth = chance.random((9, 10)).astype(np.float32)
    sound = chance.uniform(-4, 4, (9, 1, 80, 16)).astype(np.float32)
    together = shipped.nearest(mouth, sound)
    assert together == [shipped.nearest(mouth[n : n + 1], sound[n : n + 1])[0] for n in range(9)]


@pytest.mark.parametrize("count", [128, 256, 512])
def test_closed_lips_are_never_in_the_state_of_open_ones(shipped: States, count: int) -> None:
    states = shipped.first(count)
    chance = np.random.default_rng(5)
    sound = states.mels[chance.integers(0, count, 200)]
    closed, opened = rest(200), rest(200)
    closed[:, PRESS], opened[:, JAW] = 1, 0.6
    pressed = states.rows[states.nearest(closed, sound), 5] / 64
    parted = states.rows[states.nearest(opened, sound), 5] / 64
    assert pressed.min() > 0.5
    assert parted.max() < 0.5


def test_a_coarser_table_is_the_beginning_of_the_finer_one(shipped: States) -> None:
    coarse = shipped.first(128)
    assert np.array_equal(coarse.rows, shipped.rows[:128])
    assert np.array_equal(coarse.mels, shipped.mels[:128])


@pytest.mark.parametrize("count", [0, -1, 513])
def test_more_states_than_there_are_are_refused(shipped: States, count: int) -> None:
    with pytest.raises(NoSuchStates, match="1 to 512"):
        shipped.first(count)


def test_a_table_survives_being_written_and_read(shipped: States) -> None:
    again = read_states(shipped.to_npz())
    assert np.array_equal(again.rows, shipped.rows)
    assert np.array_equal(again.mels, shipped.mels)
    assert shipped.to_npz()[:2] == b"PK"


def test_a_table_that_is_damaged_cut_or_of_another_kind_is_refused(shipped: States) -> None:
    whole = shipped.to_npz()
    narrow = States(shipped.rows[:, 1:], shipped.mels)
    for broken in (b"", b"no zip", whole[:2000], narrow.to_npz()):
        with pytest.raises(StatesBroken):
            read_states(broken)
