"""Takes the README's picture of the page: a running service, a real Chromium, docs/images/page.png.

    avatar up --detach && python scripts/screenshot.py && avatar down
"""

import io
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import settings
from cli import run_file
from cli.bench.browser import studio_page

TARGET = Path(__file__).resolve().parents[1] / "docs" / "images" / "page.png"
TEXT = "سلام! به استودیوی چهرهٔ گویا خوش آمدید. هر چه بنویسید، همین حالا برایتان می‌گویم."
SHOWN_WORD = "خوش"


def main() -> None:
    """Speak, wait for one word, take the picture."""
    run = run_file.read(settings.load().var)
    with studio_page(run.address, run.key) as page:
        page.set_viewport_size({"width": 1440, "height": 810})
        page.fill("#text", TEXT)
        page.click("#speak")
        page.mouse.move(0, 0)
        page.wait_for_selector(f"#caption span[data-spoken=now]:text-is('{SHOWN_WORD}')")
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        page.click("#stop")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    picture.save(TARGET, optimize=True)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
