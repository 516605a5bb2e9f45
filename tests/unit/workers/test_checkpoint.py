"""A checkpoint gives its tensors and runs nothing, whatever it asks for."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.workers import torch_files
from tests.unit.workers.torch_files import Tensors, call, number, numbers, text, write_legacy, write_zip
from workers.checkpoint import CheckpointBroken, CheckpointUnsafe, read_checkpoint

WEIGHTS: Tensors = {
    "encoder.weight": np.arange(24, dtype="<f4").reshape(2, 3, 4),
    "encoder.bias": np.array([0.5, -1.0], "<f4"),
    "half": np.array([1.5, 2.5], "<f2"),
    "steps": np.array([9], "<i8"),
}
Write = Callable[[Path, Tensors], Path]
BOTH = pytest.mark.parametrize("write", [write_zip, write_legacy], ids=["zip", "stream"])


@BOTH
def test_every_tensor_comes_out_as_it_was_saved(tmp_path: Path, write: Write) -> None:
    read = read_checkpoint(write(tmp_path / "c.pth", WEIGHTS))
    assert set(read) == set(WEIGHTS)
    for name, values in WEIGHTS.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)


@BOTH
def test_a_tensor_laid_out_by_columns_comes_out_by_rows(tmp_path: Path, write: Write) -> None:
    across = np.arange(6, dtype="<f4").reshape(2, 3).T
    path = write(tmp_path / "c.pth", {"across": across})
    # The file has the storage's own order.
    path.write_bytes(path.read_bytes().replace(across.tobytes(), across.T.tobytes()))
    if write is write_zip:
        write_zip(path, {"across": across.T}, torch_files.state({"across": across}))
    np.testing.assert_array_equal(read_checkpoint(path)["across"], across)


def test_names_lose_what_training_on_several_gpus_puts_before_them(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "c.pth", {"module.weight": WEIGHTS["encoder.bias"]})
    assert list(read_checkpoint(path)) == ["weight"]


def test_a_state_without_anything_around_it_is_read_too(tmp_path: Path) -> None:
    body = b"}" + text("weight") + torch_files.tensor("0", WEIGHTS["encoder.bias"]) + b"s"
    path = write_zip(tmp_path / "c.pth", {"weight": WEIGHTS["encoder.bias"]}, body)
    assert list(read_checkpoint(path)) == ["weight"]


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("numpy.core.multiarray", "scalar")],
)
def test_whatever_would_be_called_is_named_and_not_called(tmp_path: Path, module: str, name: str) -> None:
    victim = tmp_path / "victim"
    body = call(module, name, b"(" + text(f"touch {victim}") + b"t")
    with pytest.raises(CheckpointUnsafe, match=f"{module}.{name}"):
        read_checkpoint(write_zip(tmp_path / "c.pth", WEIGHTS, body))
    assert not victim.exists()


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("INST", b"(" + text("touch x") + b"ios\nsystem\n"),
        ("OBJ", b"(cos\nsystem\n" + text("touch x") + b"o"),
        ("NEWOBJ", b"cos\nsystem\n" + b")\x81"),
        ("EXT1", b"\x82\x01"),
        ("PERSID", b"Pstorage\n"),
    ],
)  # fmt: skip
def test_other_ways_to_make_objects_are_refused(tmp_path: Path, step: str, body: bytes) -> None:
    with pytest.raises(CheckpointUnsafe, match=step):
        read_checkpoint(write_zip(tmp_path / "c.pth", WEIGHTS, body))


def test_a_storage_of_a_foreign_kind_is_refused(tmp_path: Path) -> None:
    body = torch_files.tensor("0", WEIGHTS["encoder.bias"]).replace(
        b"ctorch\nFloatStorage", b"cos\nFloatStorage"
    )
    with pytest.raises(CheckpointUnsafe, match=r"os\.FloatStorage"):
        read_checkpoint(write_zip(tmp_path / "c.pth", WEIGHTS, b"}" + text("w") + body + b"s"))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
@BOTH
def test_a_file_that_is_cut_off_is_broken(tmp_path: Path, write: Write, share: float) -> None:
    whole = write(tmp_path / "c.pth", WEIGHTS).read_bytes()
    (tmp_path / "c.pth").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointBroken):
        read_checkpoint(tmp_path / "c.pth")


def test_a_tensor_that_reaches_outside_its_storage_is_broken(tmp_path: Path) -> None:
    beyond = torch_files.tensor("0", WEIGHTS["encoder.bias"], offset=1)
    before = torch_files.tensor("0", WEIGHTS["encoder.bias"], offset=-1)
    for body in (beyond, before):
        path = write_zip(tmp_path / "c.pth", WEIGHTS | {}, b"}" + text("w") + body + b"s")
        with pytest.raises(CheckpointBroken):
            read_checkpoint(path)


def test_a_storage_that_is_not_as_long_as_it_says_is_not_read(tmp_path: Path) -> None:
    long = np.zeros(1_000_000, "<f4")
    body = b"}" + text("w") + torch_files.tensor("0", long) + b"s"
    with pytest.raises(CheckpointBroken, match="storage 0 has 8 bytes, not 4000000"):
        read_checkpoint(write_zip(tmp_path / "c.pth", {"w": WEIGHTS["encoder.bias"]}, body))


def test_numbers_of_another_byte_order_are_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointBroken, match="high byte first"):
        read_checkpoint(write_zip(tmp_path / "c.pth", WEIGHTS, byteorder=b"big"))


@pytest.mark.parametrize(
    "body",
    [
        b"N",
        b"}",
        b"}" + text("state_dict") + b"}s",
        number(3) + text("w") + b"s",
        b"(" * 1000,
        b"h\x07",
        b"t",
        numbers((1, 2)) + b"a",
        b"\x8a" + struct.pack("<B", 200),
    ],
)  # fmt: skip
def test_steps_that_make_no_state_are_broken(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(CheckpointBroken):
        read_checkpoint(write_zip(tmp_path / "c.pth", WEIGHTS, body))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x02.", b"PK\x03\x04" + bytes(100)])
def test_other_files_are_no_checkpoints(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.pth").write_bytes(content)
    with pytest.raises(CheckpointBroken):
        read_checkpoint(tmp_path / "c.pth")


def test_a_few_numbers_do_not_become_a_large_tensor(tmp_path: Path) -> None:
    few = np.arange(4, dtype="<f4")
    large = np.broadcast_to(few[:1], (1000, 1000))
    body = torch_files.state({"w": large})
    counted = body.replace(text("cpu") + number(large.size), text("cpu") + number(few.size))
    assert counted != body
    with pytest.raises(CheckpointBroken, match="is made of 4 numbers"):
        read_checkpoint(write_zip(tmp_path / "c.pth", {"w": few}, counted))


def test_a_damaged_member_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "c.pth", WEIGHTS)
    with (
        zipfile.ZipFile(path) as read,
        zipfile.ZipFile(tmp_path / "packed", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in read.namelist():
            packed.writestr(name, read.read(name))
        at = packed.getinfo("archive/data.pkl").header_offset
    content = bytearray((tmp_path / "packed").read_bytes())
    content[at + 60 : at + 90] = b"\xff" * 30
    (tmp_path / "packed").write_bytes(content)
    with pytest.raises(CheckpointBroken):
        read_checkpoint(tmp_path / "packed")
