"""When a person sees the mouth open: from pressing speak to the frame on the screen.

Drives the page in a real Chromium as a person would. A frame's time on the screen is what
`requestVideoFrameCallback` tells; whether its mouth is open is read from its pixels.
"""

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.bench.texts import SENTENCES
from cli.bench.together import BenchmarkFailed, Tell

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip

MOUTH: Final = {"left": 0.38, "top": 0.52, "width": 0.24, "height": 0.16}
"""Where the sample presenters' mouths are, as shares of a square picture."""

_LIMIT_MS: Final = 60_000
_TEXT_SEED: Final = 20
_OPEN_SHARE: Final = 0.25
"""How much of an utterance's widest opening counts as open."""

_PROBE: Final = """
async (mouth) => {
  const video = document.getElementById("video");
  const canvas = document.createElement("canvas");
  canvas.width = 48;
  canvas.height = 32;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const luma = (source, width, height) => {
    pen.drawImage(source, mouth.left * width, mouth.top * height, mouth.width * width, mouth.height * height,
      0, 0, canvas.width, canvas.height);
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: data.length / 4 }, (_, i) =>
      0.2126 * data[4 * i] + 0.7152 * data[4 * i + 1] + 0.0722 * data[4 * i + 2]);
  };
  const poster = document.getElementById("poster");
  // The page may have set it anew; one that is not there yet would be drawn as nothing.
  await poster.decode();
  const rest = luma(poster, poster.naturalWidth, poster.naturalHeight);
  const probe = { pressedAt: null, frames: [] };
  window.mouthProbe = probe;
  document.getElementById("speak").addEventListener("click", (event) => {
    probe.pressedAt = event.timeStamp;
    probe.frames = [];
  }, { capture: true });
  const look = (now, frame) => {
    const seen = luma(video, video.videoWidth, video.videoHeight);
    const change = seen.reduce((sum, value, i) => sum + Math.abs(value - rest[i]), 0) / seen.length;
    probe.frames.push([Math.max(now, frame.expectedDisplayTime) - probe.pressedAt, frame.mediaTime, change]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
"""


class NoChromium(BenchmarkFailed):
    """No Chromium is on PATH; install the package `chromium`."""


class MouthNeverOpened(BenchmarkFailed):
    """An utterance was played to its end and no frame of it has an open mouth."""


def find_chromium() -> str:
    """Return the path of a Chromium. Raises NoChromium."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        raise NoChromium(str(NoChromium.__doc__))
    return found


@contextmanager
def studio_page(address: str, key: str) -> Iterator["Page"]:
    """Yield the service's page in a Chromium of its own, signed in with an API key."""
    # Only whoever measures needs the driver; the rest of the command line does without.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            sign_in(page, key)
            yield page
        finally:
            browser.close()


def sign_in(page: "Page", key: str) -> None:
    """Sign a page in that shows its door, and wait until its avatars are there."""
    page.fill("#key", key)
    page.click("#sign-in button")
    page.wait_for_selector("#avatars .option")
    page.evaluate("() => document.getElementById('poster').decode()")


@dataclass(frozen=True, slots=True)
class OpenMouth:
    """The first frame of an utterance that shows an open mouth."""

    on_screen_ms: float
    """From pressing speak to the frame on the screen."""
    in_film_ms: float
    """Its place in the film: nothing can show it sooner after the film's first frame."""


def measure_open_mouth(address: str, key: str, runs: int, tell: Tell = lambda _: None) -> list[OpenMouth]:
    """Press speak, again and again; return the first open mouth of each utterance.

    Args:
        address: of the running service.
        key: an API key of it.
        runs: how many utterances, each another text; one more is spoken first, uncounted,
            since a browser's first video also loads its decoder.
        tell: told how many have been spoken.

    Raises:
        NoChromium: there is no browser.
        MouthNeverOpened: nothing was seen.
    """
    chance = random.Random(_TEXT_SEED)  # noqa: S311 - a choice of texts, no secret
    with studio_page(address, key) as page:
        watch_mouth(page)
        seen = []
        for turn in range(runs + 1):
            seen.append(_open_mouth(page, f"{chance.choice(SENTENCES)} {turn}"))
            tell(turn)
    return seen[1:]


def watch_mouth(page: "Page") -> None:
    """Have a page note every frame it shows from now on; its poster shows the mouth at rest."""
    page.evaluate(_PROBE, MOUTH)


def seen_frames(page: "Page") -> list[list[float]]:
    """Return the frames shown since speak was pressed, in the form that `first_open` takes."""
    frames: list[list[float]] = page.evaluate("() => window.mouthProbe.frames")
    return frames


def _open_mouth(page: "Page", text: str) -> OpenMouth:
    page.fill("#text", text)
    page.click("#speak")
    page.wait_for_selector("html[data-state=speaking]", timeout=_LIMIT_MS)
    page.wait_for_selector("html[data-state=done]", timeout=_LIMIT_MS)
    return first_open(seen_frames(page))


def first_open_ms(frames: Sequence[Sequence[float]]) -> float:
    """Return when the first open mouth was on the screen. Arguments and errors as `first_open`."""
    return first_open(frames).on_screen_ms


def first_open(frames: Sequence[Sequence[float]]) -> OpenMouth:
    """Return the first open mouth.

    Args:
        frames: of one utterance, each [ms after the press, its time in the video, how much
            the mouth's pixels differ from rest], its time in seconds. The last one is at rest.

    Raises:
        MouthNeverOpened: no frame differs enough from the last.
    """
    if not frames:
        raise MouthNeverOpened
    rest, widest = frames[-1][2], max(frame[2] for frame in frames)
    if widest < rest * 1.5:
        raise MouthNeverOpened
    limit = rest + _OPEN_SHARE * (widest - rest)
    return next(OpenMouth(at_ms, film_s * 1000) for at_ms, film_s, change in frames if change > limit)
