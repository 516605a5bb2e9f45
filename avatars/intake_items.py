"""What a HEIC file says of itself: its items, what belongs to them, and where they lie.

An open file in, the items of its `meta` box out (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 6).
Nothing is decoded, and no reference is followed here, so none can lead in a circle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from avatars.intake_boxes import Box, boxes
from avatars.intake_refusals import Refusal

KIND: Final = "HEIC"

_LARGEST_BOX_BYTES: Final = 1 << 20
"""Of one list, and of one property; a phone's colour profile has 548 bytes."""
_IN_FILE: Final = 0
_IN_META: Final = 1


@dataclass(frozen=True, slots=True)
class Property:
    """Something that is said of an item: its size, how it is coded, its colours, a turn."""

    name: bytes
    body: bytes
    essential: bool = False
    """Who does not understand it must not show the item."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item's data lies."""

    method: int
    """0 counts from the beginning of the file, 1 from that of `idat`."""
    extents: Sequence[tuple[int, int]]
    """Begin and length of each piece, bytes."""


@dataclass(slots=True)
class Items:
    """The items of one file, by number."""

    _file: BinaryIO
    primary: int = 0
    """The item that is the picture, among smaller copies, bursts, depth and gain maps."""
    kinds: dict[int, bytes] = field(default_factory=dict)
    properties: dict[int, list[Property]] = field(default_factory=dict)
    """In the order in which turns and cuts are made."""
    references: dict[tuple[bytes, int], Sequence[int]] = field(default_factory=dict)
    """By kind of reference and the item it is of: the items it leads to."""
    places: dict[int, Place] = field(default_factory=dict)
    """By number: where its data lies."""
    inside: tuple[int, int] = (0, 0)
    """Where `idat` begins and ends, from which some places are counted."""

    def property_of(self, number: int, name: bytes) -> bytes:
        """Return the body of an item's only property of that name.

        Raises:
            Refusal: it has none.
        """
        for one in self.properties.get(number, ()):
            if one.name == name:
                return one.body
        raise Refusal("broken", kind=KIND)

    def read(self, number: int) -> bytes:
        """Return an item's data.

        Raises:
            Refusal: it has no place, reaches past the end, or lies in another file.
        """
        place = self.places.get(number)
        if place is None or place.method not in (_IN_FILE, _IN_META):
            raise Refusal("broken", kind=KIND)
        start, end = (0, self._file.seek(0, 2)) if place.method == _IN_FILE else self.inside
        if any(start + at + length > end for at, length in place.extents):
            raise Refusal("truncated", kind=KIND)
        if sum(length for _, length in place.extents) > end - start:
            raise Refusal("broken", kind=KIND)
        pieces = []
        for at, length in place.extents:
            self._file.seek(start + at)
            pieces.append(self._file.read(length))
        return b"".join(pieces)


class _Numbers:
    """Big-endian numbers, one after another; damage where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def next(self, length: int) -> int:
        """Return the next number of so many bytes."""
        return int.from_bytes(self.take(length), "big")

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        piece = self._data[self._at : self._at + length]
        if len(piece) < length:
            raise Refusal("broken", kind=KIND)
        self._at += length
        return piece


def read_items(file: BinaryIO) -> Items:
    """Return the items of a file that `avatars.intake_boxes.walk_mp4` has walked.

    Raises:
        Refusal: it names no picture, contradicts itself, or names other files.
    """
    items = Items(file)
    size = file.seek(0, 2)
    meta = next((box for box in boxes(file, 0, size, KIND) if box.name == b"meta"), None)
    if meta is None:
        raise Refusal("broken", kind=KIND)
    for box in boxes(file, meta.body + 4, meta.end, KIND):
        if box.name in _READERS:
            _READERS[box.name](file, box, items)
    if items.primary not in items.kinds:
        raise Refusal("broken", kind=KIND)
    return items


def _body(file: BinaryIO, box: Box) -> bytes:
    if box.end - box.body > _LARGEST_BOX_BYTES:
        raise Refusal("broken", kind=KIND)
    file.seek(box.body)
    return file.read(box.end - box.body)


def _version(numbers: _Numbers) -> int:
    version = numbers.next(1)
    numbers.take(3)
    return version


def _read_primary(file: BinaryIO, box: Box, items: Items) -> None:
    numbers = _Numbers(_body(file, box))
    items.primary = numbers.next(4 if _version(numbers) else 2)


def _read_inside(file: BinaryIO, box: Box, items: Items) -> None:
    del file
    items.inside = (box.body, box.end)


def _read_kinds(file: BinaryIO, box: Box, items: Items) -> None:
    count_bytes = 4 if _Numbers(_body(file, box)).next(1) else 2
    for entry in boxes(file, box.body + 4 + count_bytes, box.end, KIND):
        numbers = _Numbers(_body(file, entry))
        version = _version(numbers)
        if version < 2:
            continue  # an item of before there were pictures, and without a kind
        number = numbers.next(4 if version > 2 else 2)
        if numbers.next(2):
            raise Refusal("broken", kind=KIND)  # encrypted
        items.kinds[number] = numbers.take(4)


def _read_references(file: BinaryIO, box: Box, items: Items) -> None:
    width = 4 if _Numbers(_body(file, box)).next(1) else 2
    for entry in boxes(file, box.body + 4, box.end, KIND):
        numbers = _Numbers(_body(file, entry))
        source = numbers.next(width)
        items.references[entry.name, source] = [numbers.next(width) for _ in range(numbers.next(2))]


def _read_properties(file: BinaryIO, parent: Box, items: Items) -> None:
    found: list[Property] = []
    for box in boxes(file, parent.body, parent.end, KIND):
        if box.name == b"ipco":
            found = [Property(one.name, _body(file, one)) for one in boxes(file, box.body, box.end, KIND)]
        elif box.name == b"ipma":
            _associate(_Numbers(_body(file, box)), found, items.properties)


def _associate(numbers: _Numbers, found: Sequence[Property], of: dict[int, list[Property]]) -> None:
    number_bytes = 4 if numbers.next(1) else 2
    width = 2 if numbers.next(3) & 1 else 1
    for _ in range(numbers.next(4)):
        own = of.setdefault(numbers.next(number_bytes), [])
        for _ in range(numbers.next(1)):
            entry = numbers.next(width)
            essential, index = entry >> (8 * width - 1), entry & ((1 << (8 * width - 1)) - 1)
            if index > len(found):
                raise Refusal("broken", kind=KIND)
            if index:
                own.append(Property(found[index - 1].name, found[index - 1].body, bool(essential)))


def _read_places(file: BinaryIO, box: Box, items: Items) -> None:
    numbers = _Numbers(_body(file, box))
    version = _version(numbers)
    sizes = numbers.next(2)
    at_bytes, length_bytes, base_bytes, index_bytes = ((sizes >> shift) & 15 for shift in (12, 8, 4, 0))
    # Entries without a length would make a long list of few bytes.
    if version > 2 or length_bytes not in (4, 8) or max(at_bytes, base_bytes, index_bytes) > 8:
        raise Refusal("broken", kind=KIND)
    for _ in range(numbers.next(4 if version == 2 else 2)):
        number = numbers.next(4 if version == 2 else 2)
        method = numbers.next(2) & 15 if version else _IN_FILE
        if numbers.next(2):
            raise Refusal("other_files", hidden="iloc")
        base = numbers.next(base_bytes)
        extents = []
        for _ in range(numbers.next(2)):
            numbers.take(index_bytes if version else 0)
            at = base + numbers.next(at_bytes)
            extents.append((at, numbers.next(length_bytes)))
        items.places[number] = Place(method, extents)


_READERS: Final[Mapping[bytes, Callable[[BinaryIO, Box, Items], None]]] = {
    b"pitm": _read_primary,
    b"iinf": _read_kinds,
    b"iref": _read_references,
    b"iprp": _read_properties,
    b"iloc": _read_places,
    b"idat": _read_inside,
}
