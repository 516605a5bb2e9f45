"""Parts give back every stored chunk once, and refuse holes."""

import pytest

from avatars.storage_memory import MemoryStorage
from tasks.parts import Parts, PartsBroken

SID = "a" * 32


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


def test_chunks_come_back_in_order_and_once_although_parts_overlap(storage: MemoryStorage) -> None:
    parts = Parts(storage)
    parts.append(SID, 1, [b"one", b"two", b"three"])
    parts.append(SID, 3, [b"three", b"four"])
    assert list(parts.read_after(SID, 0)) == [(1, b"one"), (2, b"two"), (3, b"three"), (4, b"four")]
    assert list(parts.read_after(SID, 3)) == [(4, b"four")]
    assert parts.stored_through(SID) == 4


def test_a_hole_is_an_error_and_not_a_skip(storage: MemoryStorage) -> None:
    parts = Parts(storage)
    parts.append(SID, 1, [b"one"])
    parts.append(SID, 3, [b"three"])
    assert parts.stored_through(SID) == 1
    with pytest.raises(PartsBroken, match="chunk 2"):
        list(parts.read_after(SID, 0))


def test_a_part_that_is_cut_short_is_an_error(storage: MemoryStorage) -> None:
    parts = Parts(storage)
    parts.append(SID, 1, [b"one", b"two"])
    key = next(iter(storage.keys(f"utterances/{SID}/parts/")))
    storage.put(key, storage.get(key)[:-1])
    with pytest.raises(PartsBroken, match="cut short"):
        list(parts.read_after(SID, 0))


def test_an_empty_message_is_kept_as_one(storage: MemoryStorage) -> None:
    parts = Parts(storage)
    parts.append(SID, 1, [b"", b"two"])
    assert list(parts.read_after(SID, 0)) == [(1, b""), (2, b"two")]


def test_streams_do_not_see_each_other_and_the_init_segment_is_no_part(storage: MemoryStorage) -> None:
    parts = Parts(storage)
    parts.keep_init(SID, b"moov")
    parts.append("b" * 32, 1, [b"other"])
    assert parts.init(SID) == b"moov"
    assert parts.init("b" * 32) is None
    assert parts.stored_through(SID) == 0
