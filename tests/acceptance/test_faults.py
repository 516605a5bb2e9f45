"""Things break in the middle of a sentence on a whole running service, and viewers lose nothing.

One stack of two workers for all tests. Every disturbed film is held against the same text
and seed performed in peace: each chunk came once, the file is whole, and neither ear nor
eye finds the place where another worker went on.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import websocket
from numpy.typing import NDArray

import settings
from cli import up
from cli.client import Service, Viewer, ViewerReport
from cli.run_file import RunFile
from lipsync.media.probe import probe
from tasks.chunks import TERMINAL_KINDS, split_message
from tasks.stream import StreamMeta
from tasks.stream_redis import open_stream

TEXT = (
    "امروز صبح زود از خواب بیدار شدم و پنجره را باز کردم. هوا خنک بود و پرنده‌ها آواز می‌خواندند! "
    "بعد از صبحانه، با دوستم به کتابخانه رفتیم و دو کتاب تازه گرفتیم. "
    "آیا تو هم کتاب خواندن را دوست داری؟"
)
SEED = 20_26
SEAM_STEP = 1.3
"""How much larger than any of the undisturbed sound's a step between two samples may be."""
PSNR_DB = 30.0


@dataclass
class House:
    """A running service and the ways to strike it."""

    var: Path
    run: RunFile

    def pid(self, name: str) -> int:
        """Return the process of a program."""
        return int(json.loads((self.var / "run" / "children.json").read_text())[name]["pid"])

    def meta(self, sid: str) -> StreamMeta:
        """Return what is known of a stream."""
        meta = open_stream(self.run.redis_url).meta(sid)
        assert meta is not None
        return meta

    def holder(self, sid: str) -> str:
        """Return the name of the worker that holds a stream."""
        found: list[str] = []

        def look() -> bool:
            owner = self.meta(sid).owner
            found.extend([] if owner is None else [owner.partition(":")[0]])
            return bool(found)

        wait_until(look)
        return found[0]

    def service(self) -> Service:
        """Return a client of its own."""
        return Service(self.run.address, self.run.key)


@dataclass
class Film:
    """A decoded MP4."""

    pictures: list[NDArray[np.uint8]]
    sound: NDArray[np.float32]


def wait_until(condition: Callable[[], bool], limit_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    var = tmp_path_factory.mktemp("faults") / "var"
    (var / "log").mkdir(parents=True)
    words = var / "log" / "up.log"
    changes = {"AVATAR_VAR": str(var), "AVATAR_WORKERS": "2", "AVATAR_STREAMS": "4"}
    changes |= dict.fromkeys(("REDIS_URL", "MEDIA_REDIS_URL", "DATABASE_URL", "AVATAR_URL", "AVATAR_KEY"), "")
    with words.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up", "--foreground", "--no-flower", "--port=0"],
            env=settings.environment(changes), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield House(var, up.wait_until_ready(var, process, words))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def post(service: Service, text: str = TEXT) -> Any:
    return service.request("POST", "/v1/utterances", {"avatar": "samira", "text": text, "seed": SEED})


@pytest.fixture(scope="session")
def calm(house: House, tmp_path_factory: pytest.TempPathFactory) -> Film:
    """The same utterance with nothing in its way."""
    with house.service() as service:
        return film_of(service, post(service)["id"], tmp_path_factory.mktemp("calm"))


def film_of(service: Service, sid: str, folder: Path) -> Film:
    """Fetch a finished file, find it whole, and decode it."""
    row = service.wait_for_files(sid)
    path = folder / f"{sid}.mp4"
    service.download(row["video"], path)
    report = probe(path)
    assert (report.gaps, report.errors) == ((), ())
    assert report.frames == row["frames"]
    with av.open(str(path)) as container:
        pictures = [picture.to_ndarray(format="gray") for picture in container.decode(video=0)]
    with av.open(str(path)) as container:
        sound = np.concatenate([piece.to_ndarray().reshape(-1) for piece in container.decode(audio=0)])
    return Film(pictures, sound)


@contextmanager
def watched(house: House, viewers: int = 2, text: str = TEXT) -> Iterator[tuple[str, list[ViewerReport]]]:
    """Post an utterance and have it watched; the reports are filled when the block has ended."""
    with ExitStack() as services:
        own = [services.enter_context(house.service()) for _ in range(viewers)]
        made = post(own[0], text)
        path = f"/v1/utterances/{made['id']}/tickets"
        tickets = [made["stream"]["ticket"], *(s.request("POST", path)["ticket"] for s in own[1:])]
        watching = [
            Viewer(
                service, made["id"], {**made["stream"], "ticket": ticket}, posted_s=time.monotonic(),
                keep_segments=True,
            )
            for service, ticket in zip(own, tickets, strict=True)
        ]  # fmt: skip
        threads = [threading.Thread(target=viewer.watch) for viewer in watching]
        for thread in threads:
            thread.start()
        reports = [viewer.report for viewer in watching]
        wait_until(lambda: all(report.arrivals for report in reports))
        yield made["id"], reports
        for thread in threads:
            thread.join(120)


def check_nothing_lost(reports: list[ViewerReport]) -> None:
    """Every viewer got every chunk once, to the end, and the same bytes as all others."""
    for report in reports:
        assert report.ending == "end"
        assert [arrival.seq for arrival in report.arrivals] == list(range(1, report.chunks + 1))
        assert report.detail == {"chunks": report.chunks, "duration_ms": report.duration_ms}
        assert (report.missing, report.duplicates) == (0, 0)
    assert len({b"".join(report.segments) for report in reports}) == 1


def check_film(house: House, sid: str, calm: Film, folder: Path) -> None:
    """The file is whole and, seams included, the undisturbed one's like."""
    with house.service() as service:
        film = film_of(service, sid, folder)
    assert len(film.sound) == len(calm.sound)
    assert np.abs(np.diff(film.sound)).max() <= SEAM_STEP * np.abs(np.diff(calm.sound)).max()
    assert len(film.pictures) == len(calm.pictures)
    assert min(psnr(a, b) for a, b in zip(film.pictures, calm.pictures, strict=True)) > PSNR_DB


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    error = np.mean((a.astype(np.float32) - b) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_holder_is_killed_and_another_goes_on(
    house: House, calm: Film, tmp_path: Path, seed: int
) -> None:
    moment_s = random.Random(seed).uniform(0.0, 8.0)
    with watched(house) as (sid, reports):
        time.sleep(moment_s)
        os.kill(house.pid(house.holder(sid)), signal.SIGKILL)
    check_nothing_lost(reports)
    assert {arrival.gen for arrival in reports[0].arrivals} == {1, 2}
    check_film(house, sid, calm, tmp_path)


def test_the_holder_is_frozen_and_once_it_thaws_fenced_off(house: House, calm: Film, tmp_path: Path) -> None:
    with watched(house) as (sid, reports):
        time.sleep(random.Random(3).uniform(0.0, 6.0))
        frozen = house.holder(sid)
        pid = house.pid(frozen)
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_until(lambda: all(report.ending for report in reports))
        finally:
            os.kill(pid, signal.SIGCONT)
    check_nothing_lost(reports)
    assert {arrival.gen for arrival in reports[0].arrivals} == {1, 2}
    wait_until(lambda: fenced_writes(house, frozen) == 1.0)
    assert house.pid(frozen) == pid
    assert house.meta(sid).next == reports[0].chunks + 2
    check_film(house, sid, calm, tmp_path)


def fenced_writes(house: House, worker: str) -> float:
    text = httpx.get(f"http://127.0.0.1:{house.run.ports[worker]}/metrics", trust_env=False).text
    lines = [line for line in text.splitlines() if line.startswith("avatar_fenced_writes_total ")]
    return float(lines[0].split()[1])


def test_redis_is_killed_and_ten_viewers_get_the_same_bytes(
    house: House, calm: Film, tmp_path: Path
) -> None:
    with watched(house, viewers=10) as (sid, reports):
        time.sleep(random.Random(4).uniform(1.0, 6.0))
        os.kill(house.pid("redis"), signal.SIGKILL)
    check_nothing_lost(reports)
    check_film(house, sid, calm, tmp_path)


def test_the_door_is_killed_and_viewers_resume_at_their_position(
    house: House, calm: Film, tmp_path: Path
) -> None:
    with watched(house) as (sid, reports):
        time.sleep(random.Random(5).uniform(1.0, 6.0))
        os.kill(house.pid("web"), signal.SIGKILL)
    check_nothing_lost(reports)
    assert all(report.reconnects for report in reports)
    check_film(house, sid, calm, tmp_path)


def test_delete_stops_a_stream_within_one_chunk(house: House) -> None:
    with watched(house) as (sid, reports), house.service() as service:
        time.sleep(1.5)
        service.request("DELETE", f"/v1/utterances/{sid}")
        after = house.meta(sid).next
    assert house.meta(sid).next <= after + 2
    for report in reports:
        assert report.ending == "cancelled"
        assert (report.missing, report.duplicates) == (0, 0)
        # One that was being made when it was asked may still come; then the ending does.
        assert report.chunks <= after
    with house.service() as service:
        assert service.request("GET", f"/v1/utterances/{sid}")["state"] == "cancelled"


def test_a_reader_that_stalls_is_closed_as_slow_and_resumes_by_position(house: House) -> None:
    with house.service() as service:
        made = post(service)
        stalled = open_socket(house, made["id"], made["stream"]["ticket"], None)
        wait_until(lambda: house.meta(made["id"]).state.ended)
        # Longer than the relay lets a message lie.
        time.sleep(9.0)
        first, code = read_all(stalled)
        assert code == 4008
        ticket = service.request("POST", f"/v1/utterances/{made['id']}/tickets")["ticket"]
        position = {"epoch": made["stream"]["epoch"], "seq": first[-1]}
        rest, code = read_all(open_socket(house, made["id"], ticket, position))
    assert code == 1000
    chunks = house.meta(made["id"]).next - 1
    assert first + rest == list(range(1, chunks + 1))
    assert rest


def open_socket(house: House, sid: str, ticket: str, position: object) -> websocket.WebSocket:
    opened = websocket.create_connection(
        house.run.address.replace("http", "ws", 1) + f"/v1/utterances/{sid}/stream",
        sockopt=((socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024),), origin=house.run.address, timeout=30,
    )  # fmt: skip
    opened.send(json.dumps({"type": "watch", "ticket": ticket, "position": position}))
    return opened


def read_all(opened: websocket.WebSocket) -> tuple[list[int], int]:
    """Return the numbers of the chunks that come, and the code of the close."""
    numbers: list[int] = []
    try:
        while True:
            opcode, data = opened.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return numbers, int.from_bytes(data[:2], "big")
            header = split_message(data)[0] if opcode == websocket.ABNF.OPCODE_BINARY else {}
            if header.get("kind") == "media" or header.get("kind") in TERMINAL_KINDS:
                numbers.append(header["seq"])
    finally:
        opened.shutdown()
