"""Draws an avatar's previews again: `python -m avatars.repoint FOLDER [MODELS]`.

The folder holds `picture.png`, canonical already, and `points.json` as a person set them;
`visemes.jpg`, `idle.mp4`, `preview.jpg` and, where models are given, `report.json` are put
beside them. A process of its own, so that the registrar that starts it stays small.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from avatars.errors import FaceFileBroken
from avatars.facefile import check_track, read_points
from avatars.intake_preview import draw_previews, jpeg
from lipsync.engines.framing import BadFace
from lipsync.face.finder import FaceFinder, FoundFace
from lipsync.face.models import FaceModels
from lipsync.face.points import FacePoints
from lipsync.face.report import judge
from lipsync.face.track import FaceTrack

UNUSABLE: Final = 4
"""How the program ends when nothing can be drawn from the points; its last line says why."""


def redraw(folder: Path, models: Mapping[str, Path]) -> None:
    """Put the drawn files of a picture and its points beside them.

    Raises:
        FaceFileBroken: the points are not those of a face in this picture.
        BadFace: the engine cannot draw from them.
    """
    picture = cv2.imread(str(folder / "picture.png"), cv2.IMREAD_COLOR)
    if picture is None:
        raise FaceFileBroken("picture.png is not a picture")
    plain = np.asarray(picture, np.uint8)
    points = read_points((folder / "points.json").read_bytes())
    check_track(FaceTrack((plain,), (points,)))
    previews = draw_previews(plain, points)
    document = json.dumps(points.to_json(), separators=(",", ":"))
    (folder / "points.json").write_text(document, "utf-8")
    (folder / "preview.jpg").write_bytes(jpeg(plain))
    (folder / "visemes.jpg").write_bytes(previews.visemes)
    (folder / "idle.mp4").write_bytes(previews.idle)
    if models:
        finder = FaceFinder(FaceModels(**{use: path.read_bytes() for use, path in models.items()}))
        faces = finder.find(plain)
        report = judge(plain, faces, _nearest(faces, points)).to_json()
        (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False), "utf-8")


def _nearest(faces: Sequence[FoundFace], points: FacePoints) -> int:
    """Return the number of the face that points were set on; 0 where none was found."""
    middle = np.concatenate(list(points.contours.values())).mean(axis=0)

    def apart(number: int) -> float:
        found = np.concatenate(list(faces[number].points.contours.values())).mean(axis=0)
        return float(np.linalg.norm(found - middle))

    return min(range(len(faces)), key=apart, default=0)


def main(arguments: Sequence[str]) -> int:
    """Draw, and return the program's status."""
    cv2.setNumThreads(1)
    models = {use: Path(path) for use, path in json.loads(arguments[1]).items()}
    try:
        redraw(Path(arguments[0]), models)
    except (FaceFileBroken, BadFace) as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
