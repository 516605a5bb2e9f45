"""The page keeps the same stretches left to right as the pictures and the files do."""

import pytest
from conftest import Studio

from lipsync.text.directions import direction_of, left_to_right, line_direction, marked

TEXTS = [
    "زبان C++ و C# و .NET، یا @user و user@example.com", "دما -۵ یا +۳٫۵٪ است", "۰۹۱۲ ۳۴۵ ۶۷۸۹",
    "(۰۲۱-۸۸۷۷ ۶۶۵۵)", "+98 (21) 8877 6655", "۱۲۰۰-۱۵۰۰ و ۳-۲", "کارت ۶۰۳۷-۹۹۱۱-۲۲۳۳-۴۴۵۵.",
    "New York 2024، و Dr. Karimi's", "+۵ ۱۰", "https://example.com/a-b?c=1 را ببینید", "naïve café",
    "«Python 3.11»", "2024-05-06 و ۱۴۰۳/۰۷/۰۹", "bit/s و 5-GHz",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_page_and_pictures_agree_on_what_stays_left_to_right(studio: Studio, text: str) -> None:
    found = studio.page.evaluate(
        "async ([text]) => (await import('/studio/directions.js')).leftToRight(text)", [text]
    )
    assert [tuple(span) for span in found] == left_to_right(text)


CUES = [
    ["Please read the file config.yaml,", "ولی نه امروز."],
    ["آن را در https://docs.example.com/guide/captions", "Guide گفتند."],
    ["او گفت", "Good morning!"], ["سلام is what they say."], ["Python و", "JavaScript و Rust"], ["۱۲ 🙂"],
    ["12."], ["Python، Java و", "Rust زبان\u200cاند"], ["-۵"], ["\u200fPython", "Rust"], ["ـبله", "Привет"],
    ["C++ را، -۵ ۰۲۱-۸۸۷۷۶۶۵۵", "۳"],
]  # fmt: skip


@pytest.mark.parametrize("lines", CUES)
def test_page_pictures_and_files_set_a_line_in_one_direction(studio: Studio, lines: list[str]) -> None:
    shown = studio.page.evaluate(
        """async ([lines]) => {
          const { Captions } = await import("/studio/captions.js");
          const { lineElement } = await import("/studio/stage.js");
          const text = lines.join(" ");
          let at = 0;
          const places = lines.map((line) => {
            const start = at;
            at += [...line].length + 1;
            return [start, at - 1];
          });
          const captions = new Captions(text, [places]);
          captions.add([["", 0, 1, 0, 1]]);
          return captions.at(0).cue.lines.map((line) => [line.direction, lineElement(line).textContent]);
        }""",
        [lines],
    )
    cue = direction_of(" ".join(lines))
    ways = [line_direction(line, cue) for line in lines]
    assert shown == [[way, marked(line, way)] for line, way in zip(lines, ways, strict=True)]
