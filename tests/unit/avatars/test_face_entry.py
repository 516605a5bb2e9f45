"""An entry of Redis holds what was packed, or is refused."""

import multiprocessing
import struct
import zlib

import numpy as np
import pytest
from faces import face, same

from avatars.errors import FaceFileBroken
from avatars.face_entry import pack, unpack
from avatars.face_rows import pack_rows, unpack_rows
from lipsync.face.track import CodedPictures, FaceTrack


@pytest.mark.parametrize("frames", [1, 3])
def test_a_face_comes_back_to_the_last_bit(frames: int) -> None:
    assert same(unpack(pack(face(1, frames))), face(1, frames))


def test_an_unpacked_face_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        unpack(pack(face())).pictures[0][0, 0] = 1


def test_no_flipped_byte_goes_unnoticed() -> None:
    entry = pack(face())
    for place in range(len(entry)):
        broken = bytearray(entry)
        broken[place] ^= 0x10
        with pytest.raises(FaceFileBroken):
            unpack(bytes(broken))


@pytest.mark.parametrize("length", [0, 3, 20, -1])
def test_an_entry_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(FaceFileBroken, match="checksum"):
        unpack(pack(face())[:length])


def _signed(content: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(content)) + content


def test_an_entry_of_another_build_is_refused_by_its_version() -> None:
    content = bytearray(pack(face())[4:])
    content[4] = 9
    with pytest.raises(FaceFileBroken, match="version 9 of a kept face; known: 3"):
        unpack(_signed(bytes(content)))


@pytest.mark.parametrize(("place", "value"), [(8, 2), (12, 9), (16, 7), (20, 200)])
def test_lengths_that_do_not_fit_together_are_refused(place: int, value: int) -> None:
    content = bytearray(pack(face())[4:])
    content[place] = value
    with pytest.raises(FaceFileBroken, match="bytes for"):
        unpack(_signed(bytes(content)))


def test_pictures_that_cannot_be_decompressed_are_refused() -> None:
    with pytest.raises(FaceFileBroken):
        unpack(_signed(pack(face())[4:-8]))


def test_an_empty_face_is_not_packed() -> None:
    with pytest.raises(FaceFileBroken):
        pack(FaceTrack((), ()))


def test_a_picture_that_is_a_view_is_packed_as_it_looks() -> None:
    track = face()
    turned = FaceTrack((track.pictures[0][:, ::-1],), track.points)
    assert np.array_equal(unpack(pack(turned)).pictures[0], track.pictures[0][:, ::-1])


def loop() -> FaceTrack:
    track = face(frames=6)
    return FaceTrack(CodedPictures.of(track.pictures), track.points, bounces=True, rest=4)


def test_a_loop_is_kept_as_it_is_coded_with_its_order() -> None:
    given, got = loop(), unpack(pack(loop()))
    assert isinstance(given.pictures, CodedPictures)
    assert isinstance(got.pictures, CodedPictures)
    assert got.pictures.coded == given.pictures.coded
    assert (got.bounces, got.rest) == (True, 4)
    assert same(got, given)


@pytest.mark.parametrize("cut", [1, 100])
def test_a_loop_whose_pictures_are_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(FaceFileBroken, match="coded pictures"):
        unpack(_signed(pack(loop())[4:-cut]))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_rows_come_back_however_many_there_are(count: int) -> None:
    rows = np.random.default_rng(count).integers(0, 256, (count, 12), np.uint8)
    assert np.array_equal(unpack_rows(memoryview(pack_rows(rows)), count, 12), rows)


@pytest.mark.parametrize("harm", ["upper", "lower", "length", "more", "nothing"])
def test_rows_of_which_a_half_is_broken_are_refused(harm: str) -> None:
    packed = pack_rows(np.arange(120, dtype=np.uint8).reshape(10, 12))
    broken = {
        "upper": packed[:8] + bytes(4) + packed[12:],
        "lower": packed[:-4],
        "length": struct.pack("<Q", 1 << 40) + packed[8:],
        "more": packed + b"more",
        "nothing": b"",
    }[harm]
    with pytest.raises(FaceFileBroken):
        unpack_rows(memoryview(broken), 10, 12)


def test_a_process_forked_after_a_face_was_read_reads_too() -> None:
    entry = pack(face(1))
    assert same(unpack(entry), face(1))
    child = multiprocessing.get_context("fork").Process(target=unpack, args=(entry,))
    child.start()
    child.join(20)
    if child.is_alive():
        child.kill()
        child.join()
    assert child.exitcode == 0
