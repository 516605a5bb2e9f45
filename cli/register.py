"""`avatar register`: photos and videos of this machine become avatars of the running service.

Each file is sent, watched until its registration ends, and its report is printed in the
reader's language. `--dir` takes a whole folder, a few files at a time (`cli.register_dir`).
"""

import json
import locale
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from cli import register_dir, run_file
from cli.register_dir import Entry, Line
from cli.registering import Registering, RegistrationLate, Tell
from cli.service import Refused, Service, ServiceUnreachable

_TOLD_EVERY_S: Final = 10.0
STATEMENT: Final = "I am the person shown, or they allowed that this avatar be made of them and speak."
_STEPS: Final = {
    "en": {"waiting": "waiting", "fetch": "sent", "recognise": "recognising", "decode": "reading",
           "find": "looking for faces", "loop": "making the loop", "judge": "judging", "draw": "drawing",
           "keep": "keeping", "done": "done"},
    "fa": {"waiting": "در صف", "fetch": "فرستاده شد", "recognise": "شناختن فایل", "decode": "خواندن",
           "find": "یافتن چهره", "loop": "ساختن تکرار",
           "judge": "سنجیدن", "draw": "کشیدن", "keep": "نگه‌داشتن", "done": "پایان"},
}  # fmt: skip
_HEADS: Final = {"en": ("what", "measure", "limit", "verdict", "what to do"),
                 "fa": ("چه چیز", "اندازه", "مرز", "نتیجه", "چه باید کرد")}  # fmt: skip
_GRADES: Final = {"en": {"good": "good", "fair": "fair", "bad": "bad"},
                  "fa": {"good": "خوب", "fair": "میانه", "bad": "بد"}}  # fmt: skip
_HEADS_OF_FOLDER: Final = {"en": ("file", "what became of it", "why, and what to do"),
                          "fa": ("فایل", "چه شد", "چرا، و چه باید کرد")}  # fmt: skip
_OUTCOMES: Final = {"en": {"ready": "ready", "usable": "ready, with advice", "refused": "refused",
                           "failed": "not come through"},
                    "fa": {"ready": "آماده", "usable": "آماده، با پیشنهاد", "refused": "پذیرفته نشد",
                           "failed": "ناتمام"}}  # fmt: skip
_UNITS: Final = {"faces": "", "deg": "°", "%": "%"}
"""How a unit stands behind its number, where not as a word."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "avatar_id", help="Name of the avatar; one is made unless told. For one file only.")
@click.option("--title-fa", help="What it is called in Persian.")
@click.option("--title-en", help="What it is called in English; the file's name unless a title is given.")
@click.option("--voice", default="fa", show_default=True, help="The voice it speaks with.")
@click.option("--engine", default="warp", show_default=True, help="What draws it: warp or wav2lip.")
@click.option("--consent-who", required=True, help="Who allowed that an avatar be made of them.")
@click.option("--consent", default=STATEMENT, show_default=True, help="In which words.")
@click.option("--consent-evidence", "evidence", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file that shows it; only its checksum is kept.")  # fmt: skip
@click.option("--points", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Points of the face, set by hand, as JSON.")  # fmt: skip
@click.option("--choose", type=click.IntRange(0, 15), help="Which of several faces, the best is 0.")
@click.option("--dir", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Register every photo and video of a folder.")  # fmt: skip
@click.option("--recursive", is_flag=True, help="With --dir: and of the folders in it.")
@click.option("--manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="With --dir: CSV or JSON with file, id, title_fa, title_en, voice, consent_who, "
              "consent.")  # fmt: skip
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path),
              default=Path("register-report.jsonl"), show_default=True,
              help="With --dir: what became of each file; a second run goes on from it.")  # fmt: skip
@click.option("--at-once", type=click.IntRange(1, 64), default=4, show_default=True,
              help="With --dir: files under way at a time.")  # fmt: skip
@click.option("--again", is_flag=True, help="With --dir: ask anew for what an earlier run was refused.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each file.")
@click.option("--lang", type=click.Choice(["fa", "en"]), help="Language of the report; the terminal's own.")
def register(
    *, files: tuple[Path, ...], avatar_id: str | None, folder: Path | None, recursive: bool,
    manifest: Path | None, report: Path, at_once: int, again: bool, as_json: bool, lang: str | None,
    **options: Any,
) -> None:  # fmt: skip
    """Make avatars of FILES, photos or videos, and print what was found; or of a whole folder."""
    if (folder is None) == (not files):
        raise click.UsageError("name files, or a folder by --dir")
    one_face = avatar_id is not None or options["points"] is not None or options["choose"] is not None
    if one_face and (folder is not None or len(files) > 1):
        raise click.UsageError(
            "--id, --points and --choose are for one file; a manifest gives each file its id"
        )
    language = lang or _language()
    try:
        with Service.find() as service:
            work = Registering(service=service, **options)
            if folder is None:
                refused = sum(
                    not _register(work, file, avatar_id, language, as_json=as_json) for file in files
                )
            else:
                entries = _entries(folder, manifest, recursive=recursive)
                lines = _register_all(work, entries, report, at_once, again=again, as_json=as_json)
                refused = _sum_up(lines, report, language, as_json=as_json)
    except (ServiceUnreachable, run_file.NotRunning) as error:
        raise click.ClickException(str(error)) from error
    if refused:
        raise click.exceptions.Exit(1)


def _entries(folder: Path, manifest: Path | None, *, recursive: bool) -> list[Entry]:
    if manifest is None:
        entries = register_dir.entries_of(folder, recursive=recursive)
        if not entries:
            raise click.ClickException(f"there is no photo or video in {folder}")
        return entries
    try:
        return register_dir.entries_in(manifest, folder)
    except register_dir.ManifestWrong as error:
        raise click.ClickException(f"{error}. Nothing was sent.") from error


def _register_all(
    work: Registering, entries: list[Entry], report: Path, at_once: int, *, again: bool, as_json: bool
) -> list[Line]:
    """Register a folder's files with a bar of how far it is; return a line for each."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(), _Rate(),
    )  # fmt: skip
    lines: list[Line] = []
    quiet = as_json or not console.is_terminal
    log = _PlainProgress()
    with Progress(*columns, console=console, transient=True, disable=quiet) as bars:
        bar = bars.add_task("registering", total=len(entries))
        try:
            for line, _ in register_dir.register_all(work, entries, report, at_once=at_once, again=again):
                lines.append(line)
                bars.update(bar, completed=len(lines), description=line["file"])
                if as_json:
                    click.echo(json.dumps(line, ensure_ascii=False))
                elif quiet:
                    log.tell(lines, len(entries))
        except (KeyboardInterrupt, register_dir.RunStopped) as reason:
            told = f"stopped after {len(lines)} of {len(entries)}; the same command goes on from {report}"
            raise click.ClickException(f"{told}. {reason}".removesuffix(". ")) from None
    return lines


class _Rate(ProgressColumn):
    """Files a minute, of late."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed * 60:.0f}/min")


class _PlainProgress:
    """A line now and then, where a bar cannot be drawn: in a log, or through a pipe."""

    def __init__(self) -> None:
        self._begun_s = self._told_s = time.monotonic()

    def tell(self, lines: Sequence[Line], total: int) -> None:
        """Say how far it is, if that was not said lately."""
        now_s = time.monotonic()
        if now_s - self._told_s < _TOLD_EVERY_S:
            return
        self._told_s = now_s
        counts = "  ".join(f"{name}: {count}" for name, count in register_dir.counted(lines).items())
        rate = 60 * len(lines) / (now_s - self._begun_s)
        click.echo(f"{len(lines)} of {total}  {counts}  {rate:.0f}/min", err=True)


def _sum_up(lines: list[Line], report: Path, language: str, *, as_json: bool) -> int:
    """Print what became of a folder; return how many files are no avatars now."""
    counts = register_dir.counted(lines)
    if not as_json:
        table = Table(title_justify="left")
        for head in _HEADS_OF_FOLDER[language]:
            table.add_column(head)
        for line in lines:
            if line["outcome"] != "ready":
                reason = line.get("reason_fa" if language == "fa" else "reason") or line["reason"]
                table.add_row(line["file"], _OUTCOMES[language][line["outcome"]], reason)
        if table.row_count:
            Console().print(table)
        click.echo("  ".join(f"{_OUTCOMES[language][name]}: {count}" for name, count in counts.items()))
        click.echo(str(report))
    return counts["refused"] + counts["failed"]


def _register(work: Registering, file: Path, avatar_id: str | None, language: str, *, as_json: bool) -> bool:
    """Register one file and print what came of it; return whether the avatar can be used."""
    try:
        with _progress(file.name, language, quiet=as_json) as tell:
            avatar = work.one(file, avatar_id, tell)
    except (Refused, RegistrationLate) as error:
        _print_trouble(file, str(error), as_json)
        return False
    if as_json:
        click.echo(json.dumps({"file": file.name, **avatar}, ensure_ascii=False))
    else:
        _print(file, avatar, language)
    return bool(avatar["state"] == "ready" and avatar["registration"]["state"] == "ready")


def _print_trouble(file: Path, told: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"file": file.name, "error": told}, ensure_ascii=False))
    else:
        click.echo(f"{file.name}: {told}", err=True)


def _print(file: Path, avatar: Mapping[str, Any], language: str) -> None:
    refusal = avatar["registration"]["refusal"]
    click.echo(f"{file.name}: {avatar['id']} {avatar['registration']['state']}")
    if avatar["report"] is not None:
        Console().print(report_table(avatar["report"], language))
    if len(avatar["faces"]) > 1:
        told = {"en": "{} faces; number {} was taken, --choose takes another",
                "fa": "{} چهره یافت شد؛ شمارهٔ {} برگزیده شد و ‎--choose دیگری را برمی‌گزیند"}  # fmt: skip
        click.echo(told[language].format(len(avatar["faces"]), avatar["face"]))
    if refusal is not None:
        click.echo(refusal["detail_fa" if language == "fa" else "detail"], err=True)


def report_table(report: Mapping[str, Any], language: str) -> Table:
    """Return a report as a table in a language, "fa" or "en"."""
    table = Table(title_justify="left")
    for head in _HEADS[language]:
        table.add_column(head)
    for found in report["findings"]:
        unit = _UNITS.get(found["unit"], f" {found['unit']}")
        table.add_row(
            found[f"title_{language}"],
            f"{found['measure']:.4g}{unit}",
            f"{found['limit']:.4g}{unit}",
            _GRADES[language][found["verdict"]],
            found[f"advice_{language}"],
        )
    return table


@contextmanager
def _progress(name: str, language: str, *, quiet: bool) -> Iterator[Tell]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _step, _percent: None
        return
    columns = (TextColumn("{task.fields[file]}"), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
        bar = bars.add_task("", total=100, file=name)
        words = _STEPS[language]
        yield lambda step, percent: bars.update(bar, description=words.get(step, step), completed=percent)


def _language() -> str:
    """Return the terminal's language, Persian or English."""
    try:
        locale.setlocale(locale.LC_MESSAGES, "")
    except locale.Error:
        return "en"  # a terminal that names a language this machine has not
    return "fa" if (locale.getlocale(locale.LC_MESSAGES)[0] or "").startswith("fa") else "en"
