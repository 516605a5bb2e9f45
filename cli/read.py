"""`avatar read`: a text or a file in, one line a sentence out: written, spoken, phonemes.

Starts a voice process of its own and needs no running service. Shows what the voices are
given and what they make of it; draws nothing.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

import settings
from lipsync.clock import samples_to_ms
from lipsync.speech.errors import UnknownVoice, VoiceError
from lipsync.speech.runs import speak_runs
from lipsync.speech.spans import Voice
from lipsync.text.checks import check_text
from lipsync.text.errors import TextError
from lipsync.text.letters import PHONEMES_CLOSE, PHONEMES_OPEN
from lipsync.text.lines import shown
from lipsync.text.passages import Passage, passages_of
from lipsync.text.reading import read_sentences
from lipsync.text.script import Script
from lipsync.text.sentences import Sentence
from lipsync.text.ssml import is_ssml, parse_ssml
from tasks.casting import cast
from workers.voices import Voices, open_voices

_SEED = 0
_LONGEST_PATH = 1024
_PATH: Final = re.compile(r"(?:/|\./|\.\./|~)\S+|(?!\S*://)\S*/\S*\.[A-Za-z][A-Za-z0-9]{0,7}\Z")
"""An argument that means a file: it starts like a path, or has a separator and an extension."""
_ALOUD: Final = "To have these very words read, send them to standard input: `echo ... | avatar read -`."


@click.command("read")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a sentence.")
@click.option("--voice", "voice_name", default="fa", show_default=True, help="The voice that reads.")
@click.argument("source", metavar="TEXT|FILE|-")
def read(as_json: bool, voice_name: str, source: str) -> None:
    """Show how a text is split, what is spoken, and each phoneme's time.

    TEXT that is the path of a file is read from it (UTF-8), and one that looks like a path must be
    one; "-" reads standard input. A text that begins with <speak is SSML. The voice may be any of the
    service's, or a language's tag, such as de, fr or zh.
    """
    text = _text_of(source)
    try:
        script = parse_ssml(text) if is_ssml(text) else Script(text)
        check_text(script.shown)
    except TextError as error:
        raise click.UsageError(str(error)) from error
    held = settings.load().voice_dir
    with tempfile.TemporaryDirectory(prefix="read-") as folder, open_voices(Path(folder), held) as voices:
        try:
            voice = voices.get(voice_name)
        except UnknownVoice as error:
            raise click.UsageError(str(error)) from error
        try:
            _read(script, voice, voices, as_json)
        except VoiceError as error:
            raise click.ClickException(str(error)) from error


def _text_of(source: str) -> str:
    """Return the text that an argument means.

    Raises:
        click.UsageError: the file or standard input cannot be read as UTF-8.
    """
    try:
        if source == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        # An empty path would be this very folder.
        if source and len(source.encode("utf-8", "replace")) <= _LONGEST_PATH and "\0" not in source:
            return _file_or_text(source)
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{source} is not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise click.UsageError(f"{source} cannot be read: {error.strerror}") from error
    return source


def _file_or_text(source: str) -> str:
    path = Path(source)
    try:
        if path.is_file():
            return path.read_text("utf-8-sig")
        folder = path.is_dir()
    except OSError as error:
        # A text may be no name a file can have; one that looks like a file's is told why.
        if not _PATH.match(source):
            return source
        raise click.UsageError(f"{source} cannot be read: {error.strerror}") from error
    if folder:
        raise click.UsageError(f"{source} is a folder; name a text file in it. {_ALOUD}")
    if _PATH.match(source):
        raise click.UsageError(f"there is no file {source}; mend its name. {_ALOUD}")
    return source


def _read(script: Script, voice: Voice, voices: Voices, as_json: bool) -> None:
    language = script.language or voice.language
    sentences = read_sentences(script.shown, language)
    if script.language is not None:
        voice = voices.beside(voice, script.language)
    for sentence, passages in zip(sentences, passages_of(script, sentences, language), strict=True):
        _show(_row(sentence, passages, voices, voice), as_json)


def _row(
    sentence: Sentence, passages: tuple[Passage, ...], voices: Voices, voice: Voice
) -> dict[str, Any]:
    buffers = list(speak_runs(cast(passages, voices, voice), _SEED))
    phonemes = [
        {
            "symbol": span.symbol,
            "start_ms": samples_to_ms(span.start_samples),
            # Floored like the starts, so that one phoneme ends where the next begins.
            "end_ms": samples_to_ms(span.end_samples),
        }
        for buffer in buffers
        for span in buffer.phonemes
    ]
    marks = [[mark.name, samples_to_ms(mark.at_samples)] for buffer in buffers for mark in buffer.marks]
    row: dict[str, Any] = {
        "written": sentence.written,
        "shown": shown(sentence.written),
        "spoken": " ".join(_plain(passage.spoken) for passage in passages if passage.spoken),
        "words": list(_words(sentence.written, passages)),
        "phonemes": phonemes,
    }
    return {**row, "marks": marks} if marks else row


def _plain(spoken: str) -> str:
    return spoken.replace(PHONEMES_OPEN, "[[").replace(PHONEMES_CLOSE, "]]")


def _words(written: str, passages: tuple[Passage, ...]) -> Iterator[dict[str, Any]]:
    """Yield each spoken word with its place, and the written characters that it stands for."""
    at = 0
    for passage in passages:
        for found in re.finditer(r"\S+", passage.spoken):
            start, end = found.span()
            low, high = passage.spoken_to_written[start][0], passage.spoken_to_written[end - 1][1]
            yield {
                "spoken": _plain(found.group()),
                "spoken_range": [at + start, at + end],
                "written": written[low:high],
                "written_range": [low, high],
            }
        at += len(passage.spoken) + bool(passage.spoken)


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    table = Table(title=Text(row["written"]), title_justify="left", show_header=True)
    for column in ("phoneme", "from ms", "to ms"):
        table.add_column(column, justify="left" if column == "phoneme" else "right")
    for phoneme in row["phonemes"]:
        # "t[" is a phoneme; as a plain string it would be taken for markup.
        table.add_row(Text(phoneme["symbol"]), str(phoneme["start_ms"]), str(phoneme["end_ms"]))
    console = Console()
    console.print(table)
    if row["spoken"] != row["written"]:
        console.print("spoken: " + row["spoken"], markup=False)
