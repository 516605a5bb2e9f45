"""The loudness bench has every voice speak into a film, decodes it and judges by the aim."""

import json

from click.testing import CliRunner

from cli.bench.commands import bench
from cli.bench.loudness import loudness_lines


def test_every_voice_of_the_house_is_heard_in_a_film_at_minus_16_lufs() -> None:
    done = CliRunner().invoke(bench, ["loudness", "--n", "3", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    assert {"fa", "fa-woman", "en", "en-woman"} <= set(found["voices"])
    for each in found["voices"].values():
        assert abs(each["film_lufs"] - each["lufs"]) < 0.5
        assert each["peak_dbfs"] <= -1.0
    assert [row.met for row in loudness_lines(found)] == [True]


def test_a_voice_off_the_aim_or_a_clipped_sample_says_so() -> None:
    good = {
        "n": 8, "voices": {"fa": {"film_lufs": -16.4, "own_lufs": -21.0}}, "worst_off_lu": 0.4,
        "film_peak_dbfs": -0.3, "peak_dbfs": -1.0,
    }  # fmt: skip
    assert [row.met for row in loudness_lines(good)] == [True]
    assert [row.met for row in loudness_lines({**good, "worst_off_lu": 1.1})] == [False]
    assert [row.met for row in loudness_lines({**good, "film_peak_dbfs": 0.1})] == [False]
