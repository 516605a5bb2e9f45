"""A film in, one picture of many of its frames out: a contact sheet for a person to look at.

Used by the demo. Decodes the film once and keeps only the small pictures of the sheet.
"""

import io
from pathlib import Path
from typing import BinaryIO

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFont

CELL_WIDTH_PX = 240
_LABEL_HEIGHT_PX = 20
_BACKGROUND = (24, 24, 28)
_INK = (235, 235, 235)


class NoFrames(ValueError):
    """The film holds no picture to put on a sheet."""


def contact_sheet(film: Path | str | BinaryIO, columns: int, count: int) -> bytes:
    """Return a sheet of frames spread evenly over a film, each with its time below it.

    Args:
        film: a path, or an open file that can be sought.
        columns: pictures side by side.
        count: pictures in all; fewer if the film has fewer frames.

    Returns:
        A PNG file, RGB, every picture `CELL_WIDTH_PX` wide.

    Raises:
        NoFrames: there is no picture in it.
        av.FFmpegError: it cannot be read.
    """
    source = str(film) if isinstance(film, Path) else film
    with av.open(source, "r") as container:
        tracks = container.streams.video[:1]
        frames = sum(packet.size > 0 for packet in container.demux(tracks)) if tracks else 0
        if not frames:
            raise NoFrames(f"{film!r} holds no picture")
        container.seek(0)
        wanted = _spread(frames, count)
        cells = [_cell(f) for number, f in enumerate(container.decode(video=0)) if number in wanted]
    return _joined(cells, columns)


def _spread(frames: int, count: int) -> set[int]:
    """Return the numbers of `count` frames, each from the middle of an equal part of the film."""
    count = min(frames, count)
    return {(2 * i + 1) * frames // (2 * count) for i in range(count)}


def _cell(frame: VideoFrame) -> Image.Image:
    """Return a frame at the width of the sheet's cells, its time written below."""
    height_px = round(frame.height * CELL_WIDTH_PX / frame.width)
    # The library guesses the matrix from the size where it is not told; the film says BT.709.
    small = frame.reformat(CELL_WIDTH_PX, height_px, "rgb24", src_colorspace="ITU709", interpolation="AREA")
    picture = Image.fromarray(small.to_ndarray())
    cell = Image.new("RGB", (CELL_WIDTH_PX, height_px + _LABEL_HEIGHT_PX), _BACKGROUND)
    cell.paste(picture, (0, 0))
    label = f"{frame.time or 0:.2f} s"
    ImageDraw.Draw(cell).text((6, height_px + 3), label, fill=_INK, font=ImageFont.load_default(12))
    return cell


def _joined(cells: list[Image.Image], columns: int) -> bytes:
    columns = min(columns, len(cells))
    width, height = cells[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(cells) // columns) * height), _BACKGROUND)
    for number, cell in enumerate(cells):
        sheet.paste(cell, (number % columns * width, number // columns * height))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()
