"""A language model writes, token by token, into a whole running service, and is heard as it writes."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stacks import avatar_environment

import settings
from cli import up
from cli.client import Service, Viewer, ViewerReport
from cli.dictation import Dictation
from cli.run_file import RunFile
from lipsync.media.probe import probe
from tasks.stream_redis import open_stream

TEXT = (
    "سلام، امروز دربارهٔ باران حرف می‌زنیم. دما ۳.۵ درجه است و نشانی www.example.com/a.b را ببینید! "
    "ابرها آب را از دریا برمی‌دارند، و باد آن‌ها را به کوه می‌رساند؛ آن‌جا سرد می‌شوند و می‌بارند. "
    "آیا می‌دانستید که هر قطره چند دقیقه در راه است؟ همین"
)
TOKEN_S = 0.05


def tokens(text: str, seed: int = 3) -> list[str]:
    """Return a text as a model writes it: two to five characters at a time, wherever that cuts."""
    chance, found = random.Random(seed), []
    while text:
        size = chance.randint(2, 5)
        found.append(text[:size])
        text = text[size:]
    return found


@dataclass
class House:
    """A running service and the ways to strike it."""

    var: Path
    run: RunFile

    def kill(self, name: str) -> None:
        children = json.loads((self.var / "run" / "children.json").read_text())
        os.kill(int(children[name]["pid"]), signal.SIGKILL)

    def holder(self, sid: str) -> str:
        meta = open_stream(self.run.redis_url).meta(sid)
        assert meta is not None
        assert meta.owner is not None
        return meta.owner.partition(":")[0]

    def service(self) -> Service:
        return Service(self.run.address, self.run.key)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var = tmp_path_factory.mktemp("append") / "var"
    (var / "log").mkdir(parents=True)
    words = var / "log" / "up.log"
    with words.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--foreground", "--no-flower", "--port=0"],
            env=avatar_environment(var, AVATAR_WORKERS="2"), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield House(var, up.wait_until_ready(var, process, words))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@dataclass
class Said:
    """What one viewer saw of an utterance, and when its writer wrote."""

    report: ViewerReport
    row: dict[str, Any]
    words: list[tuple[float, list[Any]]]
    """Seconds since the POST, and words, of every chunk that has any."""
    last_token_s: float
    vtt: str


@contextmanager
def dictated(
    house: House, pieces: Callable[[], Iterator[str]], folder: Path
) -> Iterator[tuple[str, list[Said]]]:
    """Have pieces said and watched; what was seen is there when the block has ended."""
    seen: list[Said] = []
    heard: list[tuple[float, list[Any]]] = []
    last_s = [0.0]
    with house.service() as service, house.service() as writer:
        body = {"avatar": "samira", "text": "", "open": True}
        posted_s = time.monotonic()
        made = service.request("POST", "/v1/utterances", body)

        def noted() -> Iterator[str]:
            for piece in pieces():
                yield piece
                last_s[0] = time.monotonic() - posted_s

        viewer = Viewer(
            service, made["id"], made["stream"], posted_s=posted_s,
            on_chunk=lambda chunk: heard.append(
                (time.monotonic() - posted_s, [word.text for word in chunk.words])
            ),
        )  # fmt: skip
        dictation, watching = Dictation(writer, made["id"], noted()), threading.Thread(target=viewer.watch)
        watching.start()
        dictation.start()
        yield made["id"], seen
        dictation.join(120)
        watching.join(120)
        assert dictation.refused is None
        row = service.wait_for_files(made["id"])
        film = folder / "film.mp4"
        service.download(row["video"], film)
        report = probe(film)
        assert (report.gaps, report.errors, report.frames) == ((), (), row["frames"])
        service.download(row["vtt"], folder / "film.vtt")
        vtt = (folder / "film.vtt").read_text("utf-8")
        seen.append(Said(viewer.report, row, [h for h in heard if h[1]], last_s[0], vtt))


def slowly(text: str) -> Callable[[], Iterator[str]]:
    def pieces() -> Iterator[str]:
        for token in tokens(text):
            time.sleep(TOKEN_S)
            yield token

    return pieces


def check_said_once(said: Said, text: str = TEXT) -> None:
    report = said.report
    assert said.row["text"] == text
    assert report.ending == "end"
    assert [arrival.seq for arrival in report.arrivals] == list(range(1, report.chunks + 1))
    assert report.detail == {"chunks": report.chunks, "duration_ms": report.duration_ms}
    assert (report.missing, report.duplicates) == (0, 0)
    # A date or a time of several words is read as one.
    assert " ".join(report.words) == " ".join(text.split())
    shown = re.sub("[\u200e\u200f\u2066\u2067\u2069]", "", said.vtt)
    assert [word for word in text.split() if word not in shown] == []


def test_the_first_chunk_comes_long_before_the_last_token(house: House, tmp_path: Path) -> None:
    with dictated(house, slowly(TEXT), tmp_path) as (_, seen):
        pass
    said = seen[0]
    check_said_once(said)
    assert said.report.first_chunk_ms is not None
    assert said.report.first_chunk_ms / 1000 < said.last_token_s / 2


def test_a_worker_killed_while_it_is_written_loses_and_repeats_nothing(house: House, tmp_path: Path) -> None:
    with dictated(house, slowly(TEXT), tmp_path) as (sid, seen):
        time.sleep(2.5)
        house.kill(house.holder(sid))
    check_said_once(seen[0])
    assert {arrival.gen for arrival in seen[0].report.arrivals} == {1, 2}


def test_a_door_killed_while_it_is_written_loses_and_repeats_nothing(house: House, tmp_path: Path) -> None:
    with dictated(house, slowly(TEXT), tmp_path) as (_, seen):
        time.sleep(2.5)
        house.kill("web")
    check_said_once(seen[0])
    assert seen[0].report.reconnects


def test_a_word_that_comes_after_a_pause_is_soon_heard_and_the_face_lived_meanwhile(
    house: House, tmp_path: Path
) -> None:
    def pieces() -> Iterator[str]:
        yield "سلام دوست من. "
        time.sleep(5.0)
        yield "باران آمد. "
        time.sleep(1.0)

    with dictated(house, pieces, tmp_path) as (_, seen):
        pass
    said = seen[0]
    check_said_once(said, "سلام دوست من. باران آمد. ")
    at_s = [arrival.at_s for arrival in said.report.arrivals]
    # Chunks of 320 ms came all the while, none long before its time.
    assert max(np.diff(at_s)) < 2.0
    assert said.report.duration_ms > 5000


def test_the_command_says_what_it_is_piped(house: House) -> None:
    env = settings.environment({"AVATAR_VAR": str(house.var)})
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "say", "-", "--stream", "--json"],
        env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert process.stdin is not None
    for token in tokens("سلام دوست من. امروز ۳.۵ درجه است."):
        process.stdin.write(token)
        process.stdin.flush()
        time.sleep(TOKEN_S)
    out, _ = process.communicate(timeout=60)
    figures = json.loads(out)
    assert (process.returncode, figures["ending"], figures["missing"]) == (0, "end", 0)
    assert figures["warnings"] == []
    with house.service() as service:
        row = service.request("GET", f"/v1/utterances/{figures['utterance']}")
    assert (row["text"], row["open"]) == ("سلام دوست من. امروز ۳.۵ درجه است.", False)
