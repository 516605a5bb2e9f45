"""The font that captions are drawn into pictures with: an operator's own, or Vazirmatn.

Read once, by whoever draws; nothing is fetched here. Vazirmatn comes with the page's own fonts
(`scripts/fonts.sh`).
"""

from pathlib import Path
from typing import Final

OWN: Final = Path("fonts") / "persian.ttf"
"""Where in the asset folder an operator puts another font."""

VAZIRMATN: Final = Path(__file__).resolve().parents[1] / "web" / "studio" / "fonts" / "Vazirmatn-Medium.woff2"


class CaptionFontMissing(Exception):
    """No font for captions is here; the message names where one may be put."""

    def __init__(self, tried: tuple[Path, ...]) -> None:
        super().__init__(
            f"no font for captions at {' or '.join(map(str, tried))}; "
            "run scripts/fonts.sh, or put a TrueType font at the first of them"
        )
        self.tried = tried


def read_caption_font(asset_dir: Path, house_font: Path = VAZIRMATN) -> bytes:
    """Return the bytes of the font: an operator's where there is one, else the house's.

    Args:
        asset_dir: the folder of `AVATAR_ASSETS`.
        house_font: the font that comes with the page.

    Raises:
        CaptionFontMissing: neither is there.
    """
    tried = (asset_dir / OWN, house_font)
    for path in tried:
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            continue
    raise CaptionFontMissing(tried)
