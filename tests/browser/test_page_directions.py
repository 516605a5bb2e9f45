"""The page keeps the same stretches left to right as the pictures and the files do."""

import pytest
from conftest import Studio

from lipsync.text.directions import left_to_right

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
