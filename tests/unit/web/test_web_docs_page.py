"""The contract as a page, and where an answer says the captions break."""

import re

import pytest

from web.docs_page import CLOSE_ADVICE
from web.openapi import contract
from web.protocol import CloseCode


def test_the_page_tells_every_request_of_the_document(nobody) -> None:
    page = nobody.get("/docs").text
    told = re.findall(r'<span class="method (\w+)">\w+</span><code>(.+?)</code>', page)
    shown = {(re.sub(r"<.+?>", "", path), method) for method, path in told}
    assert shown == {(path, method) for path, methods in contract()["paths"].items() for method in methods}


def test_the_page_tells_every_close_code(nobody) -> None:
    assert set(CLOSE_ADVICE) == set(CloseCode)
    page = nobody.get("/docs").text
    assert all(f"<code>{int(code)}</code>" in page for code in CloseCode)


@pytest.mark.parametrize("field", ["avatar", "text", "voice", "size", "engine", "captions", "seed"])
def test_the_page_tells_every_field_of_a_body(nobody, field) -> None:
    assert f"<dt><code>{field}</code>" in nobody.get("/docs").text


def test_the_pages_styles_are_served_and_allowed_by_its_policy(nobody) -> None:
    page = nobody.get("/docs")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    for address in re.findall(r'rel="stylesheet" href="([^"]+)"', page.text):
        assert nobody.get(address).content_type.startswith("text/css")


def test_the_answer_tells_where_the_captions_break(door) -> None:
    text = "سلام 🙂! هوای تهران فردا آفتابی است و دمای هوا به ۲۴ درجه می‌رسد."
    cues = door.speak(text=text).json["cues"]
    assert [[text[start:end] for start, end in lines] for lines in cues] == [
        ["سلام 🙂!"], ["هوای تهران فردا آفتابی است", "و دمای هوا به ۲۴ درجه می‌رسد."],
    ]  # fmt: skip


def test_without_captions_there_are_no_cues(door) -> None:
    assert door.speak(captions=False).json["cues"] == []
