"""The bare broadcast really carries every byte to everybody."""

from cli.bench import loopback
from cli.bench.viewing import added_ms


def test_every_reader_has_every_message_in_order() -> None:
    seen = loopback.broadcast([10, 200_000, 1], viewers=3, gap_s=0.0)
    assert [list(reader) for reader in seen] == [[1, 2, 3]] * 3
    assert all(sorted(reader.values()) == list(reader.values()) for reader in seen)


def test_the_first_to_have_a_chunk_waits_for_nothing_and_the_others_by_so_much() -> None:
    assert added_ms([{1: 10.0, 2: 20.5}, {1: 10.25, 2: 20.0}]) == [0.0, 250.0, 500.0, 0.0]


def test_a_viewer_who_lacks_a_chunk_is_not_counted_for_it() -> None:
    assert added_ms([{1: 10.0}, {1: 10.5, 2: 11.0}]) == [0.0, 500.0, 0.0]
