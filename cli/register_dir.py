"""`avatar register --dir`: a whole folder of photos and videos becomes avatars.

A few files are under way at a time, each by the steps of `Registering.one`. What became of a
file is one line of a report, written as soon as it is known, and the request for a file is
named after its bytes and fields: whoever is killed and started again repeats nothing, on
either side. Between the folder and `avatar register`; asks the service nothing of its own.
"""

import csv
import hashlib
import io
import json
import os
import queue
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from cli import run_file
from cli.registering import Registering, RegistrationLate
from cli.service import Refused, Service, ServiceUnreachable

Outcome = Literal["ready", "usable", "refused", "failed"]
"""Ready with nothing to say, ready with advice, not fit to be an avatar, or not come through."""
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

PATIENCE_S: Final = 120.0
"""How long a service that is away, or has no room, is waited for before a file is given up."""
_PAUSE_S: Final = 1.0
_AGAIN: Final = frozenset({429, 502, 503, 504})
"""Answers that pass with time."""
_OF_THE_FILE: Final = frozenset({400, 409, 413, 415, 422})
"""Answers that say something about this file; others are the service's own trouble."""
_OF_THE_KEY: Final = frozenset({401, 403})
"""Answers that every other file would get too."""

_SUFFIXES: Final = frozenset(
    f".{kind}"
    for kind in (
        "jpg", "jpeg", "jpe", "png", "webp", "avif", "heic", "heif",
        "mp4", "m4v", "mov", "avi", "webm", "mkv",
    )
)  # fmt: skip
"""Files that are taken of a folder without a manifest; the service judges by content."""
_COLUMNS: Final = ("file", "id", "title_fa", "title_en", "voice", "consent_who", "consent")

Line = dict[str, Any]
"""What became of a file, ready for JSON."""


class ManifestWrong(ValueError):
    """A manifest cannot be used; the message names the row and the field. Nothing was sent."""


class RunStopped(Exception):
    """No file can be sent with this key; the message is the service's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that is to become an avatar."""

    file: Path
    shown: str
    """Its name in the report: the path inside the folder."""
    avatar_id: str | None
    fields: Mapping[str, Any]
    """Fields of `Registering` that the manifest gives this file."""

    def key(self, work: Registering) -> str:
        """Return the Idempotency-Key of this file with these fields: of the same ones always the same."""
        with self.file.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        told = {**work.described(self.file), **self.fields, "id": self.avatar_id, "content": content}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def entries_of(folder: Path, *, recursive: bool) -> list[Entry]:
    """Return the photos and videos of a folder, by name."""
    found = folder.rglob("*") if recursive else folder.glob("*")
    files = sorted(path for path in found if path.is_file() and path.suffix.lower() in _SUFFIXES)
    return [Entry(file, str(file.relative_to(folder)), None, {}) for file in files]


def entries_in(manifest: Path, folder: Path) -> list[Entry]:
    """Return the files that a manifest names: CSV with a head, in UTF-8, or a JSON list of objects.

    Args:
        manifest: fields `file`, and where they differ from the command's, `id`, `title_fa`,
            `title_en`, `voice`, `consent_who` and `consent`.
        folder: that the files are in.

    Raises:
        ManifestWrong: a row is not of this form, or names no file or one twice.
    """
    rows = _rows_of(manifest)
    if not rows:
        raise ManifestWrong(f"{manifest.name} names no file")
    seen: dict[str, int] = {}
    entries = []
    for number, row in enumerate(rows, 1):
        entry = _entry(number, row, folder)
        for what, name in (("file", entry.shown), ("id", entry.avatar_id)):
            if name and seen.setdefault(f"{what} {name}", number) != number:
                raise ManifestWrong(f"row {number}, {what}: {name!r} is in row {seen[f'{what} {name}']} too")
        entries.append(entry)
    return entries


def read_report(report: Path) -> dict[str, Line]:
    """Return what a report says came of each key; a line that was cut short is left out."""
    known: dict[str, Line] = {}
    if report.exists():
        for line in report.read_bytes().split(b"\n"):
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and isinstance(told.get("key"), str):
                known[told["key"]] = told
    return known


def register_all(
    work: Registering,
    entries: Sequence[Entry],
    report: Path,
    *,
    at_once: int,
    again: bool = False,
    find: Callable[[], Service] = Service.find,
) -> Iterator[tuple[Line, bool]]:
    """Register files, and yield what became of each as it is known, and whether it was known before.

    Args:
        work: what all files have in common.
        entries: the files.
        report: lines of JSON; those of earlier runs are read, and new ones added whole.
        at_once: files under way at a time.
        again: ask anew for what was refused before.
        find: opens the running service; each thread has one of its own.

    Raises:
        RunStopped: the service takes nothing with this key; what was under way is not reported.
    """
    known = read_report(report)
    waiting: queue.SimpleQueue[Entry] = queue.SimpleQueue()
    for entry in entries:
        waiting.put(entry)
    ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
    clerk = _Clerk(work, known, again, find)
    for _ in range(min(at_once, len(entries))):
        threading.Thread(target=clerk.work_off, args=(waiting, ended), daemon=True).start()
    with report.open("ab") as lines:
        if lines.tell() and not report.read_bytes().endswith(b"\n"):
            lines.write(b"\n")  # after a line that was cut short
        for _ in entries:
            line, was_known = _outcome(ended.get())
            if not was_known:
                lines.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                lines.flush()
                os.fsync(lines.fileno())
            yield line, was_known


_Ended = tuple[Line, bool] | RunStopped


def _outcome(ended: _Ended) -> tuple[Line, bool]:
    if isinstance(ended, RunStopped):
        raise ended
    return ended


def counted(lines: Sequence[Line]) -> dict[Outcome, int]:
    """Return how many files came to which outcome."""
    found = Counter(line["outcome"] for line in lines)
    return {outcome: found[outcome] for outcome in OUTCOMES}


@dataclass(frozen=True, slots=True)
class _Clerk:
    """What the threads of a run share."""

    work: Registering
    known: Mapping[str, Line]
    again: bool
    find: Callable[[], Service]

    def work_off(self, waiting: "queue.SimpleQueue[Entry]", ended: "queue.SimpleQueue[_Ended]") -> None:
        """Register files until none waits."""
        while True:
            try:
                ended.put(self._end(waiting.get_nowait()))
            except queue.Empty:
                return
            except RunStopped as stopped:
                ended.put(stopped)
                return

    def _end(self, entry: Entry) -> tuple[Line, bool]:
        begun_s = time.monotonic()
        try:
            key = entry.key(self.work)
        except OSError as trouble:
            return {"file": entry.shown, "key": None, "outcome": "failed", "reason": str(trouble)}, False
        before = self.known.get(key, {})
        outcome = before.get("outcome")
        if outcome in ("ready", "usable") or (outcome == "refused" and not self.again):
            return before, True
        # The service would answer the same key with the same refusal.
        asked = uuid.uuid4().hex if outcome == "refused" else key
        line = {"file": entry.shown, "key": key, **self._registered(entry, asked)}
        return {**line, "seconds": round(time.monotonic() - begun_s, 2)}, False

    def _registered(self, entry: Entry, key: str) -> Line:
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self.find() as service:
                    mine = replace(self.work, service=service, **entry.fields)
                    avatar = mine.one(entry.file, entry.avatar_id, lambda _step, _percent: None, key=key)
                return _told(avatar)
            except (ServiceUnreachable, run_file.NotRunning) as trouble:
                # Its registrations go on when it is back, and the key finds them.
                reason, after_s = str(trouble), _PAUSE_S
            except Refused as trouble:
                if trouble.status not in _AGAIN:
                    return _refused(trouble)
                reason, after_s = str(trouble), float(trouble.retry_after_s or _PAUSE_S)
            except (RegistrationLate, OSError) as trouble:
                return {"outcome": "failed", "reason": str(trouble)}
            if time.monotonic() + after_s > until_s:
                return {"outcome": "failed", "reason": reason}
            time.sleep(after_s)


def _refused(trouble: Refused) -> Line:
    """Return a line's part about an answer that does not pass with time. Raises RunStopped."""
    if trouble.status in _OF_THE_KEY:
        raise RunStopped(str(trouble)) from trouble
    outcome: Outcome = "refused" if trouble.status in _OF_THE_FILE else "failed"
    return {"outcome": outcome, "reason": str(trouble)}


def _told(avatar: Mapping[str, Any]) -> Line:
    """Return a line's part about an avatar as the service shows it in the end."""
    refusal, report = avatar["registration"]["refusal"], avatar["report"] or {"findings": []}
    advice = [found for found in report["findings"] if found["verdict"] != "good"]
    line: Line = {"avatar": avatar["id"], "report": avatar["report"]}
    if avatar["state"] != "ready":
        return {
            **line, "outcome": "refused", "code": refusal and refusal["code"],
            "reason": refusal["detail"] if refusal else avatar["state"],
            "reason_fa": refusal["detail_fa"] if refusal else avatar["state"],
        }  # fmt: skip
    if not advice:
        return {**line, "outcome": "ready"}
    return {
        **line, "outcome": "usable", "reason": " ".join(found["advice_en"] for found in advice),
        "reason_fa": " ".join(found["advice_fa"] for found in advice),
    }  # fmt: skip


def _rows_of(manifest: Path) -> list[Mapping[str, object]]:
    try:
        text = manifest.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestWrong(f"{manifest.name} is not in UTF-8: {error}") from error
    if manifest.suffix.lower() == ".json":
        try:
            rows = json.loads(text)
        except ValueError as error:
            raise ManifestWrong(f"{manifest.name} is not JSON: {error}") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ManifestWrong(f"{manifest.name} is not a list of objects with {', '.join(_COLUMNS)}")
        return rows
    table = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: value for name, value in row.items() if value} for row in table]


def _entry(number: int, row: Mapping[str, object], folder: Path) -> Entry:
    for name, value in row.items():
        if name not in _COLUMNS:
            raise ManifestWrong(f"row {number}: {name!r} is no field; known: {', '.join(_COLUMNS)}")
        if not isinstance(value, str) or not value.strip():
            raise ManifestWrong(f"row {number}, {name}: must be a text, not {value!r}")
    if "file" not in row:
        raise ManifestWrong(f"row {number}, file: is missing")
    fields = {name: str(value) for name, value in row.items()}
    shown, avatar_id = fields.pop("file"), fields.pop("id", None)
    if not (folder / shown).is_file():
        raise ManifestWrong(f"row {number}, file: there is no {shown!r} in {folder}")
    return Entry(folder / shown, shown, avatar_id, fields)
