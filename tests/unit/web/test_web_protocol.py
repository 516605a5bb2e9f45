"""Messages of the socket, read and written."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tasks.chunks import StreamPosition, split_message
from tasks.stream import StreamMeta, StreamState
from web.protocol import BadWatch, Watch, hello, init_message, queued, read_watch

META = StreamMeta(
    epoch="e1", gen=2, next=5, state=StreamState.RUNNING, attempts=0, owner=None, init=b"i", mime="video/mp4"
)


def test_a_watch_brings_ticket_and_position() -> None:
    message = '{"type":"watch","ticket":"t","position":{"epoch":"e1","seq":4}}'
    assert read_watch(message) == Watch("t", StreamPosition("e1", 4))
    assert read_watch('{"type":"watch","ticket":"t","position":null}') == Watch("t", None)
    assert read_watch('{"type":"watch","ticket":"t"}') == Watch("t", None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["type", "ticket", "position", "seq"]), inner)
    ),
)


@given(_JSON | st.fixed_dictionaries({"type": st.just("watch"), "ticket": _JSON, "position": _JSON}))
def test_whatever_comes_is_a_watch_or_a_bad_one(body: object) -> None:
    try:
        watch = read_watch(json.dumps(body))
    except BadWatch:
        return
    assert watch.ticket
    assert watch.position is None or watch.position.seq >= 0


def test_hello_tells_where_the_stream_stands() -> None:
    assert json.loads(hello("u", META, 3)) == {
        "type": "hello", "v": 1, "utterance": "u", "epoch": "e1", "next": 5, "state": "running",
        "position": 3, "mime": "video/mp4",
    }  # fmt: skip
    assert json.loads(queued(2)) == {"type": "queued", "position": 2}


def test_the_init_segment_travels_like_a_chunk_without_a_number() -> None:
    header, payload = split_message(init_message("e1", 2, "video/mp4", b"moov"))
    assert header == {"v": 1, "kind": "init", "epoch": "e1", "gen": 2, "mime": "video/mp4"}
    assert payload == b"moov"
