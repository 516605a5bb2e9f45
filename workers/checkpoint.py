"""A checkpoint as PyTorch writes them in, its tensors out; nothing in it is ever run.

Between a file that somebody downloaded and `workers.wav2lip_export`. A checkpoint is a pickle,
which may call anything; here its steps are walked by hand, and the only things they may make are
numbers, words, lists, dictionaries and tensors (`_BUILDERS`). Both forms are read: the zip of
PyTorch 1.6 and later, and the plain stream of those before. Imports neither torch nor pickle.
"""

from __future__ import annotations

import math
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_Kind = TypeVar("_Kind")

_LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL: Final = 1001
_MOST_STEPS: Final = 2_000_000
_LONGEST_PICKLE_BYTES: Final = 64 << 20
"""The steps of a checkpoint of 36 million numbers and its optimiser's take 100 kB."""

_DTYPES: Final[Mapping[str, str]] = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1",
    "BoolStorage": "?",
}  # fmt: skip


class CheckpointBroken(ValueError):
    """The file is no checkpoint of PyTorch's, or is cut off; fetch it again."""


class CheckpointUnsafe(ValueError):
    """The checkpoint would run something; only tensors, numbers, words, lists and dictionaries are taken."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"the checkpoint asks for {wanted}; only tensors and plain values are taken")
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class _Name:
    """What the pickle calls by module and name; never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class _Storage:
    """A run of numbers that tensors are views of."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A view of a storage; all numbers count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, numbers: Array) -> Array:
        """Return the tensor, given its storage."""
        ends = [(size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True)]
        low, high = sum(min(end, 0) for end in ends), sum(max(end, 0) for end in ends)
        if math.prod(self.shape) and (self.offset + low < 0 or self.offset + high >= len(numbers)):
            raise CheckpointBroken(f"a tensor reaches outside its {len(numbers)} numbers")
        if math.prod(self.shape) > len(numbers):
            raise CheckpointBroken(f"a tensor of shape {self.shape} is made of {len(numbers)} numbers")
        step = numbers.itemsize
        view = np.lib.stride_tricks.as_strided(
            numbers[self.offset :], self.shape, [stride * step for stride in self.strides]
        )
        return np.array(view)


_UNREADABLE: Final = (
    zipfile.BadZipFile, EOFError, KeyError, IndexError, TypeError, UnicodeError, struct.error, zlib.error,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What comes of steps that do not fit together, and of members that are damaged, encrypted or packed
in a way that zipfile does not know."""

_Read = Callable[[_Storage], Array]


def read_checkpoint(path: Path) -> dict[str, Array]:
    """Return the tensors of a checkpoint's state by name.

    What is under `state_dict` counts where there is such an entry, else the whole; names lose
    the `module.` that training on several GPUs puts before them.

    Raises:
        CheckpointUnsafe: it would run something, or holds what is no plain value.
        CheckpointBroken: it cannot be read.
        OSError: the file cannot be opened.
    """
    try:
        if zipfile.is_zipfile(path):
            return _read_zip(path)
        with path.open("rb") as file:
            return _read_legacy(file, path.stat().st_size)
    except _UNREADABLE as error:
        raise CheckpointBroken(f"the checkpoint cannot be read: {error}") from error


def _read_zip(path: Path) -> dict[str, Array]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1:
            raise CheckpointBroken(f"{len(names)} members data.pkl; a checkpoint has one")
        root = names[0].removesuffix("data.pkl")
        if _member(archive, f"{root}byteorder", b"little").strip() != b"little":
            raise CheckpointBroken("its numbers have the high byte first; save it on another machine")
        size = archive.getinfo(names[0]).file_size
        with archive.open(names[0]) as file:
            state = _state_of(_Machine().run(file, size))

        def numbers(storage: _Storage) -> Array:
            info = archive.getinfo(f"{root}data/{storage.key}")
            expected = storage.count * np.dtype(storage.dtype).itemsize
            # Checked before it is read, so that a small file cannot become a large one.
            if info.file_size != expected:
                raise CheckpointBroken(f"storage {storage.key} has {info.file_size} bytes, not {expected}")
            return np.frombuffer(archive.read(info), storage.dtype)

        return _tensors(state, numbers)


def _member(archive: zipfile.ZipFile, name: str, otherwise: bytes) -> bytes:
    try:
        with archive.open(name) as file:
            return file.read(64)
    except KeyError:
        return otherwise


def _read_legacy(file: IO[bytes], size: int) -> dict[str, Array]:
    machine = _Machine()
    head = [machine.run(file, size) for _ in range(2)]
    if head != [_LEGACY_MAGIC, _LEGACY_PROTOCOL]:
        raise CheckpointBroken("it begins like no checkpoint of PyTorch's")
    system = machine.run(file, size)
    if not (isinstance(system, dict) and system.get("little_endian", True)):
        raise CheckpointBroken("its numbers have the high byte first; save it on another machine")
    state = _state_of(machine.run(file, size))
    keys = machine.run(file, size)
    places: dict[str, tuple[int, int]] = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        storage = machine.storages[key]
        length = count * np.dtype(storage.dtype).itemsize
        if count != storage.count or file.tell() + length > size:
            raise CheckpointBroken(f"storage {key} is cut off")
        places[key] = (file.tell(), length)
        file.seek(length, 1)

    def numbers(storage: _Storage) -> Array:
        start, length = places[storage.key]
        file.seek(start)
        return np.frombuffer(file.read(length), storage.dtype)

    return _tensors(state, numbers)


def _state_of(whole: Any) -> dict[Any, Any]:
    state = whole.get("state_dict", whole) if isinstance(whole, dict) else whole
    if not isinstance(state, dict) or not any(isinstance(value, _Tensor) for value in state.values()):
        raise CheckpointBroken("it holds no state_dict with tensors")
    return state


def _tensors(state: Mapping[Any, Any], numbers: _Read) -> dict[str, Array]:
    return {
        str(name).removeprefix("module."): value.of(numbers(value.storage))
        for name, value in state.items()
        if isinstance(value, _Tensor)
    }


@dataclass(slots=True)
class _Machine:
    """Walks the steps of pickles, one after the other, and makes plain values of them."""

    storages: dict[str, _Storage] = field(default_factory=dict)
    _stack: list[Any] = field(default_factory=list)
    _marks: list[list[Any]] = field(default_factory=list)
    _memo: dict[int, Any] = field(default_factory=dict)

    def run(self, file: IO[bytes], size: int) -> Any:
        """Return what the pickle makes that begins where the file stands."""
        self._stack, self._marks, self._memo = [], [], {}
        begun = file.tell()
        try:
            for count, (step, argument, _) in enumerate(pickletools.genops(file)):
                if count > _MOST_STEPS or file.tell() - begun > min(size, _LONGEST_PICKLE_BYTES):
                    raise CheckpointBroken("its pickle is longer than any checkpoint's")
                if step.name == "STOP":
                    return self._stack.pop()
                self._take(step.name, argument)
        except ValueError as error:
            if isinstance(error, CheckpointBroken | CheckpointUnsafe):
                raise
            raise CheckpointBroken(f"its pickle cannot be read: {error}") from error
        raise CheckpointBroken("its pickle does not end")

    def _take(self, name: str, argument: Any) -> None:
        if name in _PLAIN:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name]())
        elif name in _TUPLES:
            count = _TUPLES[name]
            self._stack[-count:] = [tuple(self._stack[-count:])]
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in _IDLE:
            raise CheckpointUnsafe(f"the pickle step {name}")

    def _mark(self, _: Any) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _pop_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _tuple(self, _: Any) -> None:
        items = self._pop_mark()
        self._stack.append(tuple(items))

    def _put(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, place: int) -> None:
        self._stack.append(self._memo[place])

    def _append(self, _: Any) -> None:
        value = self._stack.pop()
        _as(list, self._stack[-1]).append(value)

    def _appends(self, _: Any) -> None:
        items = self._pop_mark()
        _as(list, self._stack[-1]).extend(items)

    def _set_item(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        _as(dict, self._stack[-1])[key] = value

    def _set_items(self, _: Any) -> None:
        items = self._pop_mark()
        _as(dict, self._stack[-1]).update(zip(items[::2], items[1::2], strict=True))

    def _name(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._stack.append(_Name(module, name))

    def _stack_name(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._stack.append(_Name(str(module), str(name)))

    def _persistent(self, _: Any) -> None:
        kind, storage_type, key, _location, count, *_view = self._stack.pop()
        found = _DTYPES.get(getattr(storage_type, "name", ""))
        if kind != "storage" or found is None or storage_type.module not in {"torch", "torch.storage"}:
            raise CheckpointUnsafe(f"a storage of {storage_type}")
        self._stack.append(self.storages.setdefault(str(key), _Storage(str(key), found, int(count))))

    def _reduce(self, _: Any) -> None:
        arguments, called = self._stack.pop(), self._stack.pop()
        builder = _BUILDERS.get(str(called)) if isinstance(called, _Name) else None
        if builder is None:
            raise CheckpointUnsafe(str(called))
        self._stack.append(builder(*arguments))

    def _build(self, _: Any) -> None:
        # Attributes of a state (its `_metadata`) are nothing a tensor needs.
        self._stack.pop()


def _as(kind: type[_Kind], value: Any) -> _Kind:
    if not isinstance(value, kind):
        raise CheckpointBroken(f"its pickle fills a {type(value).__name__} as a {kind.__name__}")
    return value


def _ordered(items: Any = ()) -> dict[Any, Any]:
    return dict(items)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    sizes, steps = (tuple(int(each) for each in _as(tuple, given)) for given in (shape, strides))
    return _Tensor(_as(_Storage, storage), int(offset), sizes, steps)


def _parameter(tensor: Any, *_: Any) -> _Tensor:
    return _as(_Tensor, tensor)


_BUILDERS: Final[Mapping[str, Callable[..., Any]]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
}
"""All that a checkpoint may have made; each stands for what PyTorch would call."""

_PLAIN: Final = frozenset({
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "BINBYTES", "SHORT_BINBYTES", "SHORT_BINSTRING",
    "BINSTRING",
})  # fmt: skip
_CONSTANTS: Final[Mapping[str, Callable[[], Any]]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set,
}  # fmt: skip
_TUPLES: Final[Mapping[str, int]] = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IDLE: Final = frozenset({"PROTO", "FRAME"})
_STEPS: Final[Mapping[str, Callable[[_Machine, Any], None]]] = {
    "MARK": _Machine._mark, "TUPLE": _Machine._tuple, "MEMOIZE": _Machine._memoize,
    "PUT": _Machine._put, "BINPUT": _Machine._put, "LONG_BINPUT": _Machine._put,
    "GET": _Machine._get, "BINGET": _Machine._get, "LONG_BINGET": _Machine._get,
    "APPEND": _Machine._append, "APPENDS": _Machine._appends,
    "SETITEM": _Machine._set_item, "SETITEMS": _Machine._set_items,
    "GLOBAL": _Machine._name, "STACK_GLOBAL": _Machine._stack_name,
    "BINPERSID": _Machine._persistent, "REDUCE": _Machine._reduce, "BUILD": _Machine._build,
}  # fmt: skip
