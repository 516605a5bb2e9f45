"""The front door under gunicorn, with a real Redis and real sockets."""

import json
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
import relay_kit
import websocket
from relay_kit import Door, OwnRedis, Producer, eventually

from avatars.database import open_database
from tasks.utterances import Utterances


@pytest.fixture(scope="module")
def module_door(redis_url: str) -> Iterator[Door]:
    with redis_module.Redis.from_url(redis_url) as client:
        client.flushall()
    with relay_kit.running_door(redis_url) as door:
        yield door


@pytest.fixture
def door(module_door: Door) -> Iterator[Door]:
    yield module_door
    module_door.hang_up()


def test_a_viewer_gets_hello_init_every_chunk_once_and_the_end(door: Door) -> None:
    made = door.post()
    viewer = door.watch(made["id"], ticket=made["stream"]["ticket"])
    viewer.step()
    assert viewer.hello["state"] == "queued"
    assert viewer.hello["position"] is None
    producer = Producer(door, made["id"])
    producer.publish(30)
    producer.end()
    viewer.to_close()
    assert viewer.inits == [relay_kit.INIT]
    assert viewer.seqs == list(range(1, 32))
    assert viewer.payloads[7] == relay_kit.payload(7, 1000)
    assert viewer.kinds[-1] == "end"
    assert viewer.code == 1000


def test_a_place_in_the_waiting_line_is_told_again_when_it_changes(door: Door) -> None:
    # Four streams have room: the sixth waits behind one other.
    *begun, fifth, sixth = [door.post() for _ in range(6)]
    viewer = door.watch(sixth["id"])
    viewer.step()
    assert viewer.hello["position"] == 2
    producers = [Producer(door, made["id"]) for made in begun]
    producers[0].end("cancelled")
    viewer.step()
    assert viewer.control[-1] == {"type": "queued", "position": 1}
    producers[1].end("cancelled")
    viewer.step()
    assert viewer.control[-1] == {"type": "queued", "position": None}
    for producer in (*producers[2:], Producer(door, fifth["id"]), Producer(door, sixth["id"])):
        producer.end("cancelled")
    assert viewer.to_close().code == 1000


@pytest.mark.parametrize(("kind", "code"), [("end", 1000), ("cancelled", 1000), ("failed", 4009)])
def test_every_ending_has_its_close_code(door: Door, kind: str, code: int) -> None:
    made = door.post()
    viewer = door.watch(made["id"])
    producer = Producer(door, made["id"])
    producer.publish(2)
    producer.end(kind)  # type: ignore[arg-type]
    viewer.to_close()
    assert viewer.kinds[-1] == kind
    assert viewer.code == code


def test_a_viewer_that_drops_and_resumes_gets_each_chunk_once(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    producer.publish(10)
    before = door.watch(made["id"]).until(seq=7)
    before.ws.sock.close()
    producer.publish(10)
    after = door.watch(made["id"], before.position).until(seq=20)
    assert before.seqs + after.seqs == list(range(1, 21))
    assert after.inits == [relay_kit.INIT]
    producer.end()
    assert after.to_close().code == 1000


def test_a_late_viewer_gets_everything_from_the_first_chunk_on(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    early = door.watch(made["id"])
    producer.publish(200, size=100)
    early.until(seq=200)
    late = door.watch(made["id"])
    producer.publish(3)
    producer.end()
    assert late.to_close().seqs == early.to_close().seqs == list(range(1, 205))


def test_what_the_log_has_let_go_of_is_replayed_from_the_parts(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    kept = [door_chunk.to_message() for door_chunk in (_chunk_at(producer, seq) for seq in range(1, 21))]
    door.parts.append(made["id"], 1, kept[:10])
    door.parts.append(made["id"], 11, kept[10:])
    producer.publish(30, trim_to=20)
    assert door.stream.oldest(made["id"]) == 20
    viewer = door.watch(made["id"]).until(seq=30)
    resumed = door.watch(made["id"], {"epoch": viewer.hello["epoch"], "seq": 4}).until(seq=30)
    assert viewer.seqs == list(range(1, 31))
    assert resumed.seqs == list(range(5, 31))
    producer.end()
    assert resumed.to_close().code == 1000


def _chunk_at(producer: Producer, seq: int) -> "relay_kit.Chunk":
    before, producer.next = producer.next, seq
    chunk = producer.chunk()
    producer.next = before
    return chunk


def test_a_finished_stream_whose_log_expired_is_replayed_from_the_parts(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    messages = [_chunk_at(producer, seq).to_message() for seq in range(1, 6)]
    producer.publish(5)
    messages.append(producer.chunk("end", 0).to_message())
    producer.end()
    door.parts.append(made["id"], 1, messages)
    with redis_module.Redis.from_url(door.redis_url) as client:
        for key in client.scan_iter(f"*{made['id']}*log*"):
            client.delete(key)
    viewer = door.watch(made["id"]).to_close()
    assert viewer.seqs == [1, 2, 3, 4, 5, 6]
    assert viewer.code == 1000


def test_a_position_that_is_kept_nowhere_is_answered_with_gone(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    producer.publish(10, trim_to=8)
    viewer = door.watch(made["id"]).to_close()
    assert viewer.code == 4004
    assert viewer.seqs == []
    producer.end()


def test_a_position_of_another_epoch_starts_over_in_the_epoch_told_by_hello(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    producer.publish(5)
    viewer = door.watch(made["id"], {"epoch": "another", "seq": 3}).until(seq=5)
    assert viewer.hello["epoch"] == made["stream"]["epoch"]
    assert viewer.seqs == [1, 2, 3, 4, 5]
    producer.end()


@pytest.mark.parametrize(("kind", "code"), [("end", 1000), ("cancelled", 1000), ("failed", 4009)])
@pytest.mark.parametrize("beyond", [-1, 0, 1, 10**9])
def test_resuming_at_or_past_the_end_is_told_the_ending_and_closed(
    door: Door, kind: str, code: int, beyond: int
) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    producer.publish(3)
    producer.end(kind)  # type: ignore[arg-type]
    position = {"epoch": made["stream"]["epoch"], "seq": 4 + beyond}
    again = door.watch(made["id"], position).to_close()
    assert (again.kinds, again.seqs, again.code) == ([kind], [4], code)


def test_a_position_past_the_log_disturbs_no_other_viewer_and_is_told_the_ending(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    producer.publish(3)
    ahead = door.watch(made["id"], {"epoch": made["stream"]["epoch"], "seq": 1000})
    ahead.step()
    other = door.watch(made["id"]).until(seq=3)
    producer.publish(20)
    other.until(seq=23)
    producer.end()
    assert other.to_close().code == 1000
    assert (ahead.to_close().kinds, ahead.code) == (["end"], 1000)
    assert other.seqs == list(range(1, 25))


def test_an_ending_whose_log_has_run_out_is_told_from_storage(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    messages = [producer.chunk().to_message()]
    producer.publish(1)
    messages.append(producer.chunk("end", 0).to_message())
    producer.end()
    door.parts.append(made["id"], 1, messages)
    redis_module.Redis.from_url(door.redis_url).delete(f"s:{{{made['id']}}}:log")
    again = door.watch(made["id"], {"epoch": made["stream"]["epoch"], "seq": 2}).to_close()
    assert (again.kinds, again.code) == (["end"], 1000)


def test_a_successor_with_another_encoder_sends_its_own_init_segment(door: Door) -> None:
    made = door.post()
    producer = Producer(door, made["id"])
    viewer = door.watch(made["id"])
    producer.publish(3)
    viewer.until(seq=3)
    producer.give_back()
    successor = Producer(door, made["id"], init=b"another-init")
    successor.publish(3)
    successor.end()
    viewer.to_close()
    assert viewer.seqs == list(range(1, 8))
    assert viewer.inits == [relay_kit.INIT, b"another-init"]


def test_a_stream_nobody_knows_any_more_is_gone(door: Door) -> None:
    made = door.post()
    ticket = door.ticket(made["id"])
    with redis_module.Redis.from_url(door.redis_url) as client:
        for key in client.scan_iter(f"s:*{made['id']}*"):
            client.delete(key)
    assert door.watch(made["id"], ticket=ticket).to_close().code == 4004


def test_a_ticket_opens_one_socket_of_its_own_stream_only(door: Door) -> None:
    made, other = door.post(), door.post()
    ticket = made["stream"]["ticket"]
    Producer(door, made["id"]).end("cancelled")
    assert door.watch(made["id"], ticket=ticket).to_close().code == 1000
    assert door.watch(made["id"], ticket=ticket).to_close().code == 4001
    assert door.watch(made["id"], ticket=door.ticket(other["id"])).to_close().code == 4001
    assert door.watch(made["id"], ticket="invented").to_close().code == 4001


@pytest.mark.parametrize(
    "first",
    [
        "hello?", "[]", "null", '{"type":"watch"}', '{"type":"watch","ticket":7}', "[" * 50_000,
        '{"type":"watch","ticket":"x","position":{"epoch":"e","seq":-1}}',
        '{"type":"watch","ticket":"x","position":{"epoch":"e","seq":true}}',
        '{"type":"watch","ticket":"x","position":"5"}', b"\x00\x01binary",
    ],
)  # fmt: skip
def test_a_garbled_first_message_is_not_allowed(door: Door, first: str | bytes) -> None:
    made = door.post()
    viewer = relay_kit.Client(door.open(made["id"]))
    if isinstance(first, bytes):
        viewer.ws.send_binary(first)
    else:
        viewer.ws.send(first)
    assert viewer.to_close().code == 4001


def test_a_socket_that_says_nothing_is_closed(door: Door) -> None:
    made = door.post()
    viewer = relay_kit.Client(door.open(made["id"])).to_close()
    assert viewer.code == 4001
    assert "5 s" in viewer.reason


def test_a_message_above_the_limit_is_refused(door: Door) -> None:
    made = door.post()
    viewer = relay_kit.Client(door.open(made["id"]))
    viewer.ws.send("x" * 100_000)
    assert viewer.to_close().code == 1009


def test_bytes_that_are_no_frames_end_the_socket_and_nothing_else(door: Door) -> None:
    made = door.post()
    viewer = door.watch(made["id"])
    viewer.step()
    viewer.ws.sock.sendall(b"GET / HTTP/1.1\r\n" + secrets.token_bytes(3000) * 100)
    assert viewer.to_close().code == 1002
    assert door.http.get("/healthz").status_code == 200


def test_compression_is_never_agreed_to_and_a_compressed_frame_is_refused(door: Door) -> None:
    made = door.post()
    ws = door.open(made["id"], header=["Sec-WebSocket-Extensions: permessage-deflate"])
    assert "sec-websocket-extensions" not in {name.lower() for name in ws.headers}
    viewer = relay_kit.Client(ws)
    deflated_zero_bytes = b"\xc2\x85\x00\x00\x00\x00\x62\x00\x00\x00\x00"
    ws.sock.sendall(deflated_zero_bytes)
    assert viewer.to_close().code == 1002


def test_a_viewer_that_keeps_talking_is_sent_away(door: Door) -> None:
    made = door.post()
    viewer = door.watch(made["id"])
    viewer.step()
    for _ in range(200):
        viewer.ws.send("and another thing")
    assert viewer.to_close().code == 4001


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_gets_no_socket(door: Door, origin: str) -> None:
    made = door.post()
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        door.open(made["id"], origin=origin)
    assert refused.value.status_code == 403


@pytest.mark.parametrize(
    "lines",
    [
        ["Sec-WebSocket-Version: 13"],
        ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 8"],
    ],
    ids=["no key", "old version"],
)
def test_a_wrong_handshake_is_refused_and_gives_its_place_back(door: Door, lines: list[str]) -> None:
    made = door.post()
    head = [f"GET {made['stream']['url']} HTTP/1.1", "Host: 127.0.0.1"]
    head += ["Connection: Upgrade", "Upgrade: websocket"]
    port = int(door.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall("\r\n".join([*head, *lines, "", ""]).encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")
    eventually(lambda: door.metric("avatar_viewers") == 0)


def test_the_own_origin_gets_a_socket(door: Door) -> None:
    made = door.post()
    assert door.open(made["id"], origin=door.url).connected


def test_ten_viewers_of_one_stream_are_served_by_one_reader(door: Door) -> None:
    made = door.post()
    eventually(lambda: door.metric("avatar_stream_readers") == 0)
    producer = Producer(door, made["id"])
    viewers = [door.watch(made["id"]) for _ in range(10)]
    for viewer in viewers:
        viewer.step()
    assert door.metric("avatar_stream_readers") == 1
    assert door.metric("avatar_viewers") == 10
    threads = [threading.Thread(target=viewer.to_close) for viewer in viewers]
    for thread in threads:
        thread.start()
    producer.publish(20, size=50_000)
    producer.end()
    for thread in threads:
        thread.join()
    assert all(viewer.seqs == list(range(1, 22)) for viewer in viewers)
    eventually(lambda: door.metric("avatar_viewers") == 0)


def test_a_stalled_reader_is_closed_as_slow_and_resumes_without_loss(door: Door) -> None:
    made = door.post()
    small = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 8192),)
    stalled = door.watch(made["id"], sockopt=small)
    other = door.watch(made["id"])
    stalled.step()
    producer = Producer(door, made["id"])
    producer.publish(40, size=60_000)
    other.until(seq=40)
    eventually(lambda: door.metric('avatar_relay_closed_total{code="4008"}') == 1, 30)
    stalled.to_close()
    assert stalled.code == 4008
    assert 0 < len(stalled.seqs) < 40
    resumed = door.watch(made["id"], stalled.position).until(seq=40)
    assert stalled.seqs + resumed.seqs == list(range(1, 41))
    assert {**stalled.payloads, **resumed.payloads} == other.payloads
    producer.end()


def test_viewers_are_seen_as_present(door: Door) -> None:
    made = door.post()
    viewer = door.watch(made["id"])
    viewer.step()
    assert door.stream.viewers(made["id"]) == 1


def test_cancelling_ends_the_streams_of_waiting_and_running_utterances(door: Door) -> None:
    waiting = door.post()
    assert door.http.delete(f"/v1/utterances/{waiting['id']}").json()["state"] == "cancelled"
    running = door.post()
    producer = Producer(door, running["id"])
    answer = door.http.delete(f"/v1/utterances/{running['id']}")
    assert answer.status_code == 202
    assert door.stream.cancel_requested(running["id"])
    producer.end("cancelled")
    assert door.watch(running["id"]).to_close().kinds == ["cancelled"]


def test_a_finished_file_is_served_in_ranges(door: Door) -> None:
    made = door.post()
    video = secrets.token_bytes(300_000)
    key = f"utterances/{made['id']}/video.mp4"
    door.storage.put(key, video)
    database = open_database(f"sqlite:///{door.folder / 'avatar.db'}")
    utterances = Utterances(database)
    utterances.mark_done(made["id"], 3, 60, 2400)
    utterances.set_files(made["id"], key, None, len(video))
    database.close()
    path = made["links"]["video"]
    assert door.http.get(path).content == video
    part = door.http.get(path, headers={"Range": "bytes=250000-"})
    assert (part.status_code, part.content) == (206, video[250_000:])
    assert door.http.get(path, headers={"Range": "bytes=300000-"}).status_code == 416
    head = door.http.head(path)
    assert (head.headers["content-length"], head.content) == ("300000", b"")
    with door.http.stream("GET", path) as broken_off:
        next(broken_off.iter_raw(1000))
    assert door.http.get("/healthz").status_code == 200


def test_no_place_is_given_beyond_the_threads_and_requests_are_still_answered(redis_url: str) -> None:
    with relay_kit.running_door(redis_url, AVATAR_WEB_THREADS="10") as door:
        made = door.post()
        viewers = [door.watch(made["id"]) for _ in range(2)]
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            door.open(made["id"])
        assert refused.value.status_code == 503
        assert refused.value.resp_headers["retry-after"] == "2"
        assert json.loads(refused.value.resp_body)["type"] == "/docs#no-place"
        assert door.http.get("/healthz").status_code == 200
        viewers[0].ws.close()
        eventually(lambda: door.metric("avatar_viewers") == 1)
        assert door.open(made["id"]).connected


def test_sigterm_tells_every_socket_to_come_back(redis_url: str) -> None:
    with relay_kit.running_door(redis_url) as door:
        made, other = door.post(), door.post()
        viewers = [door.watch(made["id"]), door.watch(made["id"]), door.watch(other["id"])]
        for viewer in viewers:
            viewer.step()
        door.process.send_signal(signal.SIGTERM)
        assert [viewer.to_close().code for viewer in viewers] == [1012, 1012, 1012]
        assert door.process.wait(20) == 0


def test_viewers_keep_their_sockets_through_a_restart_of_redis(tmp_path: Path) -> None:
    server = OwnRedis(tmp_path)
    server.start()
    try:
        with relay_kit.running_door(server.url) as door:
            made = door.post()
            producer = Producer(door, made["id"])
            viewer = door.watch(made["id"])
            producer.publish(10)
            viewer.until(seq=10)
            server.kill()
            assert door.http.get("/readyz").status_code == 503
            refused = door.http.post("/v1/utterances", json={"avatar": "samira", "text": "سلام"})
            assert refused.status_code == 503
            server.start()
            producer.publish(10)
            producer.end()
            viewer.to_close()
            assert viewer.seqs == list(range(1, 22))
            assert viewer.code == 1000
    finally:
        server.kill()


def opened(door: Door) -> dict[str, Any]:
    door.announce()
    answer = door.http.post("/v1/utterances", json={"avatar": "samira", "text": "", "open": True})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_writer_is_answered_at_once_also_while_no_chunk_comes(door: Door) -> None:
    made = opened(door)
    writer = door.watch(made["id"], ticket=made["text"]["ticket"])
    writer.step()
    for number, word in enumerate(("سلام", " دنیا", " 😀")):
        sent_s = time.monotonic()
        writer.ws.send(json.dumps({"type": "text", "text": word}))
        writer.step()
        # The viewer's own thread looks at its socket once a second.
        assert time.monotonic() - sent_s < 0.9, number
    assert writer.control[-1] == {"type": "text", "length": 11, "open": True}
    writer.ws.send("what?")
    writer.step()
    assert writer.control[-1]["type"] == "refused"
    producer = Producer(door, made["id"])
    producer.publish(3)
    writer.until(seq=3).ws.send(json.dumps({"type": "text", "end": True}))
    writer.step()
    assert writer.control[-1] == {"type": "text", "length": 11, "open": False}
    producer.end()
    assert writer.to_close().code == 1000


def test_who_has_a_ticket_to_watch_cannot_write_and_is_told(door: Door) -> None:
    made = opened(door)
    viewer = door.watch(made["id"], ticket=made["stream"]["ticket"])
    viewer.step()
    for message in ("ping", json.dumps({"type": "text", "text": "x"})):
        viewer.ws.send(message)
    viewer.step()
    producer = Producer(door, made["id"])
    producer.publish(3)
    producer.end()
    assert viewer.to_close().seqs == [1, 2, 3, 4]
    assert [message["type"] for message in viewer.control] == ["hello", "refused"]
    assert viewer.control[-1]["problem"]["type"] == "/docs#may-only-watch"
    assert door.http.get(made["links"]["self"]).json()["text"] == ""
