"""`avatar read`: what it prints, and what it refuses."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_piper import write_voice

from cli.read import read


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(read, list(arguments), input=stdin)


def rows(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_sentence_is_one_json_line() -> None:
    first, second = rows(run("--json", "--", "كتاب من. خوب است؟"))
    assert first["written"] == "كتاب من."
    assert first["spoken"] == "کتابِ من."
    assert second["written"] == "خوب است؟"
    assert set(first) == {"written", "shown", "spoken", "words", "phonemes"}


def test_each_spoken_word_tells_what_it_was_written_as() -> None:
    (row,) = rows(run("--json", "--", "سال ۱۲ بود"))
    words = row["words"]
    assert isinstance(words, list)
    assert [(word["spoken"], word["written"]) for word in words] == [
        ("سالِ", "سال"), ("دوازده", "۱۲"), ("بود", "بود"),
    ]  # fmt: skip


def test_phonemes_have_times_without_gaps() -> None:
    (row,) = rows(run("--json", "--voice", "en", "--", "Hello there."))
    phonemes = row["phonemes"]
    assert isinstance(phonemes, list)
    assert phonemes[0]["start_ms"] == 0
    assert all(a["end_ms"] == b["start_ms"] for a, b in pairwise(phonemes))
    assert {"h", "l"} <= {phoneme["symbol"] for phoneme in phonemes}


def test_a_file_and_standard_input_are_read(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes("\ufeffسلام.".encode())
    (from_file,) = rows(run("--json", "--", str(file)))
    (from_stdin,) = rows(run("--json", "--", "-", stdin="سلام.".encode()))
    assert from_file == from_stdin
    assert from_file["written"] == "سلام."


def test_without_json_it_is_a_table_for_people() -> None:
    result = run("--", "[bold] سلام")
    assert result.exit_code == 0
    assert "phoneme" in result.output
    assert "[bold]" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--", ""], "empty"),
        (["--", "😀"], "no letter"),
        (["--", "ا" * 5001], "5000"),
        (["--", "a\x00b"], "control character"),
        (["--voice", "klingon", "--", "سلام"], "fa, fa-woman, en, en-woman"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_read_is_refused(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize("name", ["texts/none.txt", "./none", "/none/all.md", "~/none", "../none", "ب/a.txt"])
def test_a_path_without_a_file_is_told_and_not_read_aloud(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--", name)
    assert result.exit_code == 2
    assert f"there is no file {name}" in result.output
    assert "avatar read -" in result.output


def test_a_folder_is_told_and_not_read_aloud(tmp_path: Path) -> None:
    result = run("--", str(tmp_path))
    assert result.exit_code == 2
    assert "is a folder" in result.output


@pytest.mark.parametrize(
    "text", ["and/or", "He said 3/4.", "https://example.org/a.html", "روز/شب. خوب", "/ slash", "1/2.5"]
)
def test_a_text_with_a_slash_in_it_is_still_a_text(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert rows(run("--json", "--", text))


def test_a_long_text_is_no_path_however_it_begins() -> None:
    assert rows(run("--json", "--", "سلام " * 300))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "broken"
    file.write_bytes(b"ab\xff")
    result = run("--", str(file))
    assert result.exit_code == 2
    assert "byte 2" in result.output
    assert run("--", "-", stdin=b"\xff").exit_code == 2


def test_a_voice_of_the_asset_folder_reads_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_voice(tmp_path / "voices")
    monkeypatch.setenv("AVATAR_ASSETS", str(tmp_path))
    (row,) = rows(run("--json", "--voice", "fa-tiny", "--", "سلام، دنیا."))
    phonemes = row["phonemes"]
    assert isinstance(phonemes, list)
    assert [each["symbol"] for each in phonemes] == [
        "_", "s", "a", "l", "ˈɑ", "m", "_", "d", "ˈo", "n", "j", "ɑ", "_",
    ]  # fmt: skip
    assert all(a["end_ms"] == b["start_ms"] for a, b in pairwise(phonemes))
    unknown = run("--voice", "fa-absent", "--", "سلام")
    assert unknown.exit_code == 2
    assert "fa-tiny" in unknown.output
