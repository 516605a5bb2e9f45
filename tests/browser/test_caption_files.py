"""The kept WebVTT, in a browser's own player: every sign stands where a reader looks for it."""

import base64
import io
import re
from collections.abc import Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Page
from screen_order import expected_from_left, seen_from_left

from lipsync.media.captions import webvtt
from lipsync.text.directions import LRI, PDI

TRACK = """
async ([film, vtt]) => {
  const video = document.createElement("video");
  video.muted = true;
  video.width = 1280;
  video.src = `data:video/webm;base64,${film}`;
  const track = document.createElement("track");
  track.src = URL.createObjectURL(new Blob([vtt], { type: "text/vtt" }));
  track.default = true;
  const ready = new Promise((resolve, reject) => {
    track.onload = resolve;
    track.onerror = () => reject(new Error("the track was not read"));
  });
  video.append(track);
  document.body.replaceChildren(video);
  await ready;
  await new Promise((resolve) => { video.onseeked = resolve; video.currentTime = 0.5; });
}
"""

SIGNS = """
function () {
  const seen = [];
  for (let at = 0; at < this.length; at += 1) {
    if (/[\\u200c-\\u200f\\u2066-\\u2069]/.test(this.data[at])) continue;
    const range = new Range();
    range.setStart(this, at);
    range.setEnd(this, at + 1);
    const box = range.getClientRects()[0];
    if (box) seen.push([this.data[at], (box.left + box.right) / 2, box.top]);
  }
  return seen;
}
"""

ORDERS = [
    # text of one line, its direction, what in it goes the other way or is kept from the left
    ("زبان C++ و .NET را در دمای -۵ درجه", "rtl", ["C++", ".NET", "-۵"]),
    ("با شماره ۰۲۱-۸۸۷۷۶۶۵۵ زنگ بزنید.", "rtl", ["۰۲۱-۸۸۷۷۶۶۵۵"]),
    ("Python و .NET خوب است.", "rtl", ["Python", ".NET"]),
    ("از ۱۲۰۰-۱۵۰۰ تومان", "rtl", ["۱۲۰۰", "۱۵۰۰"]),
    ("در https://example.com/guide/1 گفتند.", "rtl", ["https://example.com/guide/1"]),
    ("The price of C++ is -5 dollars.", "ltr", []),
    ("سلام is what Persian speakers say.", "ltr", ["سلام"]),
]


@pytest.fixture(scope="module")
def film() -> str:
    """A second of black in a format that every Chromium plays."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(25):
            picture = av.VideoFrame.from_ndarray(np.zeros((360, 640, 3), np.uint8), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = chromium.new_page(viewport={"width": 1280, "height": 760})
    yield opened
    opened.close()


def vtt_of(text: str) -> str:
    words = [SimpleNamespace(text_start=0, text_end=len(text), start_ms=0, end_ms=1000)]
    return webvtt(words, text)


def signs_on_screen(page: Page, film: str, vtt: str) -> list[list[Any]]:
    """Return each visible sign of the cue that the player shows, its middle and its top."""
    page.evaluate(TRACK, [film, vtt])
    page.wait_for_timeout(100)
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
    return [sign for node in _cue_texts(root) for sign in _signs(session, node)]


def _cue_texts(node: dict[str, Any], inside: bool = False) -> Iterator[int]:
    """Yield the text nodes of the player's own tree of cues, which no script of a page can reach."""
    inside = inside or "cue" in " ".join(node.get("attributes", ()))
    if inside and node["nodeName"] == "#text":
        yield node["backendNodeId"]
    for child in (*node.get("shadowRoots", ()), *node.get("children", ())):
        yield from _cue_texts(child, inside)


def _signs(session: CDPSession, node: int) -> list[list[Any]]:
    found = session.send("DOM.resolveNode", {"backendNodeId": node})["object"]["objectId"]
    call = {"objectId": found, "functionDeclaration": SIGNS, "returnByValue": True}
    return list(session.send("Runtime.callFunctionOn", call)["result"]["value"])


@pytest.mark.parametrize(("text", "direction", "inside"), ORDERS, ids=[text for text, _, _ in ORDERS])
def test_a_player_shows_every_sign_where_a_reader_looks_for_it(
    page: Page, film: str, text: str, direction: str, inside: list[str]
) -> None:
    seen = signs_on_screen(page, film, vtt_of(text))
    assert seen_from_left(seen) == expected_from_left(text, direction, inside)


def test_without_isolates_the_same_player_scrambles_them(page: Page, film: str) -> None:
    text, direction, inside = ORDERS[0]
    bare = re.sub(f"[{LRI}{PDI}]", "", vtt_of(text))
    shown = seen_from_left(signs_on_screen(page, film, bare))
    assert shown != expected_from_left(text, direction, inside)
    assert "++C" in shown


TWO_WAYS = [
    ("Please read the file config.yaml,", "ltr", "ولی نه امروز.", "rtl"),
    ("پس از آن همه گفتند که این را بخوانید:", "rtl", "Please read the file config.yaml.", "ltr"),
]


@pytest.mark.parametrize(("first", "its", "second", "own"), TWO_WAYS, ids=["English first", "Persian first"])
def test_two_lines_of_a_cue_go_each_their_own_way(
    page: Page, film: str, first: str, its: str, second: str, own: str
) -> None:
    seen = signs_on_screen(page, film, vtt_of(f"{first} {second}"))
    lines = [[sign for sign in seen if sign[2] == top] for top in sorted({sign[2] for sign in seen})]
    assert [seen_from_left(line).strip() for line in lines] == [
        expected_from_left(first, its, []), expected_from_left(second, own, []),
    ]  # fmt: skip
