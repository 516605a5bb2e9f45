"""The worker's end of a voice process's connection: one request out, frames in.

Between `workers.espeak_voice` and `workers.piper_process`, which both speak so, and the
voices. Knows how bytes are cut into frames, and not what is in them.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from lipsync.speech.errors import VoiceDied, VoiceRefused, VoiceTimedOut
from workers.espeak_voice import BUFFER, END, FRAME, LENGTH, LONGEST_REQUEST_BYTES
from workers.voice_process import ANSWER_TIMEOUT_S


def ask(
    connection: socket.socket, request: Mapping[str, Any], most_bytes: int = LONGEST_REQUEST_BYTES
) -> Iterator[tuple[bytes, Any]]:
    """Send a request; yield (sound, body) of every frame up to the end.

    Raises:
        VoiceRefused: the request is too long, or the voice answered with an error.
        VoiceDied: the other end closed before the end frame.
        VoiceTimedOut: nothing came for `ANSWER_TIMEOUT_S`, or the voice gave up by itself.
    """
    encoded = json.dumps(request, ensure_ascii=False).encode()
    if len(encoded) > most_bytes:
        raise VoiceRefused(f"a sentence of {len(encoded)} bytes; at most {most_bytes}")
    try:
        connection.sendall(LENGTH.pack(len(encoded)) + encoded)
    except OSError as error:
        raise VoiceDied from error
    while True:
        kind, body_bytes, sound_bytes = FRAME.unpack(_receive(connection, FRAME.size))
        body = json.loads(_receive(connection, body_bytes))
        if kind == BUFFER:
            yield _receive(connection, sound_bytes), body
        elif kind == END:
            return
        elif "seconds" in body:
            raise VoiceTimedOut(body["seconds"])
        else:
            raise VoiceRefused(body["message"])


def _receive(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        try:
            more = connection.recv(length - len(received))
        except TimeoutError as error:
            raise VoiceTimedOut(ANSWER_TIMEOUT_S) from error
        except OSError as error:
            raise VoiceDied from error
        if not more:
            raise VoiceDied
        received += more
    return bytes(received)
