"""`avatar bench`: what its verbs print and refuse without a service."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.bench.commands import bench


def run(*arguments: str) -> Result:
    return CliRunner().invoke(bench, list(arguments))


def test_the_last_line_of_json_holds_the_figures() -> None:
    done = run("chunk", "--n", "2", "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout.splitlines()[-1])
    assert {"p50_ms", "p95_ms", "floor_p50_ms"} <= set(figures)
    assert (figures["n"], figures["engine"]) == (2, "warp")


def test_a_person_reads_the_same_figures_one_a_line() -> None:
    done = run("chunk", "--n", "1")
    assert "p95_ms" in [line.split()[0] for line in done.stdout.splitlines()]


def test_an_unknown_engine_is_one_line_with_the_known_ones() -> None:
    done = run("chunk", "--n", "1", "--engine", "nope")
    assert done.exit_code == 1
    assert done.stderr == "Error: no engine 'nope'; known: warp\n"


@pytest.mark.parametrize("counts", ["0", "1,,2", "a", "", "-1", "1,2,x"])
def test_counts_of_workers_are_whole_numbers_from_one(counts: str) -> None:
    done = run("workers", "--counts", counts)
    assert done.exit_code == 2
    assert "no list of numbers" in done.stderr


@pytest.mark.parametrize("verb", ["first-chunk", "streams", "viewers", "films", "takeover"])
def test_without_a_service_a_verb_says_so_and_how_to_start_one(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_VAR", str(tmp_path))
    monkeypatch.delenv("AVATAR_URL", raising=False)
    done = run(verb, "--n", "1", "--engine", "warp", "--json")
    assert done.exit_code == 1
    assert "make up" in done.stderr
    assert done.stdout == ""
