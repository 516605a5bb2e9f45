"""Draw the sample presenters: SVG, face points and the 1024x1024 picture.

    python scripts/draw_presenters.py              # into avatars/samples
    python scripts/draw_presenters.py --into DIR   # somewhere else

Drawing and points come from the same numbers, so that neither can drift from the other,
and equal numbers give equal bytes. The picture is what is registered at the first start;
rendering the drawings takes seconds, which nobody should wait for there.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import resvg_py
from presenters import kian, samira

SAMPLES = Path(__file__).resolve().parent.parent / "avatars" / "samples"


def main() -> None:
    """Draw both presenters."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--into", type=Path, default=SAMPLES, help="folder to draw into")
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    for name, presenter in (("samira", samira), ("kian", kian)):
        svg = presenter.draw().svg(name.capitalize())
        (asked.into / f"{name}.svg").write_text(svg, encoding="utf-8")
        document = json.dumps(presenter.FACE.document(), indent=1)
        (asked.into / f"{name}.points.json").write_text(document + "\n", encoding="utf-8")
        (asked.into / f"{name}.jpg").write_bytes(_rendered(svg))


def _rendered(svg: str) -> bytes:
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    # Full colour resolution: halved, the red of the lips would bleed into the skin.
    quality = (cv2.IMWRITE_JPEG_QUALITY, 91)
    sampling = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    if picture is None:
        raise RuntimeError("the drawing could not be rendered")
    encoded, data = cv2.imencode(".jpg", picture, [*quality, *sampling])
    if not encoded:
        raise RuntimeError("the picture could not be encoded")
    return data.tobytes()


if __name__ == "__main__":
    main()
