"""What captions look like is checked when it is said, and travels as JSON."""

import json

import pytest

from lipsync.text.caption_style import CaptionStyle, WrongStyle


def test_a_style_comes_back_from_json_as_it_went() -> None:
    style = CaptionStyle(back="stroke", position="top", size=9, spoken=None, opacity=0)
    assert CaptionStyle.from_json(json.loads(json.dumps(style.to_json()))) == style


def test_what_is_left_out_is_as_usual() -> None:
    assert CaptionStyle.from_json({"size": 4}) == CaptionStyle(size=4)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("back", "shadow"), ("position", "left"), ("size", 2), ("size", 13), ("size", 6.5), ("size", True),
        ("opacity", 101), ("opacity", -1), ("colour", "white"), ("colour", "#FFFFFF"), ("colour", None),
        ("behind", "#12345"), ("spoken", ""), ("font", "Comic"), ("colour", "#ffffff\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(WrongStyle, match=field) as caught:
        CaptionStyle.from_json({field: value})
    assert caught.value.field == field
