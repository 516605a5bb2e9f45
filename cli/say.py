"""`avatar say`: a client of the running service that says one text and reports what it saw."""

import codecs
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli import client, run_file
from cli.caption_options import caption_options, take_look
from cli.dictation import NotUtf8
from cli.recording import RecordingLate, RecordingRefused, read_transcript, send_recording
from tasks.chunks import Chunk

DEFAULT_AVATAR = "samira"
_READ_BYTES = 1000
_TOLD = (
    client.Refused, client.ServiceUnreachable, client.StreamBroken, run_file.NotRunning, RecordingRefused,
    RecordingLate,
)  # fmt: skip


@click.command()
@click.argument("text", required=False)
@click.option("--avatar", default=DEFAULT_AVATAR, show_default=True, help="Who says it.")
@click.option("--voice", help="In which voice; the avatar's own unless told otherwise.")
@click.option("--language", help="Of the text: a tag such as de or zh; the voice's unless told otherwise.")
@click.option("--rate", type=float, help="0.5 to 2.0 times the voice's own rate.")
@click.option("--pitch", type=float, help="-12 to 12 semitones above the voice's own pitch.")
@click.option("--volume", type=float, help="-20 to 6 dB above the voice's own volume.")
@click.option("--engine", help="What draws: warp or wav2lip; the avatar's own unless told otherwise.")
@click.option("--size", help="Size of the picture, such as 512x512 or 720x1280.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to save the MP4.")
@click.option("--vtt", type=click.Path(dir_okay=False, path_type=Path), help="Where to save the WebVTT.")
@click.option("--srt", type=click.Path(dir_okay=False, path_type=Path), help="Where to save the SubRip.")
@click.option(
    "--recording", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A sound file (WAV, MP3, Ogg, M4A, ...) that is spoken in place of TEXT.",
)
@click.option("--transcript", help="What is said in the recording, or a file of it: shown as captions.")
@caption_options
@click.option("--stream", is_flag=True, help="With TEXT -: say what comes on standard input as it comes.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
def say(
    *, text: str | None, avatar: str, voice: str | None, engine: str | None, size: str | None,
    out: Path | None, vtt: Path | None, srt: Path | None, recording: Path | None, transcript: str | None,
    stream: bool, as_json: bool, **manner: object,
) -> None:  # fmt: skip
    """Let an avatar of the running service say TEXT, or speak a recording.

    A TEXT that begins with <speak is SSML.

    A TEXT of - is read from standard input: whole, or with --stream as it comes, so that it can stand
    behind a program that writes (a language model, tail -f).
    """
    if (text is None) == (recording is None):
        raise click.UsageError("say either TEXT or --recording FILE")
    if transcript is not None and recording is None:
        raise click.UsageError("--transcript tells what is said in a --recording")
    spoken = _spoken(text, stream)
    manner["transcript"] = read_transcript(transcript)
    manner["burned"] = take_look(manner)
    try:
        with client.Service.find() as service, progress_of_speech() as show:
            if recording is not None:
                manner["recording"] = send_recording(service, recording, show.tell)
            report = client.speak(
                service, spoken, avatar=avatar, voice=voice, size=size, engine=engine, manner=manner,
                on_chunk=show.chunk, on_place=show.place, on_lost=show.lost,
            )  # fmt: skip
            figures = report.to_json()
            if out is not None:
                figures["file"] = str(out)
                figures["file_bytes"] = save_video(service, report.utterance, out)
            save_captions(service, report.utterance, {"vtt": vtt, "srt": srt})
    except _TOLD as error:
        raise click.ClickException(str(error)) from error
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    print_report(figures, as_json)
    if report.ending != "end" or report.missing or report.duplicates or report.cut_short:
        raise click.exceptions.Exit(1)


def whole_input() -> str:
    """Return what stands on standard input.

    Raises:
        click.UsageError: it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"standard input is not UTF-8 at byte {error.start}") from error


def _spoken(text: str | None, stream: bool) -> str | Iterator[str] | None:
    """Return what is said: a text, what comes on standard input, or None where nothing is."""
    if stream:
        if text != "-":
            raise click.UsageError("--stream reads standard input; the text is then -")
        return arriving()
    return whole_input() if text == "-" else text


def arriving() -> Iterator[str]:
    """Yield what comes on standard input, as soon as it comes; whole code points only.

    Raises:
        cli.dictation.NotUtf8: at the first byte that is none, after all before it.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    source: Any = sys.stdin.buffer
    taken, more = 0, True
    while more:
        more = bool(data := source.read1(_READ_BYTES))
        taken += len(data)
        try:
            yield decoder.decode(data, final=not more)
        except UnicodeDecodeError as error:
            yield error.object[: error.start].decode()
            raise NotUtf8(taken - len(error.object) + error.start) from error


def save_video(service: client.Service, utterance: str, target: Path) -> int:
    """Wait for the finished MP4 and save it; return its length in bytes."""
    service.wait_for_files(utterance)
    return service.download(f"/v1/utterances/{utterance}/video.mp4", target)


def save_captions(service: client.Service, utterance: str, targets: Mapping[str, Path | None]) -> None:
    """Wait for the captions' files and save those that have a target, by their kind: vtt, srt."""
    wanted = {kind: target for kind, target in targets.items() if target is not None}
    if wanted:
        service.wait_for_files(utterance)
    for kind, target in wanted.items():
        service.download(f"/v1/utterances/{utterance}/captions.{kind}", target)


def print_report(figures: dict[str, object], as_json: bool) -> None:
    """Print figures, as one line of JSON or as a list for people."""
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        if value is not None and value != []:
            click.echo(f"{name:>16}  {value}")


class SpeechProgress:
    """Tells a person how far an utterance has come."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self._spoken_ms = 0

    def chunk(self, chunk: Chunk) -> None:
        """Count a chunk."""
        self._spoken_ms += chunk.duration_ms
        self.tell(f"received {self._spoken_ms / 1000:.1f} s")

    def place(self, position: int) -> None:
        """Tell the place in the waiting line."""
        self.tell(f"waiting, place {position}")

    def lost(self) -> None:
        """Tell that the stream broke off."""
        self.tell(f"received {self._spoken_ms / 1000:.1f} s; waiting for the service to come back")


@contextmanager
def progress_of_speech() -> Iterator[SpeechProgress]:
    """Show progress on the terminal's error channel; silent where there is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield SpeechProgress(lambda _: None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        # How long it will be is not known before the last sentence is spoken.
        bar = progress.add_task("asking", total=None)
        yield SpeechProgress(lambda line: progress.update(bar, description=line))
