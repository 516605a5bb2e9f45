"""The throw-away program that reads one upload: `python -I -m avatars.intake_child REQUEST`.

Standard input is the upload, the request a JSON object on the command line. It loads its
libraries and the face models, is shut in (`avatars.sandbox`), and only then reads. On
standard output it writes lines of JSON: first the guards, then progress, files and at last a
result or a refusal. A file is a line with its name and length, and that many bytes.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

from avatars import sandbox

_UPLOAD_FD: Final = 0


class Channel:
    """The way to the parent; nothing else may write there."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def say(self, what: str, value: object) -> None:
        """Write one line."""
        self._out.write(json.dumps({what: value}).encode() + b"\n")
        self._out.flush()

    def put(self, name: str, data: bytes) -> None:
        """Write one file."""
        self.say("file", [name, len(data)])
        self._out.write(data)
        self._out.flush()

    def step(self, name: str, share: float) -> None:
        """Write how far the work is."""
        self.say("progress", [name, share])


def main(request: Mapping[str, object]) -> None:
    """Read the upload on standard input as the request asks, and write what becomes of it."""
    # Libraries in C print where they like; their lines must not stand among ours.
    channel = Channel(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    upload = open(_UPLOAD_FD, "rb", closefd=False)  # noqa: SIM115
    sandbox.tie_to(_integer(request, "parent_pid"))

    if request.get("sound_s"):
        _read_sound(upload, request, channel)
    else:
        _read_picture(upload, request, channel)


def _read_picture(upload: BinaryIO, request: Mapping[str, object], channel: Channel) -> None:
    # The rooms below load some two hundred megabytes of libraries, and this program is the
    # only one that should; they are loaded before it is shut in, for nothing can be after.
    from avatars import intake_tools  # noqa: PLC0415

    tools = intake_tools.prepare(_models(request))
    _shut_in(request, channel)
    intake_tools.take(
        upload, request, tools, put=channel.put, on_progress=channel.step, say=channel.say
    )


def _read_sound(upload: BinaryIO, request: Mapping[str, object], channel: Channel) -> None:
    from avatars import sound_tools  # noqa: PLC0415

    sound_tools.prepare_for_sound()
    _shut_in(request, channel)
    sound_tools.take_sound(upload, request, put=channel.put, on_progress=channel.step, say=channel.say)


def _shut_in(request: Mapping[str, object], channel: Channel) -> None:
    limits = sandbox.Limits(_integer(request, "cpu_s"), _integer(request, "memory_bytes"))
    channel.say("guards", list(sandbox.shut_in(limits, kill=bool(request.get("kill")))))


def _models(request: Mapping[str, object]) -> Mapping[str, bytes]:
    named = request.get("models")
    if not isinstance(named, Mapping):
        return {}
    return {str(name): Path(str(path)).read_bytes() for name, path in named.items()}


def _integer(request: Mapping[str, object], name: str) -> int:
    value = request[name]
    if not isinstance(value, int):
        raise ValueError(f"{name} is {value!r}, not an integer")
    return value


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
    sys.stderr.flush()
    # Everything has been said. Taking down the libraries takes a tenth of a second, and the
    # parent waits for the end.
    os._exit(0)
