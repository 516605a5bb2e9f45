"""Checkpoints as PyTorch writes them, made byte by byte: for tests of who reads them."""

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[Any]]

_STORAGES = {"<f4": "FloatStorage", "<f2": "HalfStorage", "<i8": "LongStorage", "<f8": "DoubleStorage"}
_MAGIC = 0x1950A86A20F9469CFC6C


def text(value: str) -> bytes:
    said = value.encode()
    return b"X" + struct.pack("<I", len(said)) + said


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def call(module: str, name: str, arguments: bytes) -> bytes:
    return f"c{module}\n{name}\n".encode() + arguments + b"R"


def pickled(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


def tensor(key: str, values: NDArray[Any], view: bytes = b"", offset: int = 0) -> bytes:
    """Write a tensor that has a storage of its own; `view` is what older files say of views."""
    storage = f"ctorch\n{_STORAGES[values.dtype.str]}\n".encode()
    told = b"(" + text("storage") + storage + text(key) + text("cpu") + number(values.size) + view + b"tQ"
    strides = tuple(stride // values.itemsize for stride in values.strides)
    hooks = call("collections", "OrderedDict", b")")
    arguments = (
        b"(" + told + number(offset) + numbers(values.shape) + numbers(strides) + b"\x89" + hooks + b"t"
    )
    return call("torch._utils", "_rebuild_tensor_v2", arguments)


def state(tensors: Tensors, view: bytes = b"") -> bytes:
    """Write {"state_dict": …, "global_step": 7} with one storage a tensor, keys from 0."""
    pairs = b"".join(
        text(name) + tensor(str(key), values, view) for key, (name, values) in enumerate(tensors.items())
    )
    ordered = call("collections", "OrderedDict", b")") + b"(" + pairs + b"u"
    # What PyTorch hangs on a state: an attribute, not an item.
    metadata = b"}" + text("_metadata") + b"}s"
    return b"}(" + text("state_dict") + ordered + metadata + b"b" + text("global_step") + number(7) + b"u"


def write_zip(path: Path, tensors: Tensors, body: bytes | None = None, byteorder: bytes = b"little") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled(state(tensors) if body is None else body))
        archive.writestr("archive/byteorder", byteorder)
        for key, values in enumerate(tensors.values()):
            archive.writestr(f"archive/data/{key}", values.tobytes())
        archive.writestr("archive/version", b"3\n")
    return path


def write_legacy(path: Path, tensors: Tensors) -> Path:
    out = io.BytesIO()
    magic = _MAGIC.to_bytes(10, "little")
    out.write(pickled(b"\x8a" + bytes([len(magic)]) + magic))
    out.write(pickled(b"M" + struct.pack("<H", 1001)))
    out.write(pickled(b"}(" + text("protocol_version") + number(1001) + text("little_endian") + b"\x88u"))
    out.write(pickled(state(tensors, view=b"N")))
    out.write(pickled(b"](" + b"".join(text(str(key)) for key in range(len(tensors))) + b"e"))
    for values in tensors.values():
        out.write(struct.pack("<q", values.size) + values.tobytes())
    path.write_bytes(out.getvalue())
    return path
