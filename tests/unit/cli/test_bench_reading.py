"""The reader's and the voice's bench read and speak for real and judge both by their aims."""

import json

from click.testing import CliRunner

from cli.bench import bare_reader
from cli.bench.commands import bench
from cli.bench.reading import reader_lines, speech_lines


def test_sentences_are_of_200_characters_and_no_two_alike() -> None:
    texts = [bare_reader.sentence_of(number) for number in range(50)]
    assert {len(text) for text in texts} == {bare_reader.SENTENCE_CHARACTERS}
    assert len(set(texts)) == 50
    assert 0.99e6 < len(bare_reader.megabyte_of().encode()) <= 1e6


def test_the_embedded_voice_is_measured_until_its_first_sound() -> None:
    done = CliRunner().invoke(bench, ["speech", "--n", "2", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["speech_p95_ms"] >= found["speech_p50_ms"] > 0
    assert [row.aim for row in speech_lines(found)] == ["p95 5 ms"]


def test_rows_that_miss_their_aims_say_so() -> None:
    found = {
        "sentence_p50_ms": 0.5, "sentence_p95_ms": 1.1, "floor_p50_ms": 0.1, "megabyte_s": 3,
        "floor_megabyte_s": 0.1, "memory_mb": 51.0,
    }  # fmt: skip
    assert [row.met for row in reader_lines(found)] == [False, None, False]
    good = {**found, "sentence_p95_ms": 0.9, "memory_mb": 49.0}
    assert [row.met for row in reader_lines(good)] == [True, None, True]
    slow = {"speech_p50_ms": 4, "speech_p95_ms": 6, "floor_p50_ms": 0.1}
    assert [row.met for row in speech_lines(slow)] == [False]
