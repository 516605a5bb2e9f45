"""A service ends when what is being said has ended, when its time is up, or when told twice."""

import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import settings
from cli import farewell
from cli.farewell import Farewell
from cli.supervisor import Supervisor
from tasks.app import app


class Worker:
    """A worker's metrics: each look takes the next number of streams, the last one is kept."""

    def __init__(self, *streams: int) -> None:
        left = list(streams)

        class Dials(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                now = left.pop(0) if len(left) > 1 else left[0]
                body = f"# HELP x\navatar_streams_running {now}.0\navatar_underruns_total 9.0\n".encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Dials)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(log_dir=tmp_path, children_file=tmp_path / "children.json", say=print) as watching:
        yield watching


@pytest.fixture
def leaving(
    tmp_path: Path, supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Farewell]:
    monkeypatch.setattr(farewell, "_LOOK_EVERY_S", 0.01)
    chosen = settings.load({"AVATAR_VAR": str(tmp_path)})
    chosen.leaving_file.parent.mkdir()
    before = app.conf.broker_url
    app.conf.broker_url = "memory://"
    yield Farewell(chosen, supervisor, said.append)
    app.conf.broker_url = before


def workers(*those: Worker) -> dict[str, int]:
    return {f"worker-{number}": worker.port for number, worker in enumerate(those, 1)}


def test_it_waits_until_the_last_stream_has_ended_and_says_how_many_are_left(
    leaving: Farewell, said: list[str], tmp_path: Path
) -> None:
    leaving.wait(workers(Worker(2, 2, 1, 0), Worker(1, 0)), limit_s=60)
    assert [line.split(";")[0] for line in said] == [
        "3 streams are being said still", "2 streams are being said still", "1 stream is being said still",
    ]  # fmt: skip
    assert (tmp_path / "run" / "leaving").read_text() == "0\n"
    leaving.over()
    assert not (tmp_path / "run" / "leaving").exists()


def test_with_nothing_being_said_nothing_is_said_of_it(leaving: Farewell, said: list[str]) -> None:
    leaving.wait(workers(Worker(0)), limit_s=60)
    assert said == []


def test_it_ends_when_the_time_is_up(leaving: Farewell, tmp_path: Path) -> None:
    leaving.wait(workers(Worker(1)), limit_s=0.05)
    assert (tmp_path / "run" / "leaving").read_text() == "1\n"


def test_whoever_asks_again_is_not_kept_waiting(leaving: Farewell, supervisor: Supervisor) -> None:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    leaving.wait(workers(Worker(1)), limit_s=600)
    assert supervisor.interrupts == 1


def test_a_worker_that_does_not_answer_is_not_waited_for(leaving: Farewell) -> None:
    gone = Worker(1)
    gone.server.shutdown()
    gone.server.server_close()
    leaving.wait(workers(gone), limit_s=600)
