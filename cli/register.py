"""`avatar register`: photos and videos of this machine become avatars of the running service.

Each file is sent, watched until its registration ends, and its report is printed in the
reader's language. What one file needs is in `Registering.one`, so that a folder of them can
be gone through by the same steps.
"""

import json
import locale
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli import run_file
from cli.service import Refused, Service, ServiceUnreachable

STATEMENT: Final = "I am the person shown, or they allowed that this avatar be made of them and speak."
_LOOK_EVERY_S: Final = 0.1
_LIMIT_S: Final = 600.0
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
_UNITS: Final = {"faces": "", "deg": "°", "%": "%"}
"""How a unit stands behind its number, where not as a word."""

Tell = Callable[[str, int], None]
"""Told the step that runs, and the percentage done."""


class RegistrationLate(Exception):
    """A registration has not ended in time; look at it later under its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """What all files of one command have in common."""

    service: Service
    voice: str
    consent_who: str
    consent: str
    evidence: Path | None = None
    title_fa: str | None = None
    title_en: str | None = None
    points: Path | None = None
    choose: int | None = None

    def one(self, file: Path, avatar_id: str | None, tell: Tell) -> dict[str, Any]:
        """Register one file and return the avatar as the service shows it in the end.

        Raises:
            Refused, ServiceUnreachable: see `Service.request`.
            RegistrationLate: it takes too long.
        """
        tell("waiting", 0)
        avatar = self._wait(self._send(file, avatar_id), tell)
        body = self._face()
        if body is not None and avatar["version"]:
            answer = self.service.request("PATCH", f"{avatar['links']['self']}/face", body)
            avatar = self._wait(answer, tell)
        return avatar

    def _send(self, file: Path, avatar_id: str | None) -> dict[str, Any]:
        title_en = self.title_en or ("" if self.title_fa else file.stem)
        fields = {
            "title_fa": self.title_fa or "", "title_en": title_en,
            "voice": self.voice, "consent_who": self.consent_who, "consent_statement": self.consent,
        }  # fmt: skip
        if avatar_id is not None:
            fields["id"] = avatar_id
        with ExitStack() as stack:
            files = {"file": stack.enter_context(file.open("rb"))}
            if self.evidence is not None:
                files["consent_evidence"] = stack.enter_context(self.evidence.open("rb"))
            made: dict[str, Any] = self.service.send_form("/v1/avatars", fields, files, key=uuid.uuid4().hex)
        return made

    def _face(self) -> dict[str, Any] | None:
        if self.points is not None:
            return {"points": json.loads(self.points.read_text("utf-8"))}
        return None if self.choose is None else {"choose": self.choose}

    def _wait(self, avatar: dict[str, Any], tell: Tell) -> dict[str, Any]:
        until_s = time.monotonic() + _LIMIT_S
        while avatar["registration"]["state"] == "pending":
            tell(avatar["registration"]["step"], avatar["registration"]["percent"])
            if time.monotonic() > until_s:
                raise RegistrationLate(f"{avatar['id']} is still being registered; look at it later")
            time.sleep(_LOOK_EVERY_S)
            avatar = self.service.request("GET", avatar["links"]["self"])
        tell("done", 100)
        return avatar


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--id", "avatar_id", help="Name of the avatar; one is made unless told. For one file only.")
@click.option("--title-fa", help="What it is called in Persian.")
@click.option("--title-en", help="What it is called in English; the file's name unless a title is given.")
@click.option("--voice", default="fa", show_default=True, help="The voice it speaks with.")
@click.option("--consent-who", required=True, help="Who allowed that an avatar be made of them.")
@click.option("--consent", default=STATEMENT, show_default=True, help="In which words.")
@click.option("--consent-evidence", "evidence", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file that shows it; only its checksum is kept.")  # fmt: skip
@click.option("--points", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Points of the face, set by hand, as JSON.")  # fmt: skip
@click.option("--choose", type=click.IntRange(0, 15), help="Which of several faces, the best is 0.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each file.")
@click.option("--lang", type=click.Choice(["fa", "en"]), help="Language of the report; the terminal's own.")
def register(
    *, files: tuple[Path, ...], avatar_id: str | None, as_json: bool, lang: str | None, **options: Any
) -> None:
    """Make avatars of FILES, photos or videos, and print what was found."""
    if avatar_id is not None and len(files) > 1:
        raise click.UsageError("--id names one avatar; leave it out for several files")
    language = lang or _language()
    refused = 0
    try:
        with Service.find() as service:
            work = Registering(service=service, **options)
            for file in files:
                refused += not _register(work, file, avatar_id, language, as_json=as_json)
    except (ServiceUnreachable, run_file.NotRunning) as error:
        raise click.ClickException(str(error)) from error
    if refused:
        raise click.exceptions.Exit(1)


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
