"""Write model files of the Wav2Lip family with nobody's weights: for tests and for speed.

    python scripts/make_wav2lip.py tiny FILE [--side 96] [--names mel,vid]
    python scripts/make_wav2lip.py full FILE [--names mel,vid] [--seed 0]

`tiny` (1 kB) paints a colour that tells sound and face apart. `full` has the published layers, 36.3
million parameters for faces of 96x96, with random weights: as slow as a real one, and paints noise; it
needs the extra `export`.
"""

import argparse
from pathlib import Path

from workers.tiny_wav2lip import write_tiny
from workers.wav2lip_layout import SIZE_PX, random_weights


def main() -> None:
    """Write the file that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=["tiny", "full"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--side", type=int, default=SIZE_PX, help="of a tiny one's faces, in pixels")
    parser.add_argument("--names", default="mel,vid", help="of the inputs, sound first")
    parser.add_argument("--seed", type=int, default=0, help="of random weights")
    asked = parser.parse_args()
    sound, comma, face = asked.names.partition(",")
    if not (sound and comma and face):
        parser.error(f"--names {asked.names!r} is not two names with a comma between, such as mel,vid")
    if asked.kind == "tiny":
        model = write_tiny(asked.side, (sound, face))
    else:
        try:
            from workers.wav2lip_export import graph_of  # noqa: PLC0415 - a tiny one needs no package
        except ModuleNotFoundError as missing:
            parser.error(f"{missing.name} is missing; install it: pip install '.[export]'")
        model = graph_of(random_weights(asked.seed), (sound, face)).SerializeToString()
    asked.file.parent.mkdir(parents=True, exist_ok=True)
    asked.file.write_bytes(model)
    print(f"{asked.file}: {len(model)} bytes")


if __name__ == "__main__":
    main()
