"""`avatar doctor`: looks at this machine for everything the service needs; starts nothing.

Each check is a function that returns what it found; only what the service cannot do
without makes the command fail. Libraries are imported by name where they are needed, so
that a broken one is a finding and not a traceback.
"""

import importlib
import importlib.metadata
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import click
from rich.console import Console
from rich.table import Table

import settings
from cli import embedded_redis, programs, run_file, troubles
from cli.folder_lock import in_use
from cli.ports import PortsTaken, check_ports, wanted_ports

Verdict = Literal["good", "note", "bad"]
_DISK_WANTED_BYTES: Final = 2 * 1024**3
_LIBRARIES: Final = (
    "celery", "redis", "flask", "gunicorn", "sqlalchemy", "alembic", "numpy", "cv2", "av",
    "onnxruntime", "resvg_py", "espeakng_loader", "websocket", "boto3",
)  # fmt: skip
_COLOURS: Final = {"good": "green", "note": "yellow", "bad": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it if anything."""

    verdict: Verdict
    text: str


@click.command()
def doctor() -> None:
    """Look at this machine for what the service needs."""
    configured = settings.load()
    table = Table(box=None, show_header=False)
    bad = 0
    for name, check in checks(configured):
        finding = _found(check)
        bad += finding.verdict == "bad"
        table.add_row(f"[{_COLOURS[finding.verdict]}]{finding.verdict}[/]", name, finding.text)
    Console().print(table)
    if bad:
        raise click.exceptions.Exit(1)


def _found(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except ImportError as error:
        return Finding("bad", f"cannot be imported: {error}")
    except troubles.known() as error:
        sentence = troubles.told(error)
        if sentence is None:
            raise
        return Finding("bad", sentence)


def checks(configured: settings.Settings) -> Sequence[tuple[str, Callable[[], Finding]]]:
    """Return every check with its name, in the order they are shown."""
    return (
        ("python", check_python),
        ("packages", check_packages),
        ("voices", check_voices),
        ("encoder", check_encoder),
        ("captions", lambda: check_captions(configured)),
        ("redis", lambda: check_redis(configured)),
        ("database", lambda: check_database(configured)),
        ("storage", lambda: check_storage(configured)),
        ("ports", lambda: check_wanted_ports(configured)),
        ("gpu", check_gpu),
        ("network", lambda: check_network(configured)),
        ("fonts", check_fonts),
        ("disk", lambda: check_disk(configured.var)),
        ("cores", check_cores),
        ("service", lambda: check_service(configured.var)),
    )


def check_python() -> Finding:
    """Which Python this is; an older one would not have come so far."""
    return Finding("good", f"{'.'.join(str(part) for part in sys.version_info[:3])}, {sys.prefix}")


def check_packages() -> Finding:
    """Every library can be imported."""
    broken = []
    for name in _LIBRARIES:
        try:
            importlib.import_module(name)
        except (ImportError, OSError) as error:
            broken.append(f"{name} ({error})")
    if broken:
        return Finding("bad", "cannot be imported: " + "; ".join(broken))
    return Finding("good", f"{len(_LIBRARIES)} libraries, celery {importlib.metadata.version('celery')}")


def check_voices() -> Finding:
    """The synthesiser's library and its Persian data are there."""
    loader = importlib.import_module("espeakng_loader")
    library, data = Path(loader.get_library_path()), Path(loader.get_data_path())
    if not library.is_file():
        return Finding("bad", f"no eSpeak NG library at {library}")
    missing = [name for name in ("fa_dict", "en_dict") if not (data / name).is_file()]
    if missing:
        return Finding("bad", f"{data} lacks {', '.join(missing)}")
    return Finding("good", "eSpeak NG with fa and en")


def check_captions(configured: settings.Settings) -> Finding:
    """Look for the font and the shaper of captions in pictures; all else goes on without."""
    fonts = importlib.import_module("workers.caption_font")
    shaping = importlib.import_module("lipsync.media.shaping")
    try:
        face = shaping.persian_typeface(fonts.read_caption_font(configured.asset_dir))
    except fonts.CaptionFontMissing as error:
        return Finding("note", f"none can be drawn into pictures: {error}")
    except shaping.BadFont as error:
        own = configured.asset_dir / fonts.OWN
        return Finding("note", f"none can be drawn into pictures: {error} ({own} goes before Vazirmatn)")
    if face.raqm:
        return Finding("good", f"{face.name}, by RAQM")
    return Finding("note", f"{face.name}, by presentation forms; with libfribidi0 RAQM sets marks finer")


def check_encoder() -> Finding:
    """H.264 and Opus can be encoded."""
    codec = importlib.import_module("av.codec")
    missing = []
    for name in ("libx264", "libopus"):
        try:
            codec.Codec(name, "w")
        except ValueError:
            missing.append(name)
    if missing:
        return Finding("bad", f"this build of PyAV lacks {', '.join(missing)}")
    return Finding("good", "libx264 and libopus")


def check_redis(configured: settings.Settings) -> Finding:
    """A Redis answers, or one of our own can be started."""
    if configured.redis_socket is None:
        client_of = importlib.import_module("tasks.stream_redis").redis_client
        client_of(configured.media_redis_url, blocking=False).ping()
        info = client_of(configured.redis_url, blocking=False).info("server")
        return Finding("good", f"{info['redis_version']}, named by REDIS_URL")
    try:
        return Finding("good", f"embedded, {embedded_redis.find_server()}")
    except embedded_redis.NoRedisServer as error:
        return Finding("bad", str(error))


def check_database(configured: settings.Settings) -> Finding:
    """The database answers, and its tables are the newest."""
    run = importlib.import_module("migrations.run")
    sqlite = configured.database_url.startswith("sqlite")
    kind = f"SQLite {sqlite3.sqlite_version}" if sqlite else "PostgreSQL"
    current, head = run.current(configured.database_url), run.head()
    if current is None:
        return Finding("good", f"{kind}; the tables are made at the first start")
    if current != head:
        return Finding("note", f"{kind}; tables are at {current}, the newest are {head} (avatar migrate)")
    return Finding("good", f"{kind}, tables at {current}")


def check_storage(configured: settings.Settings) -> Finding:
    """The folder or the bucket of all files can be written to."""
    homes = importlib.import_module("avatars.storage_homes")
    storage = homes.open_storage(configured.storage, endpoint=configured.s3_endpoint)
    storage.check()
    where = f" at {configured.s3_endpoint}" if configured.s3_endpoint else ""
    return Finding("good", f"{configured.storage}{where if configured.storage.startswith('s3://') else ''}")


def check_wanted_ports(configured: settings.Settings) -> Finding:
    """The ports that settings name are free."""
    wanted = wanted_ports(configured)
    if not wanted:
        return Finding("good", "free ones are taken at start")
    try:
        check_ports(wanted)
    except PortsTaken as error:
        running = in_use(configured.var)
        return Finding("note", f"{error} (a service runs here)") if running else Finding("bad", str(error))
    return Finding("good", ", ".join(f"{each.host}:{each.port}" for each in wanted) + " can be had")


def check_gpu() -> Finding:
    """Whether workers run on GPUs; none is no fault."""
    count = programs.gpu_count()
    return Finding("good", f"{count} for the workers" if count else "none used; the workers run on the cores")


def check_network(configured: settings.Settings) -> Finding:
    """Whether the model that paints mouths can be used here, and how fast; none is no fault."""
    model = configured.asset_dir / importlib.import_module("workers.nets").MODEL
    if not model.is_file():
        return Finding("good", f"no model at {model}; mouths are warped (docs/wav2lip.md)")
    book = importlib.import_module("workers.faults").FaultBook
    device = importlib.import_module("workers.device").pinned_device("0" if programs.gpu_count() else "")
    noted = book(configured.var / "run" / "devices")
    try:
        noted.admit(device.key, time.time())
    except importlib.import_module("workers.faults").DeviceKeptOut as kept_out:
        return Finding("bad", str(kept_out))
    lately = len(noted.faults(device.key))
    with tempfile.TemporaryDirectory() as folder:
        # What fails here is told here, and counts against nothing.
        warm_net = importlib.import_module("workers.warm_net").warm_net
        found = warm_net(configured.asset_dir, device, book(Path(folder)), cache=Path(folder))
    if found is None:
        return Finding("bad", f"{model} cannot be used on {device.title}; net_not_opened above says why")
    found.net.close()
    ready = found.readiness
    return Finding(
        "note" if lately else "good",
        f"{ready.way} on {device.title}: {ready.frames_per_s:.0f} frames a second, {ready.golden_db:.0f} dB "
        f"to its file, opened in {ready.loaded_s:.1f} s, warm in {ready.warmed_s:.1f} s; {lately} faults",
    )


def check_fonts() -> Finding:
    """The page's own font is there; it stands without."""
    folder = Path(str(importlib.import_module("web").__file__)).parent / "studio" / "fonts"
    count = len(list(folder.glob("*.woff2")))
    if count:
        return Finding("good", f"{count} files")
    return Finding("note", "none; the page uses the reader's own (scripts/fonts.sh fetches them from npm)")


def check_disk(var: Path) -> Finding:
    """There is room for films, and it can be written."""
    there = next(folder for folder in (var, *var.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        return Finding("bad", f"AVATAR_VAR: {var} cannot be made: {there} is no folder one may write in")
    free_bytes = shutil.disk_usage(there).free
    text = f"{free_bytes / 1024**3:.1f} GiB free at {there}"
    return Finding("good" if free_bytes >= _DISK_WANTED_BYTES else "note", text)


def check_cores() -> Finding:
    """How many cores the workers share."""
    return Finding("good", str(len(os.sched_getaffinity(0))))


def check_service(var: Path) -> Finding:
    """Whether a service runs here now."""
    try:
        running = run_file.read(var)
    except run_file.NotRunning:
        return Finding("good", "not running")
    if not in_use(var):
        return Finding("note", f"died without a word (process {running.pid}); avatar up starts it anew")
    return Finding("good", f"{running.address}, process {running.pid}")
