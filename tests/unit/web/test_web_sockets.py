"""The one locked writer: whole messages, deadlines, and the goodbye to a slow reader."""

import socket
import threading
from collections.abc import Iterator

import pytest

from web import sockets
from web.sockets import DeadlineSocket, SlowReader, TooTalkative


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        client.settimeout(10)
        yield server, client


def read(client: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = client.recv(size - len(found))
        if not piece:
            break
        found += piece
    return found


def read_all(safe: DeadlineSocket) -> None:
    while safe.recv(4096):
        pass


def test_messages_of_two_threads_never_mix(pair) -> None:
    server, client = pair
    safe = DeadlineSocket(server, write_within_s=10)
    messages = [bytes([letter]) * 50_000 for letter in b"ab"]

    def write(message: bytes) -> None:
        for _ in range(20):
            safe.send(message)

    threads = [threading.Thread(target=write, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    got = [read(client, 50_000) for _ in range(40)]
    for thread in threads:
        thread.join()
    assert sorted(got) == [messages[0]] * 20 + [messages[1]] * 20


def test_a_reader_that_stalls_is_noticed_and_nothing_follows_the_broken_frame(pair) -> None:
    server, _client = pair
    safe = DeadlineSocket(server, write_within_s=0.2)
    with pytest.raises(SlowReader):
        safe.send(b"x" * 10_000_000)
    with pytest.raises(SlowReader):
        safe.send(b"pong")


def test_a_slow_reader_finds_the_whole_last_message_and_the_goodbye_when_it_wakes(pair) -> None:
    server, client = pair
    safe = DeadlineSocket(server, write_within_s=0.2)
    sent = -1

    def send_on() -> None:
        nonlocal sent
        while True:
            sent += 1
            safe.send(sent.to_bytes(4, "big") * 15_000)

    with pytest.raises(SlowReader):
        send_on()
    assert safe.close_slow(b"goodbye")
    safe.finish(drain=False)
    server.close()
    for number in range(sent + 1):
        assert read(client, 60_000) == number.to_bytes(4, "big") * 15_000
    assert read(client, 100) == b"goodbye"


def test_a_rest_too_long_for_the_kernel_is_given_up(pair) -> None:
    server, _client = pair
    safe = DeadlineSocket(server, write_within_s=0.1)
    with pytest.raises(SlowReader):
        safe.send(b"x" * 30_000_000)
    assert not safe.close_slow(b"goodbye")


def test_a_client_that_never_stops_talking_is_cut_off(pair, monkeypatch) -> None:
    server, client = pair
    monkeypatch.setattr(sockets, "MAX_INCOMING_BYTES", 10_000)
    safe = DeadlineSocket(server)
    client.sendall(b"x" * 8000)
    assert safe.recv(4096)
    client.sendall(b"x" * 8000)
    safe.recv(1000)
    with pytest.raises(TooTalkative):
        read_all(safe)


def test_after_finish_the_servers_own_close_has_nothing_to_wait_for(pair) -> None:
    server, client = pair
    safe = DeadlineSocket(server)
    client.sendall(b"still talking")
    safe.finish(drain=True)
    server.settimeout(5)
    assert server.recv(100) == b""
    assert client.recv(100) == b""
    with pytest.raises(BrokenPipeError):
        safe.send(b"too late")
