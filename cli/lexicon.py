"""`avatar lexicon`: how words are spoken, in the running service; its files are tables with tabs.

The service keeps the lexicon of whoever holds the key, and the house's for admins. `try` alone
starts a voice process of its own, and lets one see what a voice makes of a spelling.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli import run_file
from cli.service import Refused, Service, ServiceUnreachable
from lipsync.speech.errors import UnknownVoice, VoiceError
from lipsync.speech.sentence import speak_sentence
from lipsync.speech.spans import Voice
from lipsync.text.errors import EntriesWrong, EntryWrong
from lipsync.text.lexicon import check_entry
from lipsync.text.lexicon_table import RawEntry, check_entries, read_table, write_table
from lipsync.text.sentences import split_sentences
from workers.voices import open_voices

_PAGE: Final = 100
_SEED: Final = 0

_of_house = click.option("--house", is_flag=True, help="The lexicon that holds for everybody; for admins.")


@click.group()
def lexicon() -> None:
    """Say how words are spoken: `avatar lexicon add WORD SPOKEN`, with vowel marks where they matter."""


@lexicon.command("list")
@click.option("--search", default="", metavar="LETTERS", help="Only words that have or sound these letters.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each.")
@_of_house
def show(search: str, *, as_json: bool, house: bool) -> None:
    """List the words, with what is spoken for each."""
    with _service() as service:
        rows = list(_entries(service, house=house, search=search))
    if as_json:
        for row in rows:
            click.echo(json.dumps({name: row[name] for name in RawEntry._fields[:3]}, ensure_ascii=False))
        return
    table = Table()
    for title in RawEntry._fields[:3]:
        table.add_column(title)
    for row in rows:
        # Square brackets of a note are no markup.
        table.add_row(*(Text(row[name]) for name in RawEntry._fields[:3]))
    Console().print(table)


@lexicon.command()
@click.argument("word")
@click.argument("spoken")
@click.option("--note", default="", help="Why, for whoever reads the list.")
@_of_house
def add(word: str, spoken: str, *, note: str, house: bool) -> None:
    """Have WORD be spoken as SPOKEN, from the next utterance on."""
    try:
        entry = check_entry(word, spoken, note)
    except EntryWrong as error:
        raise click.UsageError(str(error)) from error
    with _service() as service:
        body = {"spoken": entry.spoken, "note": entry.note}
        row = service.request("PUT", _path(entry.word, house=house), body)
    click.echo(f"{row['word']}: {row['spoken']}")


@lexicon.command()
@click.argument("words", nargs=-1, required=True, metavar="WORD…")
@_of_house
def remove(words: tuple[str, ...], *, house: bool) -> None:
    """Leave words to the reader again."""
    unknown: list[str] = []
    with _service() as service:
        for word in words:
            try:
                service.request("DELETE", _path(word, house=house))
            except Refused as refusal:
                if refusal.status != 404:
                    raise
                unknown.append(word)
            else:
                click.echo(f"{word}: removed")
    if unknown:
        named = ", ".join(repr(word) for word in unknown)
        raise click.ClickException(f"no word {named}; `avatar lexicon list` shows those there are")


@lexicon.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@_of_house
def take(file: Path, *, house: bool) -> None:
    """Add the words of FILE, or of standard input where it is "-": word, tab, spoken, tab, note.

    All of them or none; a word that is there already is replaced.
    """
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        entries = check_entries(read_table(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is not UTF-8 at byte {error.start}") from error
    except EntriesWrong as error:
        told = "\n".join(f"  {each['problem']}" for each in error.errors)
        raise click.UsageError(f"nothing was written, {error}\n{told}") from error
    items = [{"word": entry.word, "spoken": entry.spoken, "note": entry.note} for entry in entries]
    with _service() as service:
        done = service.request("POST", f"/v1/lexicon:import{_query(house=house)}", {"items": items})
    click.echo(f"added {done['added']}, replaced {done['replaced']}; {done['count']} words now")


@lexicon.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File; else standard output.")
@_of_house
def export(out: Path | None, *, house: bool) -> None:
    """Write the whole lexicon as a table that `import` reads."""
    with _service() as service:
        rows = [(row["word"], row["spoken"], row["note"]) for row in _entries(service, house=house)]
    table = write_table(rows)
    if out is None:
        click.echo(table, nl=False)
        return
    out.write_text(table, "utf-8", newline="")
    click.echo(f"{out}: {len(rows)} words")


@lexicon.command("try")
@click.argument("word")
@click.argument("spoken", required=False)
@click.option("--voice", "voice_name", default="fa", show_default=True, help="The voice that reads.")
@_of_house
def attempt(word: str, spoken: str | None, *, voice_name: str, house: bool) -> None:
    """Show the phonemes of WORD as it stands and of SPOKEN; needs no service where SPOKEN is given.

    Without SPOKEN it is what the lexicon of the service has for WORD.
    """
    if spoken is None:
        with _service() as service:
            spoken = str(service.request("GET", _path(word, house=house))["spoken"])
    try:
        entry = check_entry(word, spoken)
    except EntryWrong as error:
        raise click.UsageError(str(error)) from error
    with tempfile.TemporaryDirectory(prefix="lexicon-") as folder, open_voices(Path(folder)) as voices:
        try:
            voice = voices.get(voice_name)
            for text in (entry.word, entry.spoken):
                click.echo(f"{text}: {_phonemes(voice, text)}")
        except UnknownVoice as error:
            raise click.UsageError(str(error)) from error
        except VoiceError as error:
            raise click.ClickException(str(error)) from error


def _phonemes(voice: Voice, text: str) -> str:
    spans = (
        span
        for sentence in split_sentences(text)
        for buffer in speak_sentence(voice, sentence, _SEED)
        for span in buffer.phonemes
    )
    return " ".join(span.symbol for span in spans)


@contextmanager
def _service() -> Iterator[Service]:
    try:
        with Service.find() as service:
            yield service
    except (Refused, ServiceUnreachable, run_file.NotRunning) as error:
        raise click.ClickException(str(error)) from error


def _entries(service: Service, *, house: bool, search: str = "") -> Iterator[dict[str, Any]]:
    asked = {"limit": str(_PAGE)} | ({"q": search} if search else {})
    following: str | None = ""
    while following is not None:
        behind = {"after": following} if following else {}
        page = service.request("GET", f"/v1/lexicon{_query(house=house, **asked, **behind)}")
        yield from page["entries"]
        following = page["next"]


def _path(word: str, *, house: bool) -> str:
    return f"/v1/lexicon/{quote(word, safe='')}{_query(house=house)}"


def _query(*, house: bool, **asked: str) -> str:
    told = asked | ({"house": "true"} if house else {})
    return f"?{urlencode(told)}" if told else ""
