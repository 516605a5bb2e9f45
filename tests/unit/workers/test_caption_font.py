"""Captions are drawn with an operator's font where there is one, else with the house's."""

from pathlib import Path

import pytest

from workers.caption_font import CaptionFontMissing, read_caption_font


@pytest.fixture
def house_font(tmp_path: Path) -> Path:
    path = tmp_path / "house.woff2"
    path.write_bytes(b"of the house")
    return path


def test_the_operators_font_goes_before_the_houses(tmp_path: Path, house_font: Path) -> None:
    assert read_caption_font(tmp_path, house_font) == b"of the house"
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "persian.ttf").write_bytes(b"own")
    assert read_caption_font(tmp_path, house_font) == b"own"


def test_without_a_font_both_places_are_told(tmp_path: Path) -> None:
    with pytest.raises(CaptionFontMissing) as caught:
        read_caption_font(tmp_path, tmp_path / "none.woff2")
    assert str(tmp_path / "fonts" / "persian.ttf") in str(caught.value)
    assert str(tmp_path / "none.woff2") in str(caught.value)
