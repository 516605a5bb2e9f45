"""Takes pictures of the page for the documents: a running service, a real Chromium, docs/images.

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

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
TEXT = "سلام! به استودیوی چهرهٔ گویا خوش آمدید. هر چه بنویسید، همین حالا برایتان می‌گویم."
SHOWN_WORD = "خوش"


def main() -> None:
    """Take the page while it speaks, and the editor of a face's points."""
    run = run_file.read(settings.load().var)
    with studio_page(run.address, run.key) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.fill("#text", TEXT)
        page.click("#speak")
        page.mouse.move(0, 0)
        page.wait_for_selector(f"#caption span[data-spoken=now]:text-is('{SHOWN_WORD}')")
        keep(page.screenshot(), "page.png")
        page.click("#stop")
        page.click("#avatar-points")
        page.wait_for_selector(".handle")
        keep(page.screenshot(), "points.png")


def keep(screenshot: bytes, name: str) -> None:
    """Write a picture for the documents."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(screenshot)).convert("RGB").save(IMAGES / name, optimize=True)
    print(f"{IMAGES / name}: {(IMAGES / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
