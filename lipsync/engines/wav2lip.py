"""The Wav2Lip engine: a network paints the lower face from sound, on a picture that lives.

A face track and a network in, I420 frames out. The picture around the mouth is what the warp
engine draws with the mouth at rest (`wav2lip_ground`); the network's face is finished
(`wav2lip_finish`) and laid on it within a soft mask (`wav2lip_mask`). Outside of that no
value changes. A photo's painted faces may be kept and shown again (`sprites`). Opens no
session, and never shows a face whose painting failed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from lipsync.engines.contract import WHENEVER, Drive, Frame, Size
from lipsync.engines.framing import Plane
from lipsync.engines.grid import enlarge
from lipsync.engines.looped import LoopPainter
from lipsync.engines.looped_mouth import carry
from lipsync.engines.net import Mels, Mouths, Net, check_mouths
from lipsync.engines.planes import Parts, split_i420
from lipsync.engines.sprites import FaceSprites, Keeping, Sprites
from lipsync.engines.warp import WarpEngine
from lipsync.engines.wav2lip_crop import Seen, face_of, yuv_of
from lipsync.engines.wav2lip_finish import FINISHED, Finish, finish_face
from lipsync.engines.wav2lip_ground import NO_GRAIN, Ground, LoopGround, Spot, StillGround
from lipsync.face.track import FaceTrack
from lipsync.mouth.controls import MouthTrack
from lipsync.speech.heard import PAST_FRAMES
from lipsync.speech.mel import SILENCE, windows

_NO_SECOND_MAP = np.empty(0, np.float32)


class Wav2LipEngine:
    """Prepares painters whose mouths a network paints.

    Args:
        net: the network; any size of the family.
        alive: as for the warp engine.
        finish: what is done to painted faces.
        sprites: how painted faces of photos are kept; None has every frame painted.
    """

    name = "wav2lip"

    def __init__(
        self, net: Net, *, alive: bool = True, finish: Finish = FINISHED, sprites: Keeping | None = None
    ) -> None:
        self._net, self._finish = net, finish
        self._sprites = None if sprites is None else Sprites(net, sprites)
        self._base = WarpEngine(alive=alive)

    def prepare(self, face: FaceTrack, size: Size) -> "Wav2LipPainter":
        """Measure a face and prepare all that does not depend on sound.

        Raises:
            BadSize: a side is odd or not within 256 to 1280 pixels.
            BadFace: pictures without their own points, or a face that does not fit.
        """
        base = self._base.prepare(face, size)
        side_px = self._net.side_px
        ground: Ground = (
            LoopGround(base, side_px) if isinstance(base, LoopPainter) else StillGround(base, face, side_px)
        )
        kept = self._sprites.of_face(ground.seen(0)) if self._sprites is not None and ground.still else None
        return Wav2LipPainter(size, ground, self._net, self._finish, kept)


@dataclass(frozen=True, slots=True)
class Wav2LipPainter:
    """One avatar at one size, ready to be painted; shared by threads."""

    size: Size
    ground: Ground
    net: Net
    finish: Finish
    sprites: FaceSprites | None = None
    quiet: list[Seen] = field(default_factory=list)
    """The face of a photo in which nothing is said, once it was painted: a presenter who rests
    or listens takes no device."""

    @property
    def memory_bytes(self) -> int:
        """Bytes held by this painter; the network is every painter's."""
        return self.ground.memory_bytes + sum(face.nbytes for face in self.quiet)

    def start(self, seed: int) -> "Wav2LipBrush":
        """Return a brush for one stream."""
        return Wav2LipBrush(self, seed)


@dataclass(frozen=True, slots=True)
class _Face:
    """One frame's face, painted, and what it is finished with."""

    painted: Seen
    past: tuple[Seen, ...]
    seen: Seen


class Wav2LipBrush:
    """Paints the frames of one stream, in one thread; holds its scratch memory."""

    def __init__(self, painter: Wav2LipPainter, seed: int) -> None:
        self._painter = painter
        self._footing = painter.ground.start(seed)
        self._frame = np.empty((painter.size.height_px * 3 // 2, painter.size.width_px), np.uint8)
        self._parts = split_i420(self._frame, painter.size)
        self._foreseen: tuple[Drive, list[_Face]] | None = None
        self._kept: dict[int, Seen] = {}
        """The faces painted last, by frame, as the network gave them."""

    def foresee(self, drive: Drive, due_s: float = WHENEVER) -> None:
        """Have the network paint the faces of a drive; see the contract in `lipsync.engines`."""
        numbers, mels, controls, wanted = self._listen(drive)
        pictures = [self._painter.ground.picture_at(number) for number in numbers]
        seen = {picture: self._painter.ground.seen(picture) for picture in pictures}
        painted = self._ask(mels, controls, pictures, seen, due_s)
        known = self._kept | dict(zip(numbers, painted, strict=True))
        shown = dict(zip(numbers, pictures, strict=True))
        found = [
            _Face(known[at], tuple(known[at - back] for back in range(1, past + 1)), seen[shown[at]])
            for at, past in wanted
        ]
        self._foreseen = drive, found
        self._kept = {at: known[at] for at, _ in wanted[-PAST_FRAMES:]}

    def _ask(
        self,
        mels: Mels,
        controls: MouthTrack,
        pictures: Sequence[int],
        seen: Mapping[int, Seen],
        due_s: float,
    ) -> list[Seen]:
        """Return the painted face of each frame; the silent one of a photo is asked for once."""
        quiet, sprites = self._painter.quiet, self._painter.sprites
        silent = (mels.max(axis=(1, 2, 3)) == SILENCE) & self._painter.ground.still
        spoken = [at for at in range(len(mels)) if not silent[at]]
        asked = spoken if sprites is None else []
        if silent.any() and not quiet:
            asked = [*asked, int(silent.argmax())]
        faces = self._paint(mels, pictures, asked, seen, due_s)
        painted = {at: yuv_of(face) for at, face in zip(asked, faces, strict=True)}
        if silent.any() and not quiet:
            quiet.append(painted[asked[-1]])
        if sprites is not None:
            shown = sprites.paint(controls[spoken], mels[spoken], due_s)
            painted |= dict(zip(spoken, shown, strict=True))
        return [quiet[0] if silent[at] else painted[at] for at in range(len(mels))]

    def _paint(
        self, mels: Mels, pictures: Sequence[int], asked: list[int], seen: Mapping[int, Seen], due_s: float
    ) -> Mouths:
        net = self._painter.net
        if not asked:
            return np.empty((0, 3, net.side_px, net.side_px), np.float32)
        faces = {picture: face_of(seen[picture]) for picture in {pictures[at] for at in asked}}
        if len(faces) == 1:
            (one,) = faces.values()
            given = np.broadcast_to(one, (len(asked), *one.shape))
        else:
            given = np.stack([faces[pictures[at]] for at in asked])
        return check_mouths(net.paint(mels[asked], given, due_s), len(asked), net.side_px)

    def _listen(self, drive: Drive) -> tuple[list[int], Mels, MouthTrack, list[tuple[int, int]]]:
        """Return the frames to be painted, their mel and controls, and of each frame of the drive how
        many before it belong to it."""
        numbers: list[int] = []
        mels: list[NDArray[np.float32]] = []
        wanted: list[tuple[int, int]] = []
        first = drive.first_frame
        led = 0
        for heard in drive.heard:
            past = min(PAST_FRAMES, heard.first_frame)
            if all(first - back in self._kept for back in range(1, past + 1)):
                past = 0
            mels.append(windows(heard, past))
            numbers += range(first - past, first + heard.frames)
            led += past
            wanted += [
                (first + at, min(PAST_FRAMES, heard.first_frame + at)) for at in range(heard.frames)
            ]
            first += heard.frames
        # Only the first piece of a drive can lie within its sentence: what leads is all before it.
        return numbers, np.concatenate(mels), _led(drive, led), wanted

    def paint(self, drive: Drive) -> Iterator[Frame]:
        """Yield the frames of a drive; see the contract in `lipsync.engines`."""
        if self._foreseen is None or self._foreseen[0] is not drive:
            self.foresee(drive)
        faces = self._foreseen[1] if self._foreseen is not None else []
        self._foreseen = None
        for (under, spot), face in zip(self._footing.paint(drive), faces, strict=True):
            np.copyto(self._frame, under)
            self._lay(face, spot)
            yield self._frame

    def _lay(self, face: _Face, spot: Spot) -> None:
        side_px, how = self._painter.net.side_px, self._painter.finish
        luma, colours = finish_face(
            face.painted, face.past, seen=face.seen, matching=self._painter.ground.matching,
            enlarged=spot.crop.width / side_px, how=how,
        )  # fmt: skip
        lay_face(luma, colours, spot, self._parts, grain=how.grain)


def _led(drive: Drive, frames: int) -> MouthTrack:
    """Return the controls of a drive and of so many frames before it; where none are known, its first."""
    before = drive.before[len(drive.before) - min(frames, len(drive.before)) :]
    missing = np.repeat(drive.mouth[:1], frames - len(before), axis=0)
    return np.concatenate([missing, before, drive.mouth])


def lay_face(luma: Plane, colours: Plane, spot: Spot, frame: Parts, *, grain: bool = True) -> None:
    """Lay a finished face on a frame; where the mask is 0 nothing changes.

    Args:
        luma: of the face, shape (S, S).
        colours: in planes 1 and 2 its U and V, of any size.
        spot: where it comes to lie.
        frame: Y, U, V.
        grain: whether the picture's fine detail is added.
    """
    box, step = spot.grid.box, spot.grid.step
    places = carry(spot.nodes, spot.crop.affine(len(luma)))
    rows, columns = spot.grid.shape
    room = np.empty((rows * step, columns * step, 2), np.float32)
    shown = cv2.remap(
        luma, enlarge(places, step, room), _NO_SECOND_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    if grain:
        shown = cv2.addWeighted(shown, 1.0, spot.grain, 1.0, -NO_GRAIN)
    _blend(np.asarray(shown, np.uint8), spot.mask, frame[0][box.top : box.bottom, box.left : box.right])
    places = carry(spot.nodes, spot.crop.affine(len(colours)))
    tinted = cv2.remap(
        colours, enlarge(places, step // 2, room), _NO_SECOND_MAP, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    half = (box.width // 2, box.height // 2)
    mask = np.asarray(cv2.resize(spot.mask, half, interpolation=cv2.INTER_AREA), np.uint8)
    for plane, tint in zip(frame[1:], cv2.split(tinted)[1:], strict=True):
        part = plane[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2]
        _blend(np.asarray(tint, np.uint8), mask, part)


def _blend(over: Plane, mask: Plane, under: Plane) -> None:
    """Write to `under` what a plane shows through a mask: exactly `under` where it is 0."""
    apart = cv2.subtract(over, under, dtype=cv2.CV_16S)
    share = cv2.multiply(apart, mask, scale=1 / 255, dtype=cv2.CV_16S)
    np.copyto(under, cv2.add(under, share, dtype=cv2.CV_8U))
