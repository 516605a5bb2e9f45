"""Draw the sample presenters: SVG, face points and, where asked, PNG.

    python scripts/draw_presenters.py                 # SVG and points into avatars/samples
    python scripts/draw_presenters.py --png var/faces # and 1024x1024 PNGs there

Drawing and points come from the same numbers, so that neither can drift from the other,
and equal numbers give equal bytes.
"""

import argparse
import json
from pathlib import Path

import resvg_py
from presenters import kian, samira

SAMPLES = Path(__file__).resolve().parent.parent / "avatars" / "samples"


def main() -> None:
    """Draw both presenters."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=SAMPLES, help="folder of the SVG and points")
    parser.add_argument("--png", type=Path, help="folder of rendered PNGs; none are made without it")
    asked = parser.parse_args()
    for folder in filter(None, (asked.into, asked.png)):
        folder.mkdir(parents=True, exist_ok=True)
    for name, presenter in (("samira", samira), ("kian", kian)):
        svg = presenter.draw().svg(name.capitalize())
        (asked.into / f"{name}.svg").write_text(svg, encoding="utf-8")
        document = json.dumps(presenter.FACE.document(), indent=1)
        (asked.into / f"{name}.points.json").write_text(document + "\n", encoding="utf-8")
        if asked.png:
            (asked.png / f"{name}.png").write_bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))


if __name__ == "__main__":
    main()
