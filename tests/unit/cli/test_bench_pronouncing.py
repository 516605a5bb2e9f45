"""Sentences whose reading a person wrote down: what the embedded voice says of them, counted."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.bench.alignment import compare, heard_sounds, told_sounds
from cli.bench.commands import bench
from cli.bench.pronouncing import (
    FOLDER,
    Told,
    pronouncing_lines,
    read_gold,
    with_ezafes,
    without_marks,
)
from cli.bench.together import BenchmarkFailed

KASRA = "\u0650"
HEADING = "# written\treading\n"


def heard(reading: str, said: str) -> tuple[int, int, int, int]:
    found = compare(told_sounds(reading.split()), list(said))
    return found.errors, len(found.wrong), found.ezafes_heard, found.false_ezafes


def test_the_sentences_of_the_source_are_enough_and_have_a_word_for_each_word() -> None:
    told = [each for path in sorted(FOLDER.glob("*.tsv")) for each in read_gold(path)]
    assert len(told) >= 120
    assert [each.written for each in told if len(each.written.split()) != len(each.words)] == []
    assert min(sum(each.half == half for each in told) for half in ("tuned", "blind")) >= 50


@pytest.mark.parametrize(
    ("reading", "said", "counted"),
    [
        ("ketAb-e man", "ketAbeman", (0, 0, 1, 0)),
        ("ketAb-e man", "ketAbman", (1, 1, 0, 0)),
        ("ketAb man", "ketAbeman", (1, 1, 0, 1)),
        ("xAne-ye mA", "xAneyemA", (0, 0, 1, 0)),
        ("mard mord", "mardmard", (1, 1, 0, 0)),
        ("dowlat", "dolat", (0, 0, 0, 0)),
        ("xiyAbAn", "xiAbAn", (0, 0, 0, 0)),
        ("nAn", "", (3, 1, 0, 0)),
        ("bA nAn", "bA-nAnu".replace("-", ""), (1, 1, 0, 0)),
    ],
)
def test_errors_words_and_ezafes_are_counted_by_the_alignment(
    reading: str, said: str, counted: tuple[int, int, int, int]
) -> None:
    assert heard(reading, said) == counted


def test_a_voices_phonemes_are_brought_to_the_notation_of_the_files() -> None:
    symbols = ["_", "tS", "'a", "S", "m", ",e", "q1", "R", "dZ", "j", "(en)", "?", "_:_"]
    assert "".join(heard_sounds(symbols)) == "caSmeqrjy"


def test_marks_of_the_reader_go_and_those_of_the_writer_stay() -> None:
    told = Told("آن مرد خانهٔ ما را دید.", ())
    assert without_marks("آن مَرد خانهٔ ماِ را دید.", told) == "آن مرد خانهٔ ما را دید."


def test_a_persons_ezafes_take_the_place_of_the_readers() -> None:
    told = Told("", ("ketAb-e", "xAne-ye", "rAh-e", "sedA-ye", "mA"))
    assert with_ezafes("کتاب خانه راه صدای ماِ.", told) == f"کتاب{KASRA} خانهٔ راه{KASRA} صدای{KASRA} ما."


def test_a_sentence_of_other_words_than_its_reading_stays_as_it_is() -> None:
    assert with_ezafes("سه کتاب", Told("", ("ketAb-e",))) == "سه کتاب"


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text(f"{HEADING}بدون خوانش\n", "utf-8")
    with pytest.raises(BenchmarkFailed, match=r"wrong\.tsv:2"):
        read_gold(wrong)
    with pytest.raises(BenchmarkFailed, match="--gold"):
        read_gold(tmp_path / "none.tsv")


def test_the_voice_is_measured_in_four_ways_and_better_with_ezafes(tmp_path: Path) -> None:
    gold = tmp_path / "gold.tsv"
    gold.write_text(f"{HEADING}کتاب من\tketAb-e man\nآن مرد دیروز مرد.\tAn mard diruz mord\n", "utf-8")
    done = CliRunner().invoke(bench, ["reading", "--gold", str(gold), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["n"], found["all_n"]) == (2, 2)
    assert found["all_reader_words_right_pct"] > found["all_written_words_right_pct"]
    assert found["all_written_ezafes_ezafes_heard_pct"] == 100
    assert found["all_reader_ezafes_phoneme_errors_pct"] == 0
    low, high = found["all_reader_words_right_95"]
    assert low <= found["all_reader_words_right_pct"] <= high


def test_the_words_said_wrong_are_listed(tmp_path: Path) -> None:
    gold = tmp_path / "gold.tsv"
    gold.write_text(f"{HEADING}سلام بابا\tsalim bAbA\n", "utf-8")
    done = CliRunner().invoke(bench, ["reading", "--gold", str(gold), "--errors"])
    assert done.stdout == "salim\tsalAm\tسلام بابا\n"


def test_rows_say_when_marks_make_it_worse() -> None:
    found = {"blind_n": 70}
    for name, written, reader in (
        ("phoneme_errors", 3, 4),
        ("words_right", 80, 85),
        ("ezafes_heard", 10, 10),
    ):
        found |= {
            f"blind_written_{name}_pct": written, f"blind_reader_{name}_pct": reader,
            f"blind_reader_{name}_95": (1, 2), f"blind_reader_ezafes_{name}_pct": 5,
        }  # fmt: skip
    assert [row.met for row in pronouncing_lines(found)] == [False, True, True]
