"""`avatar demo`: one sentence the whole way, as any client would send it, and a verdict.

Starts an embedded stack, speaks over HTTP and a WebSocket, saves film, captions, a sheet
of frames and the figures in var/demo, stops what it started, and fails if anything is off.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

import settings
from avatars.facefile import read_points
from avatars.seeding import SAMPLES, SAMPLES_DIR
from cli import client, run_file, up
from cli.caption_options import caption_options, take_look
from cli.folder_lock import in_use
from cli.say import progress_of_speech, save_captions, save_video
from cli.verdict import Verdict, captions_end_ms, judge
from lipsync.media.sheet import contact_sheet

SENTENCE: Final = (
    "سلام، من سمیرا هستم. هر جمله‌ای که بنویسید، همان لحظه با صدای من شنیده می‌شود، "
    "و لب‌هایم با هر واژه حرکت می‌کنند!"
)
AVATAR: Final = "samira"
_STOP_LIMIT_S: Final = 60.0


@click.command()
@click.option("--text", default=SENTENCE, help="What is said, instead of the sentence of the house.")
@click.option("--avatar", type=click.Choice([s.id for s in SAMPLES]), default=AVATAR, help="Who says it.")
@caption_options
def demo(text: str, avatar: str, **flags: object) -> None:
    """Make one talking face the whole way, and judge it."""
    manner = {"burned": take_look(flags)}
    configured = settings.load()
    folder = configured.var / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with running_stack(configured) as run, client.Service(run.address, run.key) as service:
            report = _perform(service, text, avatar, folder, manner)
    except (client.Refused, client.ServiceUnreachable, client.StreamBroken) as error:
        raise click.ClickException(str(error)) from error
    verdict = judge(folder / "demo.mp4", read_points((SAMPLES_DIR / f"{avatar}.points.json").read_bytes()))
    (folder / "contact.png").write_bytes(contact_sheet(folder / "demo.mp4", columns=6, count=24))
    faults = [
        *_stream_faults(report, verdict),
        *_caption_faults(captions_end_ms(folder / "demo.vtt"), verdict),
        *verdict.faults,
    ]
    figures = _figures(report, verdict, faults)
    (folder / "report.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    _print(figures, folder)
    if faults:
        raise click.ClickException("the demo is not as it must be:\n" + "\n".join(f"  - {f}" for f in faults))


@contextmanager
def running_stack(
    configured: settings.Settings, changes: Mapping[str, str] | None = None
) -> Iterator[run_file.RunFile]:
    """Start a stack of the demo's own and stop it afterwards, whatever happened.

    A service that runs in var already is left alone; the demo's then lives in var/demo/stack.

    Args:
        configured: names the folder.
        changes: variables that are set otherwise for this stack.
    """
    var = configured.var / "demo" / "stack" if in_use(configured.var) else configured.var
    words = var / "log" / "up.log"
    words.parent.mkdir(parents=True, exist_ok=True)
    with words.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--foreground", "--no-flower", "--port=0"],
            env=settings.environment({**(changes or {}), "AVATAR_VAR": str(var)}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        with _ending_in_order():
            yield up.wait_until_ready(var, process, words)
    finally:
        _stop(process)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have SIGTERM unwind this process, so that what it started ends too."""
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        # Its children die with it.
        process.kill()
        process.wait()


def _perform(
    service: client.Service, text: str, avatar: str, folder: Path, manner: Mapping[str, object]
) -> client.ViewerReport:
    with progress_of_speech() as show:
        report = client.speak(
            service, text, avatar=avatar, manner=manner, on_chunk=show.chunk, on_place=show.place,
            keep_segments=True,
        )  # fmt: skip
    save_video(service, report.utterance, folder / "demo.mp4")
    save_captions(service, report.utterance, {kind: folder / f"demo.{kind}" for kind in ("vtt", "srt")})
    return report


def _stream_faults(report: client.ViewerReport, verdict: Verdict) -> Iterator[str]:
    if report.ending != "end":
        yield f"the stream ended with {report.ending or 'nothing'}"
    if report.missing or report.duplicates:
        yield f"{report.missing} chunks missing, {report.duplicates} twice"
    if not report.init:
        yield "no init segment came"
    told = dict(report.detail or {})
    if told.get("chunks") != report.chunks:
        yield f"{report.chunks} chunks came, the end says {told.get('chunks')}"
    if told.get("duration_ms") != report.duration_ms:
        yield f"the chunks last {report.duration_ms} ms, the end says {told.get('duration_ms')}"
    if abs(verdict.media.duration_ms - report.duration_ms) > 40:
        yield f"the film lasts {verdict.media.duration_ms} ms, the stream lasted {report.duration_ms}"


def _caption_faults(end_ms: int, verdict: Verdict) -> Iterator[str]:
    if end_ms == 0:
        yield "there are no captions"
    # A caption may stay for the pause after its words, never longer than there is a film.
    if end_ms > verdict.media.duration_ms + 40:
        yield f"the captions end at {end_ms} ms, the film at {verdict.media.duration_ms} ms"


def _figures(report: client.ViewerReport, verdict: Verdict, faults: list[str]) -> dict[str, object]:
    duration_ms = verdict.media.duration_ms
    return {
        "first_chunk_ms": round(report.first_chunk_ms or 0.0, 1),
        "chunks": report.chunks,
        "frames": verdict.media.frames,
        "duration_ms": duration_ms,
        "audio_ms": verdict.media.audio_ms,
        "missing": report.missing,
        "duplicates": report.duplicates,
        # Below 1: it was made faster than it plays.
        "real_time_factor": round(report.total_ms / duration_ms, 3) if duration_ms else None,
        "size_px": f"{verdict.media.width_px}x{verdict.media.height_px}",
        "bytes": report.size_bytes,
        "sound_peak": round(verdict.peak, 3),
        "mouth_spread": round(verdict.mouth_spread, 1),
        "words": len(report.words),
        "faults": faults,
    }


def _print(figures: dict[str, object], folder: Path) -> None:
    table = Table(title="one sentence, the whole way", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        if name != "faults":
            table.add_row(name, str(value))
    console = Console()
    console.print(table)
    for name in ("demo.mp4", "demo.vtt", "demo.srt", "contact.png", "report.json"):
        console.print(f"  {folder / name}", highlight=False, soft_wrap=True)
