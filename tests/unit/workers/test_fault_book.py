"""A device that keeps failing is kept out for a while; one that failed once is not."""

import multiprocessing
from pathlib import Path

import pytest

from workers.faults import MOST, OUT_S, WITHIN_S, DeviceKeptOut, Fault, FaultBook

NOW_S = 1_800_000_000.0


@pytest.fixture
def book(tmp_path: Path) -> FaultBook:
    return FaultBook(tmp_path / "devices")


def test_a_device_of_which_nothing_is_known_may_be_tried(book: FaultBook) -> None:
    book.admit("GPU-1", NOW_S)
    assert book.faults("GPU-1") == ()


def test_faults_are_known_to_later_processes(book: FaultBook, tmp_path: Path) -> None:
    book.note("GPU-1", "out of memory", NOW_S)
    assert FaultBook(tmp_path / "devices").faults("GPU-1") == (Fault(NOW_S, "out of memory"),)
    assert book.faults("GPU-2") == ()


def test_a_device_that_failed_fewer_times_is_tried_again(book: FaultBook) -> None:
    for turn in range(MOST - 1):
        book.note("GPU-1", "NaN", NOW_S + turn)
    book.admit("GPU-1", NOW_S + MOST)


def test_a_device_that_keeps_failing_is_kept_out_and_let_in_again(book: FaultBook) -> None:
    for turn in range(MOST):
        book.note("GPU-1", f"NaN {turn}", NOW_S + turn)
    with pytest.raises(DeviceKeptOut, match=f"GPU-1 failed {MOST} times .* last: NaN {MOST - 1}") as caught:
        book.admit("GPU-1", NOW_S + MOST)
    book.admit("GPU-2", NOW_S + MOST)
    book.admit("GPU-1", NOW_S + MOST - 1 + OUT_S)
    caught.value.path.unlink()
    book.admit("GPU-1", NOW_S + MOST)


def test_faults_over_one_thing_count_once(book: FaultBook) -> None:
    for turn in range(MOST + 2):
        book.note("cpu", "NaN", NOW_S + turn, "one-utterance")
    book.admit("cpu", NOW_S + 60)
    for number in range(2, MOST + 1):
        book.note("cpu", "NaN", NOW_S + 10 + number, f"utterance-{number}")
    with pytest.raises(DeviceKeptOut):
        book.admit("cpu", NOW_S + 60)


def test_faults_of_long_ago_do_not_count(book: FaultBook) -> None:
    for turn in range(MOST):
        book.note("GPU-1", "NaN", NOW_S + turn * WITHIN_S * 0.6)
    book.admit("GPU-1", NOW_S + MOST * WITHIN_S * 0.6)


def _note_many(folder: Path) -> None:
    for turn in range(5):
        FaultBook(folder).note("GPU-1", "NaN", NOW_S + turn)


def test_no_fault_is_lost_when_several_processes_note_one(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    noting = [spawn.Process(target=_note_many, args=(tmp_path / "devices",)) for _ in range(3)]
    for process in noting:
        process.start()
    for process in noting:
        process.join()
    assert len(FaultBook(tmp_path / "devices").faults("GPU-1")) == 15


@pytest.mark.parametrize("content", [b"", b"{", b'[{"at": 1}]', b"\xff", b"3"])
def test_a_file_that_cannot_be_read_keeps_nothing_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "GPU-1.json").write_bytes(content)
    book = FaultBook(tmp_path)
    book.admit("GPU-1", NOW_S)
    book.note("GPU-1", "NaN", NOW_S)
    assert len(book.faults("GPU-1")) == 1
